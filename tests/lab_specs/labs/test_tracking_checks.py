"""Each check of the tracking lab passes for good work and fails for the flaw it looks for."""

import importlib.util
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from lab_specs.kit import Failure
from lab_specs.loader import load_lab
from tests.lab_specs.labs.tracking_oracle import Student, Tracker

FOLDER = Path(__file__).parents[3] / "lab_specs" / "labs" / "tracking"
SEED = 5
CHECKS = load_lab(FOLDER).checks


@pytest.fixture(scope="module")
def lab() -> Iterator[ModuleType]:
    """The lab's checks, imported as the judge imports them: with their folder on the path."""
    known = set(sys.modules)
    sys.path.insert(0, str(FOLDER))
    try:
        file = FOLDER / "test_acceptance.py"
        spec = importlib.util.spec_from_file_location("tracking_checks", file)
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        module.Lab.stop.__globals__["LIVE_SECONDS"] = 0.1
        module.Lab.stop.__globals__["LOOK_EVERY"] = 0.01
        yield module
    finally:
        sys.path.remove(str(FOLDER))
        for name in set(sys.modules) - known:
            if str(FOLDER) in str(getattr(sys.modules[name], "__file__", "")):
                del sys.modules[name]


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
