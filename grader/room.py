"""Whether there is room to grade: a disk that fills up takes everybody's attempts with it."""

import os
import subprocess
from functools import cache
from pathlib import Path

from grader.docker_client import client
from grader.settings import GraderSettings

GB = 10**9
FREE_FILES = 100_000  # a disk may run out of these, too
ANSWER_SECONDS = 20


def shortage(settings: GraderSettings) -> str | None:
    """Why no more attempts should be taken, in words for whoever runs the machine; or None.

    Looks at the disks of `settings.workdir` and, when it is on this machine, of the engine.
    """
    places = {"the workers' folder": settings.workdir, "the engine's folder": engine_folder()}
    for name, folder in places.items():
        if folder is None:
            continue
        if problem := _shortage(folder, settings.free_disk_gb):
            return f"{name} {folder}: {problem}"
    return None


def _shortage(folder: Path, wanted_gb: float) -> str | None:
    there = next(path for path in (folder, *folder.parents) if path.exists())
    disk = os.statvfs(there)
    free_gb = disk.f_bavail * disk.f_frsize / GB
    if free_gb < wanted_gb:
        return f"{free_gb:.1f} GB are free, {wanted_gb:g} are needed"
    if disk.f_files and disk.f_favail < FREE_FILES and wanted_gb:
        return f"room for {disk.f_favail} files is left, {FREE_FILES} are needed"
    return None


def engine_folder() -> Path | None:
    """Where the engine keeps its images; None when that is elsewhere, or it does not answer."""
    if not os.environ.get("DOCKER_HOST", "unix://").startswith("unix://"):
        return None
    try:
        folder = _told_folder()
    except (RuntimeError, OSError, subprocess.SubprocessError):
        return None  # an engine that is not there is told by whoever needs it
    return folder if folder.is_dir() else None


@cache
def _told_folder() -> Path:
    """Asked once: it stays the same for the life of an engine."""
    words = [client(), "info", "--format", "{{.DockerRootDir}}"]
    done = subprocess.run(words, check=True, capture_output=True, text=True, timeout=ANSWER_SECONDS)
    return Path(done.stdout.strip())
