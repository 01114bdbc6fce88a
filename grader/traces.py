"""What an attempt left behind, asked of the engine and of this machine. Nothing is the answer.

Other attempts, of other people too, run on the same engine. So what belongs to an attempt is
told by its label, by the volumes it was seen with, and by a mark that its files and the
environment of its processes carry.
"""

import json
import subprocess
import time
from collections.abc import Collection, Iterator
from pathlib import Path

from grader.docker_client import client
from grader.engine import ATTEMPT, WORKER

PATIENCE = 20.0  # seconds; a verdict does not wait for the broom
LOOK_EVERY = 0.7  # each look starts two clients and reads the words of every process
ANSWER_SECONDS = 60


def left_behind(attempt: str, mark: str, volumes: Collection[str]) -> list[str]:
    """What is still there of the attempt once there was time to sweep."""
    end = time.monotonic() + PATIENCE
    while (left := _left(attempt, mark, volumes)) and time.monotonic() < end:
        time.sleep(LOOK_EVERY)
    return left


def of_worker(worker: str, volumes: Collection[str]) -> list[str]:
    """Containers and volumes that are still there of a worker whose judges were let go."""
    wanted = ("--filter", f"label={WORKER}={worker}")
    present = {*_docker("volume", "ls", "--format", "{{.Name}}")} & {*volumes}
    return [
        *_docker("ps", "--all", *wanted, "--format", "container {{.ID}}"),
        *_docker("volume", "ls", *wanted, "--format", "volume {{.Name}}"),
        *(f"volume {one}" for one in sorted(present)),
        *(f"mount {one}" for one in _mounts() if _has_any(one, volumes)),
    ]


def images_left(marks: Collection[str]) -> dict[str, str]:
    """Images without a name that carry a mark: mark and image."""
    return {
        mark: image
        for image, environment in _environments(["--filter", "dangling=true"])
        for mark in marks
        if any(mark in word for word in environment)
    }


def networks() -> set[str]:
    """Every network of the engine."""
    return set(_docker("network", "ls", "--quiet", "--no-trunc"))


def remove_images(names: Collection[str]) -> None:
    """Take away the names of images that these attempts made; each was kept for a next time."""
    if names:
        words = [client(), "image", "rm", "--force", *names]
        subprocess.run(words, check=False, capture_output=True, timeout=ANSWER_SECONDS)


def _left(attempt: str, mark: str, volumes: Collection[str]) -> list[str]:
    wanted = ("--filter", f"label={ATTEMPT}={attempt}")
    containers = _docker("ps", "--all", *wanted, "--format", "container {{.ID}}")
    listed = _docker("volume", "ls", "--format", f'{{{{.Name}}}} {{{{.Label "{ATTEMPT}"}}}}')
    present = [line.split(" ", 1) for line in listed]
    named = [f"volume {name}" for name, whose in present if whose == attempt or name in volumes]
    mounts = [f"mount {one}" for one in _mounts() if mark in one or _has_any(one, volumes)]
    return [*containers, *named, *mounts, *(f"process {one}" for one in processes(mark))]


def processes(mark: str) -> Iterator[str]:
    """Processes of this machine whose words or environment carry the mark."""
    needle = mark.encode()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes()
            if needle in words or needle in (folder / "environ").read_bytes():
                said = words[:100].decode(errors="replace").replace("\0", " ")
                yield f"{folder.name}: {said}"
        except OSError:
            continue  # it has ended


def _mounts() -> list[str]:
    return Path("/proc/mounts").read_text().splitlines()


def _has_any(line: str, names: Collection[str]) -> bool:
    return any(name in line for name in names)


def _environments(filters: list[str]) -> Iterator[tuple[str, list[str]]]:
    found = _docker("image", "ls", "--quiet", "--no-trunc", *filters)
    told = _docker("image", "inspect", *found, "--format", "{{json .Config.Env}}") if found else []
    for image, environment in zip(found, told, strict=False):
        yield image, json.loads(environment) or []


def _docker(*words: str) -> list[str]:
    done = subprocess.run(
        [client(), *words], check=False, capture_output=True, text=True, timeout=ANSWER_SECONDS
    )
    return done.stdout.splitlines()
