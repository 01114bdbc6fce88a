"""A model may do to its process what it likes: what comes back is an answer or the way it died."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from grader.images.device.cage import ANSWER_CAP, REASON_CAP, Refused, caged


def met(work: Callable[[], Any], seconds: float = 20) -> dict[str, Any]:
    return caged(work, cpu_seconds=5, seconds=seconds)


def ends_by(name: signal.Signals) -> Callable[[], None]:
    return lambda: os.kill(os.getpid(), name)


def refuses() -> NoReturn:
    raise Refused("one output too many")


def breaks() -> NoReturn:
    raise ValueError("x" * 1_000)


def wants_too_much() -> NoReturn:
    raise MemoryError


def sleeps() -> None:
    time.sleep(60)


def floods() -> str:
    return "x" * (ANSWER_CAP + 1)


def test_an_answer_comes_back() -> None:
    assert met(lambda: {"right": [1, 2]}) == {"value": {"right": [1, 2]}}


def test_it_works_in_a_process_of_its_own() -> None:
    assert met(os.getpid)["value"] != os.getpid()


@pytest.mark.parametrize(
    ("work", "fault", "reason"),
    [
        (refuses, "refused", "one output too many"),
        (wants_too_much, "memory", "an allocation failed"),
        (ends_by(signal.SIGKILL), "memory", "ended by SIGKILL"),
        (ends_by(signal.SIGTERM), "crashed", "ended by SIGTERM"),
        (ends_by(signal.SIGXCPU), "time", "ended by SIGXCPU"),
        (lambda: os._exit(0), "crashed", "its answer could not be read"),
        (floods, "crashed", "its answer had no end"),
    ],
)
def test_a_death_is_told_by_its_kind(work: Callable[[], Any], fault: str, reason: str) -> None:
    assert met(work) == {"fault": fault, "reason": reason}


def test_what_an_interpreter_says_is_cut_short() -> None:
    said = met(breaks)
    assert said["fault"] == "refused"
    assert said["reason"].startswith("ValueError: xxx")
    assert len(said["reason"]) == REASON_CAP


def test_the_clock_ends_what_waits_for_ever() -> None:
    assert met(sleeps, seconds=0.1) == {"fault": "time", "reason": "ended by the clock"}


@pytest.mark.slow
def test_the_processor_time_ends_what_never_stops() -> None:
    def works() -> None:
        while True:
            pass

    said = caged(works, cpu_seconds=1, seconds=30)
    assert said == {"fault": "time", "reason": "ended by SIGXCPU"}


def test_no_pipe_stays_open() -> None:
    open_now = Path("/proc/self/fd")
    before = len(list(open_now.iterdir()))
    met(ends_by(signal.SIGKILL))
    met(sleeps, seconds=0.05)
    assert len(list(open_now.iterdir())) == before
