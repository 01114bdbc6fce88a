"""Programs end in time, and take their children with them."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from grader.process import running

ENVIRONMENT = {"PATH": os.environ["PATH"]}


def alive(pid: int) -> bool:
    """A zombie that nobody has reaped yet counts as dead."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_for_end(pid: int) -> bool:
    until = time.monotonic() + 5
    while alive(pid) and time.monotonic() < until:
        time.sleep(0.01)
    return not alive(pid)


def test_output_errors_and_exit_code_come_back(tmp_path: Path) -> None:
    command = ["sh", "-c", "pwd; echo bad >&2; exit 3"]
    with running(command, seconds=20, environment=ENVIRONMENT, folder=tmp_path) as program:
        printed = program.output.read()
    assert printed.decode() == f"{tmp_path}\nbad\n"
    assert (program.exit_code, program.timed_out) == (3, False)


def test_megabytes_through_a_program_do_not_block() -> None:
    given = b"x" * 3_000_000
    with running(["cat"], seconds=20, environment=ENVIRONMENT, given=given) as program:
        assert program.output.read() == given
    assert program.exit_code == 0


def test_nothing_of_our_environment_is_inherited() -> None:
    with running(["env"], seconds=20, environment={"PATH": "/bin:/usr/bin"}) as program:
        assert program.output.read() == b"PATH=/bin:/usr/bin\n"


def test_when_time_is_over_the_children_end_too() -> None:
    command = ["sh", "-c", "sleep 600 & echo $!; wait"]
    with running(command, seconds=0.3, environment=ENVIRONMENT) as program:
        child = int(program.output.readline())
        assert alive(child)
        program.output.read()
    assert program.timed_out
    assert program.exit_code == -9
    assert wait_for_end(child)


def test_a_program_that_leaves_a_child_behind_is_cleaned_up() -> None:
    command = ["sh", "-c", "sleep 600 >/dev/null 2>&1 & echo $!"]
    with running(command, seconds=20, environment=ENVIRONMENT) as program:
        child = int(program.output.read())
    assert (program.exit_code, program.timed_out) == (0, False)
    assert wait_for_end(child)


WORKER = """
import os
from grader.process import running
stay = ["sh", "-c", "echo $$; exec sleep 600"]
with running(stay, seconds=600, environment=os.environ) as program:
    print(program.output.readline().decode(), flush=True)
    program.output.read()
"""


def test_a_program_ends_with_a_worker_that_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", WORKER], stdout=subprocess.PIPE) as worker:
        assert worker.stdout is not None
        child = int(worker.stdout.readline())
        assert alive(child)
        worker.kill()
    assert wait_for_end(child)


def test_an_exception_of_the_reader_ends_the_program() -> None:
    command = ["sh", "-c", "echo $$; exec sleep 600"]
    seen: list[int] = []

    def read() -> None:
        with running(command, seconds=20, environment=ENVIRONMENT) as program:
            seen.append(int(program.output.readline()))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        read()
    assert wait_for_end(seen[0])


def test_a_program_that_is_not_there_is_an_os_error() -> None:
    with (
        pytest.raises(FileNotFoundError),
        running(["/no/such/program"], seconds=1, environment=ENVIRONMENT),
    ):
        pass
