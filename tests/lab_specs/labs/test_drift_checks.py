"""Each check of the drift lab passes for a good service and fails for the flaw it looks for."""

import inspect
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from lab_specs.kit import Failure, Figure
from lab_specs.loader import load_lab
from tests.lab_specs.labs.drift_oracle import Oracle
from tests.lab_specs.labs.judged import LABS, judged

SEED = 5
CHECKS = [check.id for check in load_lab(LABS / "drift").checks]


@pytest.fixture(scope="module")
def lab() -> Iterator[ModuleType]:
    with judged("drift") as module:
        yield module


def attempt(lab: ModuleType, check: str, flaw: str = "") -> list[Figure]:
    """Run one check against an oracle with a flaw; the figures that it showed."""
    shown: list[Figure] = []
    service: Any = Oracle(flaw)
    function = getattr(lab, f"test_{check}")
    wanted = inspect.signature(function).parameters
    values: dict[str, Any] = {"service": service, "seed": SEED, "show": shown.append}
    if "story" in wanted:
        values["story"] = lab.live(service, lab.World(SEED, 60))
    function(**{name: values[name] for name in wanted})
    return shown


@pytest.fixture
def shorter(lab: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer large batches: the oracle counts rows instead of filling its memory."""
    monkeypatch.setattr(lab, "LARGE_BATCH", 2_000)
    monkeypatch.setattr(lab, "LARGE_BATCHES", 5)


@pytest.mark.usefixtures("shorter")
@pytest.mark.parametrize("check", CHECKS)
def test_a_good_service_passes(lab: ModuleType, check: str) -> None:
    attempt(lab, check)


@pytest.mark.usefixtures("shorter")
@pytest.mark.parametrize(
    ("check", "flaw", "said"),
    [
        ("needs_reference", "server error", "status 500"),
        ("needs_reference", "takes all", "status 200"),
        ("predictions", "constant", "%"),
        ("any_company", "company", "labels differ"),
        ("silence", "nervous", "drift true"),
        ("one_feature", "sorted", "features: "),
        ("several_features", "means", "drift true"),
        ("label_shift", "blind to labels", "predictions: false"),
        ("since", "moves on", "since"),
        ("recovers", "for ever", "drift true"),
        ("gradual", "follows", "drift false"),
        ("seasonal", "batch", "drift true"),
        ("wrong_form", "takes all", "status 200"),
        ("wrong_form", "server error", "status 500"),
        ("wrong_form", "counts first", "7 batches"),
        ("empty", "server error", "status 500"),
        ("empty", "counts first", "7 batches"),
        ("not_finite", "not finite", "status 200"),
        ("bad_reference", "forgets", "status 409"),
        ("keeps_model", "always learns", "versions"),
        ("learns_again", "never learns", "to the end"),
        ("learns_again", "version stays", "to the end"),
        ("learns_again", "old model", "%"),
        ("learns_once", "at once", "versions"),
        ("learns_once", "old reference", "versions"),
        ("bounded_memory", "hoards", "for want of memory at batch 5"),
    ],
)
def test_a_flaw_is_found_and_told(lab: ModuleType, check: str, flaw: str, said: str) -> None:
    with pytest.raises(Failure) as failure:
        attempt(lab, check, flaw)
    assert said in failure.value.actual
    assert failure.value.expected
    assert failure.value.hint


def test_every_check_is_tried_with_a_flaw() -> None:
    marks = test_a_flaw_is_found_and_told.pytestmark  # type: ignore[attr-defined]
    cases = next(mark.args[1] for mark in marks if mark.name == "parametrize")
    tried = {case[0] for case in cases}
    assert tried == set(CHECKS)


def test_scores_are_shown_batch_by_batch(lab: ModuleType) -> None:
    shown = attempt(lab, "since")
    assert {figure.id for figure in shown} == {"scores"}
    shifted, *others = shown[-1].series
    assert list(shifted.x) == list(range(1, 3 * lab.PERIOD + 3))
    assert shifted.y[-1] > 3 * shifted.y[lab.PERIOD + 1]
    assert len(others) == 7
    assert f"batch {lab.PERIOD + 3} on, {shifted.name} is shifted" in shown[-1].says


def test_what_was_right_in_the_new_world_is_shown(lab: ModuleType) -> None:
    [figure] = attempt(lab, "learns_again")
    right, changed = figure.series
    assert len(right.y) == lab.PERIODS * lab.PERIOD
    assert right.y[-1] > right.y[0]
    assert len(changed.x) == 1
