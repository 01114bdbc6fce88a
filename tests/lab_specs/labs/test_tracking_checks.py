"""Each check of the tracking lab passes for good work and fails for the flaw it looks for."""

import inspect
import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from lab_specs.kit import Failure
from lab_specs.loader import load_lab
from lab_specs.service import Reply
from tests.lab_specs.labs.judged import LABS, judged
from tests.lab_specs.labs.tracking_oracle import Student, Tracker

SEED = 5
CHECKS = load_lab(LABS / "tracking").checks


@pytest.fixture(scope="module")
def lab() -> Iterator[ModuleType]:
    """The lab's checks, with less patience for a training that says nothing."""
    with judged("tracking") as module:
        module.Lab.stop.__globals__.update(LIVE_SECONDS=0.1, LOOK_EVERY=0.01)
        yield module


def failed(lab: ModuleType, folder: Path, flaw: str = "") -> set[str]:
    """The checks that fail, run in their order and as far as their ground holds."""
    tracker = Tracker()
    student: Any = Student(folder, tracker, flaw)
    lab.supply(student, SEED)
    one = lab.Lab(student, lab.Server(tracker, "digits-1"), SEED)
    first = one.train("earlier", epochs=lab.FEW, seed=lab.OTHER_SEED, before={})
    second = one.train("data", epochs=lab.EPOCHS, seed=lab.SEED, before=first.after)
    values: dict[str, Any] = {"lab": one, "first": first, "second": second, "seed": SEED}
    values["show"] = lambda _: None
    values["prediction"] = one.predict("pred")
    values["stopped"] = None
    outcomes: dict[str, bool] = {}
    for check in CHECKS:
        if check.after is None or outcomes.get(check.after):
            if check.id == "live":
                values["stopped"] = one.stop("data", seed=lab.SEED, before=one.runs())
            outcomes[check.id] = holds(getattr(lab, f"test_{check.id}"), values)
    return {name for name, passed in outcomes.items() if not passed}


def holds(function: Any, values: dict[str, Any]) -> bool:
    """Whether a check passes."""
    try:
        function(**{name: values[name] for name in inspect.signature(function).parameters})
    except Failure:
        return False
    return True


def test_good_work_passes_every_check(lab: ModuleType, tmp_path: Path) -> None:
    assert failed(lab, tmp_path) == set()


@pytest.mark.parametrize(
    ("flaw", "checks"),
    [
        ("two runs", {"one_run"}),
        ("first run changed", {"second_run"}),
        ("one step", {"steps"}),
        ("flatters itself", {"accuracy_is_true"}),
        ("keeps labels", {"answers_are_true", "follows_alias"}),
        ("trains on the validation", {"accuracy_is_believable"}),
        ("version of no run", {"versions"}),
        ("newest", {"follows_alias"}),
        ("needs no server", {"needs_registry"}),
        ("trains on NaN", {"broken_data"}),
        ("registers first", {"broken_data"}),
        ("silent", {"live"}),
        ("left running", {"broken_data", "stopped_run"}),
        ("deaf", {"stopped_run"}),
    ],
)
def test_each_flaw_is_found_by_its_checks(
    lab: ModuleType, tmp_path: Path, flaw: str, checks: set[str]
) -> None:
    assert failed(lab, tmp_path, flaw) == checks


class Odd:
    """A server that answers every question with one thing."""

    port = 5000

    def __init__(self, status: int = 200, said: object = None) -> None:
        self.status, self.said = status, said

    def get(self, path: str, *, seconds: float) -> Reply:
        if self.said is None:
            raise Failure("an answer", f"none within {seconds} s", "Look at your service's log")
        return Reply(self.status, {}, json.dumps(self.said), path)

    def post(self, path: str, *, json: Any, seconds: float) -> Reply:
        return self.get(path, seconds=seconds)


@pytest.mark.parametrize(
    ("server", "told"),
    [
        (Odd(), "none within 30.0 s"),
        (Odd(500, "disk full"), "status 500 with"),
        (Odd(200, {"experiments": [], "next_page_token": "x"}), "more"),
    ],
)
def test_a_server_that_was_flooded_is_told_of(lab: ModuleType, server: Odd, told: str) -> None:
    with pytest.raises(Failure, match=told) as error:
        lab.Server(server, "digits-1").runs()
    assert "your service" not in error.value.hint


@pytest.mark.parametrize("said", [3, [], {}, {"experiments": 3}, {"runs": [None, {"info": 1}]}])
def test_odd_answers_of_a_server_hold_no_run(lab: ModuleType, said: object) -> None:
    server = lab.Server(Odd(200, said), "digits-1")
    assert server.runs() == {}
    assert server.versions() == []
    assert server.champion() == ""


def test_an_export_is_read_when_the_server_holds_nothing(lab: ModuleType, tmp_path: Path) -> None:
    student: Any = Student(tmp_path, Tracker(), "")
    one = lab.Lab(student, lab.Server(student.tracker, "digits-1"), SEED)
    run = {"status": "FINISHED", "params": {"epochs": 2}, "metrics": {}}
    student.volume("runs").write("mine/run.json", json.dumps(run).encode())
    student.volume("runs").write("mine/predictions.json", b"[7, 3]")
    student.volume("runs").write("run.json", b"of no run")
    (record,) = one.runs().values()
    assert (record.id, record.exported, record.params) == ("mine", True, {"epochs": "2"})
    assert one.answers(record, 2).tolist() == [7, 3]
    with pytest.raises(Failure, match="an offline export"):
        lab.demand_server(record)
    student.tracker.start_run()
    assert "mine" not in one.runs()
