"""Folders for the length of one piece of work. What a dead process left is found and removed.

Whoever makes a folder holds a lock on it. The kernel lets go of it when that process ends,
however it ends, so a folder whose lock can be had belongs to nobody.
"""

import contextlib
import fcntl
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX = "mlops-scratch-"  # nothing else is ever removed
YOUNG_SECONDS = 10.0  # a folder that was made just now may not be locked yet


@contextmanager
def scratch(parent: Path, what: str) -> Iterator[Path]:
    """A new folder below `parent` that goes with all that is in it."""
    parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{what}-", dir=parent))
    try:
        with _lock(folder):
            yield folder
    finally:
        _remove(folder)


def remove_abandoned(parent: Path) -> int:
    """Remove the folders below `parent` whose process is dead; how many."""
    gone = 0
    for folder in parent.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):  # its owner holds it, or it has just gone
            if time.time() - folder.stat().st_ctime > YOUNG_SECONDS:
                with _lock(folder):
                    _remove(folder)
                gone += 1
    return gone


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """Hold the folder's lock. BlockingIOError when somebody else holds it."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


def _remove(folder: Path) -> None:
    """Python's own removal calls itself for each level, and git takes thousands of them."""
    subprocess.run(["rm", "-rf", folder], check=False, capture_output=True)
