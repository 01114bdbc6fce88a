"""An image as a check sees it, as a rule the student's: containers to run, volumes to read.

Nothing here touches Docker. Every container is asked of the grader over the wire, and runs
under the limits of the lab whatever a check says.
"""

import contextlib
import os
import shutil
import stat
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from lab_specs import wire
from lab_specs.faults import Code, StudentFault
from lab_specs.schema import SidecarName

MIB = 1024 * 1024
FOLDER_ITSELF = os.O_DIRECTORY | os.O_NOFOLLOW
FULL = 128 * 1024  # bytes: a volume with less room than this is full
NAMES_CAP = 1000
DEPTH_CAP = 32  # folders within folders; nothing honest goes deeper
FOUND_SHOWN = 20
LOOK_EVERY = 0.1  # seconds between two questions whether a container still runs
READ_EVERY = 0.02  # seconds between two looks at a volume, which cost next to nothing
Call = Callable[[wire.Start | wire.Wait | wire.Signal | wire.Inspect | wire.Remove], wire.Answer]


@dataclass(frozen=True)
class Volume:
    """A size-limited directory that the judge and the student's containers share.

    What a student left here is hostile: links, pipes and endless files are refused unread.
    """

    name: str
    path: Path
    size_mb: int

    def write(self, name: str, content: bytes) -> None:
        """Put a file there for the student's containers to read; folders are made as needed."""
        with os.fdopen(self._open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "wb") as file:
            file.write(content)

    def read(self, name: str, *, limit_mb: float = 8) -> bytes:
        """The content of a regular file. Raises `StudentFault` when there is none."""
        try:
            descriptor = self._open(name, os.O_RDONLY)
        except FileNotFoundError:
            raise StudentFault(
                Code.OUTPUT_MISSING, file=name, found=self.names()[:FOUND_SHOWN]
            ) from None
        except OSError as error:
            problem = f"it cannot be opened ({error.strerror}); leave a plain, readable file"
            raise StudentFault(Code.OUTPUT_MALFORMED, file=name, problem=problem) from None
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise StudentFault(Code.OUTPUT_MALFORMED, file=name, problem="not a plain file")
        with os.fdopen(descriptor, "rb") as file:
            content = file.read(int(limit_mb * MIB) + 1)
        if len(content) > limit_mb * MIB:
            problem = f"larger than {limit_mb:g} MiB"
            raise StudentFault(Code.OUTPUT_MALFORMED, file=name, problem=problem)
        return content

    def names(self) -> list[str]:
        """Up to 1,000 paths of plain files below the volume, sorted. Follows no link."""
        found: list[str] = []
        folders = [Path()]
        while folders and len(found) < NAMES_CAP:
            folder = folders.pop()
            try:
                entries = os.scandir(self.path / folder)
            except OSError:
                continue  # one that the student closed
            with entries:
                for entry in islice(entries, NAMES_CAP):
                    if entry.is_file(follow_symlinks=False):
                        found.append(str(folder / entry.name))
                    elif entry.is_dir(follow_symlinks=False) and len(folder.parts) < DEPTH_CAP:
                        folders.append(folder / entry.name)
        return sorted(found)[:NAMES_CAP]

    def copy_from(self, other: "Volume") -> None:
        """Take over the other volume's plain files; unreadable ones are left out."""
        for name in other.names():
            try:
                self.write(name, other.read(name, limit_mb=other.size_mb))
            except (StudentFault, OSError):
                continue

    def truncate(self, name: str, share: float) -> None:
        """Cut a file that the judge itself wrote to a share of its length."""
        descriptor = self._open(name, os.O_WRONLY)
        os.truncate(descriptor, int(os.fstat(descriptor).st_size * share))
        os.close(descriptor)

    def clear(self) -> None:
        """Remove what can be removed.

        A folder that a student's container made stays with all in it, since only its owner may
        empty it: give each run that must find nothing a volume of its own.
        """
        for path in self.path.iterdir():
            if path.is_dir() and not path.is_symlink():
                with contextlib.suppress(RecursionError):  # a tree as deep as a trap
                    shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    def is_full(self) -> bool:
        """Whether the size limit was reached."""
        room = os.statvfs(self.path)
        return room.f_bavail * room.f_frsize < FULL or room.f_favail == 0

    def wait_for(
        self, holds: Callable[["Volume"], bool], *, seconds: float, process: "Process"
    ) -> bool:
        """Wait until `holds(volume)`, the process ends, or the time is over; tell whether it holds.

        A file system that another container writes to sends this one no events, so this looks.
        """
        end = time.monotonic() + seconds
        look_at = 0.0
        while time.monotonic() < end and not holds(self):
            if time.monotonic() >= look_at:
                if not process.running():
                    break
                look_at = time.monotonic() + LOOK_EVERY
            time.sleep(READ_EVERY)
        return holds(self)

    def _open(self, name: str, flags: int) -> int:
        """Open a path below the volume without following a link at any step of it.

        A student who could put a link there would else have the judge read or write its own
        files. A pipe does not block. A name that leads out names nothing.
        """
        if "\0" in name or {"", "..", "/"} & {name, *Path(name).parts}:
            raise FileNotFoundError(name)
        *folders, last = Path(name).parts
        place = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            for folder in folders:
                if flags & os.O_CREAT:
                    with contextlib.suppress(FileExistsError):
                        os.mkdir(folder, dir_fd=place)
                inner = os.open(folder, os.O_RDONLY | FOLDER_ITSELF, dir_fd=place)
                os.close(place)
                place = inner
            return os.open(last, flags | os.O_NOFOLLOW | os.O_NONBLOCK, 0o644, dir_fd=place)
        finally:
            os.close(place)


@dataclass(frozen=True)
class Run:
    """How a container ended."""

    exit_code: int
    seconds: float
    timed_out: bool
    out_of_memory: bool
    log: str
    full_volumes: tuple[Volume, ...]
    limit_seconds: float
    cpu_seconds: float | None = None  # as last seen; None for a run under a second

    def require(self, step: str) -> "Run":
        """This run when it ended well; else a `StudentFault` that says why it did not."""
        facts: dict[str, Any] = {"step": step, "log": self.log}
        if self.exit_code == 0 and not self.timed_out:
            return self  # also when one of its children ran out of memory: it coped
        if self.timed_out:
            facts |= {"limit_seconds": self.limit_seconds, "cpu_seconds": self.cpu_seconds}
            raise StudentFault(Code.TIME_LIMIT, **facts)
        if self.out_of_memory:
            raise StudentFault(Code.OUT_OF_MEMORY, **facts)
        if self.full_volumes:
            full = self.full_volumes[0]
            raise StudentFault(Code.DISK_LIMIT, volume=full.name, limit_mb=full.size_mb, **facts)
        raise StudentFault(Code.COMMAND_FAILED, exit_code=self.exit_code, **facts)


@dataclass
class Process:
    """A running container."""

    call: Call
    container: int
    writable: tuple[Volume, ...]
    removed: bool = False

    def wait(self, seconds: float) -> Run:
        """Wait for its end; when `seconds` have passed it is killed and `timed_out` is set."""
        answer = self.call(wire.Wait(container=self.container, seconds=seconds))
        return Run(
            exit_code=-1 if answer.exit_code is None else answer.exit_code,
            seconds=answer.seconds,
            timed_out=answer.timed_out,
            out_of_memory=answer.out_of_memory,
            log=answer.log,
            full_volumes=tuple(volume for volume in self.writable if volume.is_full()),
            limit_seconds=seconds,
            cpu_seconds=answer.cpu_seconds,
        )

    def signal(self, name: Literal["TERM", "KILL"]) -> None:
        """Send a signal to its first process."""
        self.call(wire.Signal(container=self.container, signal=name))

    def look(self, *, with_log: bool = False) -> wire.Answer:
        """Its state now, and on demand its last output, which costs the engine more."""
        return self.call(wire.Inspect(container=self.container, with_log=with_log))

    def running(self) -> bool:
        """Whether it has not ended."""
        return self.look().exit_code is None

    def log(self) -> str:
        """The end of what it printed. Untrusted text: never parse it for a verdict."""
        return self.look(with_log=True).log

    def remove(self) -> None:
        """End it and forget it; a second time does nothing."""
        if not self.removed:
            self.call(wire.Remove(container=self.container))
            self.removed = True


class Image:
    """Starts hardened containers of one image: the student's, unless a sidecar is named."""

    def __init__(
        self,
        call: Call,
        volumes: Mapping[str, int],
        run_seconds: float,
        sidecar: SidecarName | None = None,
    ) -> None:
        self._call = call
        self._sidecar = sidecar
        self._volumes = {
            name: Volume(name, Path("/volumes") / name, size) for name, size in volumes.items()
        }
        self._run_seconds = run_seconds

    def volume(self, name: str) -> Volume:
        """A volume that `lab.yaml` declares."""
        if name not in self._volumes:
            raise ValueError(f"lab.yaml declares no volume {name!r}, but {list(self._volumes)}")
        return self._volumes[name]

    def start(
        self,
        command: Sequence[str] = (),
        *,
        env: Mapping[str, str] | None = None,
        mounts: Mapping[str, str] | None = None,
    ) -> Process:
        """Start a fresh container; `command` is appended to the image's ENTRYPOINT.

        `mounts` maps a volume's name to where the container sees it: `"/out:rw"`, `"/data:ro"`.
        Raises `StudentFault` when the image cannot be started at all.
        """
        mounts = dict(mounts or {})
        volumes = {name: self.volume(name) for name in mounts}
        writable = [volume for name, volume in volumes.items() if mounts[name].endswith(":rw")]
        ask = wire.Start(
            sidecar=self._sidecar,
            command=tuple(map(_sound, command)),
            env={name: _sound(value) for name, value in (env or {}).items()},
            mounts=mounts,
        )
        answer = self._call(ask)
        if answer.code is not None:
            raise StudentFault(answer.code, **answer.facts)
        return Process(self._call, answer.container, tuple(writable))

    def run(
        self,
        command: Sequence[str] = (),
        *,
        env: Mapping[str, str] | None = None,
        mounts: Mapping[str, str] | None = None,
        seconds: float | None = None,
    ) -> Run:
        """Run a fresh container to its end, or to the time limit of the lab."""
        process = self.start(command, env=env, mounts=mounts)
        run = process.wait(self._run_seconds if seconds is None else seconds)
        process.remove()
        return run


def _sound(text: str) -> str:
    """The text as UTF-8 can hold it: it may be the name of a student's file."""
    return text.encode(errors="replace").decode()
