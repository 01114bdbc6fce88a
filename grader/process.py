"""A program of ours that must end in time, with all of its children."""

import os
import shutil
import signal
import subprocess
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from threading import Timer
from typing import IO, cast


@dataclass(slots=True)
class Running:
    """A program at work: what it prints, and afterwards how it ended.

    `timed_out` and `exit_code` hold once the `with` block has ended.
    """

    output: IO[bytes]
    process: subprocess.Popen[bytes]
    timed_out: bool = False
    exit_code: int = 0

    def stop(self) -> None:
        """Kill the program and its children. Safe at any time: the group's id is still its own."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return

    def time_out(self) -> None:
        """Kill it because its time is over."""
        self.timed_out = True
        self.stop()


@cache
def _bound_to_us() -> list[str]:
    """Words before a command that let the kernel kill it when we die."""
    program = shutil.which("setpriv")
    words = [program, "--pdeathsig", "KILL"] if program else []
    if words and subprocess.run([*words, "true"], check=False, capture_output=True).returncode:
        return []  # a smaller program of the same name
    return words


@contextmanager
def running(
    command: Sequence[str],
    *,
    seconds: float,
    environment: Mapping[str, str],
    folder: Path | None = None,
    given: bytes = b"",
    errors: int | IO[bytes] = subprocess.STDOUT,
    handed: Collection[int] = (),
) -> Iterator[Running]:
    """Start `command` in a process group of its own, and leave nothing of it behind.

    On Linux that holds even when this process is killed: a build that nobody waits for would go
    on for ever.

    After `seconds`, or when the block ends by an exception, the group is killed. `given` is its
    standard input, `handed` are open files that it gets under their numbers. A block that ends
    well has read `output` to its end, or called `stop`.
    """
    if shutil.which(command[0], path=environment.get("PATH")) is None:
        raise FileNotFoundError(command[0])
    with TemporaryFile() as source:  # a file, since a pipe that nobody empties would block us
        source.write(given)
        source.seek(0)
        process = subprocess.Popen(
            [*_bound_to_us(), *command],
            cwd=folder,
            env=dict(environment),
            stdin=source,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
            pass_fds=tuple(handed),
        )
    state = Running(cast("IO[bytes]", process.stdout), process)
    clock = Timer(max(seconds, 0), state.time_out)
    clock.start()
    try:
        yield state
        # Waits without reaping: until the reaping below, nobody else can get the group's id.
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    finally:
        clock.cancel()
        clock.join()
        state.stop()
        state.output.close()
        state.exit_code = process.wait()
