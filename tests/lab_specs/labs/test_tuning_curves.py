"""What the page of a search shows."""

from collections.abc import Iterator
from types import ModuleType

import pytest

from lab_specs.labs.tuning.reading import Trial
from tests.lab_specs.labs.judged import judged

TRIALS = [
    Trial(0, "pruned", 0.9, 2, "one", {"a": 0}),
    Trial(1, "complete", 0.5, 12, "one", {"a": 1}),
    Trial(2, "complete", 0.4, 12, "one", {"a": 2}),
    Trial(3, "complete", 0.75, 12, "one", {"a": 3}),
]


@pytest.fixture(scope="module")
def curves() -> Iterator[ModuleType]:
    with judged("tuning", "curves") as module:
        yield module


def test_pruned_trials_stand_apart(curves: ModuleType) -> None:
    complete, pruned = curves.values(TRIALS).series
    assert (complete.name, complete.x, complete.y) == ("complete", (1, 2, 3), (0.5, 0.4, 0.75))
    assert (pruned.name, pruned.x, pruned.y) == ("pruned", (0,), (0.9,))


def test_the_best_so_far_is_a_complete_one(curves: ModuleType) -> None:
    [best] = curves.progress(TRIALS).series
    assert (best.x, best.y) == ((14, 26, 38), (0.5, 0.5, 0.75))


def test_each_trial_is_a_line(curves: ModuleType) -> None:
    figure = curves.learning({number: [0.1, 0.2][: 1 + number % 2] for number in range(30)})
    assert [series.name for series in figure.series] == [f"trial {n}" for n in range(12)]
    assert (figure.series[1].x, figure.series[1].y) == ((1, 2), (0.1, 0.2))
