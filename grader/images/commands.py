"""The few commands that make an image, and what they say while they run."""

import os
import subprocess
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

from grader.docker_client import build_command, client, proxy_arguments
from grader.images import ImageError

OnLine: TypeAlias = Callable[[str], None]

INPUTS_LABEL = "mlops.inputs"
# An engine that cannot reach its registry says so after 15 s; the rest is for a slow line.
PULL_SECONDS = 300
TAIL_LINES = 30


def run(command: list[str], on_line: OnLine, environment: Mapping[str, str] | None = None) -> None:
    """Runs a command and hands on each line. Raises ImageError with the last ones if it fails."""
    tail: deque[str] = deque(maxlen=TAIL_LINES)
    with subprocess.Popen(
        command,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            tail.append(line.rstrip())
            on_line(line.rstrip())
    if process.returncode:
        words = f"`{Path(command[0]).name} {command[1]}` ended with {process.returncode}:"
        raise ImageError("\n".join([words, *tail]))


def label(tag: str, name: str) -> str | None:
    """The value of an image's label; "" when it has none of that name; None without the image."""
    template = f'{{{{index .Config.Labels "{name}"}}}}'
    inspected = subprocess.run(
        [client(), "image", "inspect", "--format", template, tag],
        check=False,
        capture_output=True,
        text=True,
    )
    return inspected.stdout.strip() if inspected.returncode == 0 else None


def pull(tag: str) -> bool:
    """Fetches an image from its registry; False when none is reachable that has it."""
    command = [client(), "pull", "--quiet", tag]
    try:
        return (
            subprocess.run(
                command, check=False, capture_output=True, timeout=PULL_SECONDS
            ).returncode
            == 0
        )
    except subprocess.TimeoutExpired:
        return False


def tag_as(tag: str, names: tuple[str, ...]) -> None:
    """Gives an image more names. Raises ImageError."""
    for name in names:
        run([client(), "tag", tag, name], lambda _: None)


def untag(names: list[str]) -> None:
    """Takes names from images, which stay as long as another name holds them."""
    for name in names:
        run([client(), "image", "rm", name], lambda _: None)


def build(
    tag: str,
    context: Path,
    *,
    arguments: Mapping[str, str],
    labels: Mapping[str, str],
    on_line: OnLine,
) -> None:
    """Builds the context's Dockerfile. Raises ImageError with the end of the build's log."""
    command, environment = build_command()
    flags = ["--progress=plain", f"--tag={tag}"]
    flags += [f"--build-arg={name}={value}" for name, value in arguments.items()]
    flags += proxy_arguments(tag)
    flags += [f"--label={name}={value}" for name, value in labels.items()]
    run([*command, *flags, str(context)], on_line, environment)
