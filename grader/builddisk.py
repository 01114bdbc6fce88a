"""Ends a build that fills the disk: neither BuildKit nor the engine knows a limit of that.

Looks at the free space of the engine's disk while builds run, where that disk is on this
machine. One thread watches all builds of the process.
"""

import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from grader.room import GB, engine_folder
from grader.settings import GraderSettings

LOOK_EVERY = 0.25  # seconds
MEASURE_SECONDS = 5  # the build goes on meanwhile; whoever wrote more files wrote much
FLOOR_SHARE = 0.2  # of the space that must be free before an attempt: below it builds end, too


@dataclass(eq=False)
class Watched:
    """One build. `ended` once it was stopped for the disk's sake; `guilty` by its own fault."""

    stop: Callable[[], None]
    folder: Path
    limit: int  # bytes
    floor: int  # bytes that must stay free
    free: int  # bytes that were free at its start, or when another build was ended
    began: float = field(default_factory=time.time)
    ended: bool = False
    guilty: bool = False
    used: int = 0  # bytes of the disk that went while it ran


class _Watch:
    """All builds of this process that are watched, and the thread that does it."""

    def __init__(self) -> None:
        self.builds: list[Watched] = []  # the oldest first
        self.lock = threading.Lock()
        self.thread: threading.Thread | None = None

    def add(self, build: Watched) -> None:
        with self.lock:
            self.builds.append(build)
            if self.thread is None:
                self.thread = threading.Thread(target=self._run, name="disk", daemon=True)
                self.thread.start()

    def remove(self, build: Watched) -> None:
        with self.lock:
            self.builds.remove(build)

    def _run(self) -> None:
        pause = threading.Event()
        while True:
            with self.lock:
                if not self.builds:
                    self.thread = None
                    return
                self._look([build for build in self.builds if not build.ended])
            pause.wait(LOOK_EVERY)

    def _look(self, builds: list[Watched]) -> None:
        """End the youngest when the disk fills: the older ones have more to lose."""
        for build in builds:
            free = _free(build.folder)
            build.used = build.free - free
            if build.used <= build.limit and free >= build.floor:
                continue
            youngest = builds[-1]
            alone = len(self.builds) == 1
            youngest.guilty = alone and build.used > build.limit and _wrote_much(build)
            youngest.ended = True
            youngest.stop()
            for other in builds[:-1]:
                other.free = free
            return


WATCH = _Watch()


@contextmanager
def watched(settings: GraderSettings | None, stop: Callable[[], None]) -> Iterator[Watched | None]:
    """Watch the disk during the block, and call `stop` when the build must end.

    Yields None where nothing can be watched: without settings, or with an engine elsewhere.
    """
    folder = engine_folder() if settings else None
    if settings is None or folder is None:
        yield None
        return
    build = Watched(
        stop=stop,
        folder=folder,
        limit=int(settings.build_disk_gb * GB),
        floor=int(settings.free_disk_gb * FLOOR_SHARE * GB),
        free=_free(folder),
    )
    WATCH.add(build)
    try:
        yield build
    finally:
        WATCH.remove(build)


def _free(folder: Path) -> int:
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize


def _wrote_much(build: Watched) -> bool:
    """Whether the space went into layers: somebody else's files are no fault of a build's.

    Half of it is enough, for the build may have cleared up some of it again.
    """
    written = _written(build.folder, build.began)
    return written is None or written > build.limit / 2


def _written(folder: Path, since: float) -> int | None:
    """Bytes of all layers that appeared since then; None when only the engine may see them."""
    layers = []
    with suppress(OSError):
        for entry in os.scandir(folder / "overlay2"):
            with suppress(OSError):
                if entry.stat().st_mtime >= since - 1:
                    layers.append(entry.path)
    if not layers:
        return None
    command = ["du", "--summarize", "--total", "--block-size=1", "--one-file-system", *layers]
    try:
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, timeout=MEASURE_SECONDS
        )
        return int(done.stdout.splitlines()[-1].split()[0])
    except (subprocess.TimeoutExpired, IndexError, ValueError):
        return None
