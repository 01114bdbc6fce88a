"""Finds the docker client that can build: the first on PATH that drives BuildKit.

A newer client without its buildx plug-in falls back to the builder that knows no
`RUN --mount`, and it may stand on PATH before an older client that is complete.
"""

import hashlib
import os
import re
import subprocess
from functools import cache
from pathlib import Path

# Clients of these major versions carry BuildKit's front end inside; later ones need the plug-in.
BUILDKIT_INSIDE = range(19, 23)
ANSWER_SECONDS = 20
ALWAYS_SEARCHED = ("/usr/bin", "/usr/local/bin")


def build_command() -> tuple[list[str], dict[str, str]]:
    """How to build an image: the start of the command, and what its environment must add.

    The answer is remembered for the life of the process.
    Raises RuntimeError, in words for whoever runs the machine, when no client can do it.
    """
    return [client(), "build"], {"DOCKER_BUILDKIT": "1"}


def proxy_arguments(build: str) -> list[str]:
    """What a build is told of the engine's own proxy, its only way out; none without one.

    The builder knows these names: they change no step's place in the cache and stay out of the
    image. By `no_proxy` the engine's steps know their `build`, see script/tools/hold_step.py.
    """
    proxy = _proxy(os.environ.get("DOCKER_HOST", ""))
    if not proxy:
        return []
    names = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")
    own = f"build-{hashlib.md5(build.encode(), usedforsecurity=False).hexdigest()}"
    return [*(f"--build-arg={name}={proxy}" for name in names), f"--build-arg=no_proxy={own}"]


@cache
def client() -> str:
    """The docker client of this machine. Raises RuntimeError, in words, when none will do."""
    folders = [*os.get_exec_path(), *ALWAYS_SEARCHED]
    return str(find_client(list(dict.fromkeys(folders))))


def find_client(folders: list[str]) -> Path:
    """The first `docker` in `folders` that drives BuildKit. Raises RuntimeError, in words."""
    seen = [program for folder in folders if _is_program(program := Path(folder) / "docker")]
    for program in seen:
        if _drives_buildkit(program):
            return program
    if not seen:
        raise RuntimeError("No docker client on PATH: script/setup docker installs one.")
    names = ", ".join(dict.fromkeys(map(str, seen)))
    raise RuntimeError(
        f"No docker client here drives BuildKit (seen: {names}): install docker's buildx plug-in."
    )


@cache
def _proxy(engine: str) -> str:
    """The proxy of the engine of that name. Raises RuntimeError when it does not answer."""
    del engine  # the client reads it from the environment; here it only keeps answers apart
    answer = _answer(client(), "info", "--format", "{{.HTTPProxy}}")
    if answer is None:
        raise RuntimeError("The Docker Engine does not answer: script/setup docker starts one.")
    return answer.strip()


def _is_program(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)


def _drives_buildkit(program: Path) -> bool:
    if _answer(program, "buildx", "version") is not None:
        return True
    version = re.match(r"Docker version (\d+)\.", _answer(program, "--version") or "")
    return version is not None and int(version[1]) in BUILDKIT_INSIDE


def _answer(program: Path | str, *words: str) -> str | None:
    """What the client prints, or None when it refuses, hangs or is no program at all."""
    try:
        done = subprocess.run(
            [program, *words],
            check=False,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=ANSWER_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
