"""What is left when all is done: containers, volumes, networks, folders, processes."""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import docker
import requests

from script.tools.chaos_services import DISK, SCRATCH, WORKERS

OWN_NETWORKS = {"bridge", "host", "none"}
LOOK_EVERY = 0.5


def wait_for_none(found: Callable[[], list[str]], seconds: float) -> list[str]:
    """Wait until nothing is found, at most so long; what is there still."""
    end = time.monotonic() + seconds
    while (left := found()) and time.monotonic() < end:
        time.sleep(LOOK_EVERY)
    return left


def of_attempts() -> list[str]:
    """What belongs to attempts, or to workers that are dead, while the living ones still work."""
    containers, volumes, networks = _in_engine()
    spares = [name for name, labels in containers if "mlops.attempt" not in labels]
    attempts = [name for name, labels in containers if "mlops.attempt" in labels]
    # Each worker keeps one judge ready; more are those of workers that were killed.
    return [*attempts, *spares[WORKERS:], *volumes, *networks, *_folders()]


def at_the_end() -> list[str]:
    """All that is left once the workers have ended: nothing may be."""
    containers, volumes, networks = _in_engine()
    return [*(name for name, _ in containers), *volumes, *networks, *_folders(), *_processes()]


def _in_engine() -> tuple[list[tuple[str, dict[str, str]]], list[str], list[str]]:
    try:
        client = docker.from_env(timeout=20)
        containers = client.api.containers(all=True)
        volumes = client.api.volumes()["Volumes"] or []
        networks = {one["Name"] for one in client.api.networks()} - OWN_NETWORKS
        client.close()
    except (docker.errors.DockerException, requests.RequestException) as error:
        return [(f"the engine does not answer: {error}", {})], [], []
    return (
        [(f"container {one['Names'][0]} {one['Labels']}", one["Labels"]) for one in containers],
        [f"volume {one['Name']} {one['Labels']}" for one in volumes],
        [f"network {name}" for name in networks],
    )


def _folders() -> list[str]:
    """Clones, and what builds write while they run."""
    places = (DISK / "work", SCRATCH)
    return [f"folder {path}" for place in places if place.exists() for path in place.iterdir()]


def _processes() -> list[str]:
    """Processes that outlived whoever started them: the first process of all took them in."""
    return [
        f"process {path.name} {_words(path)}"
        for path in Path("/proc").glob("[0-9]*")
        if int(path.name) != os.getpid() and _is_orphan(path)
    ]


def _is_orphan(process: Path) -> bool:
    with suppress(OSError):
        state, parent = (process / "stat").read_text().rsplit(")", 1)[1].split()[:2]
        return parent == "1" and state != "Z"
    return False


def _words(process: Path) -> str:
    with suppress(OSError):
        return (
            (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")[:200]
        )
    return ""
