"""What the page of a training shows, whatever its record holds."""

import math
from collections.abc import Iterator
from types import ModuleType

import numpy as np
import pytest

from lab_specs.labs.training.reading import Epoch
from tests.lab_specs.labs.judged import judged


@pytest.fixture(scope="module")
def curves() -> Iterator[ModuleType]:
    with judged("training", "curves") as module:
        yield module


def test_a_loss_that_is_not_finite_leaves_a_gap(curves: ModuleType) -> None:
    epochs = [Epoch(1, 2.5, math.inf, 0.1), Epoch(2, math.nan, 1.5, 0.5), Epoch(3, 1, 1, 0.75)]
    train, kept = curves.losses(epochs).series
    assert (train.x, train.y) == ((1, 3), (2.5, 1))
    assert (kept.x, kept.y) == ((2, 3), (1.5, 1))


@pytest.mark.parametrize(("count", "ends"), [(1, (1,)), (4, (1, 4))])
def test_what_was_measured_stands_beside_what_was_recorded(
    curves: ModuleType, count: int, ends: tuple[int, ...]
) -> None:
    epochs = [Epoch(number, 1, 1, number / 10) for number in range(1, count + 1)]
    assert len(curves.accuracies(epochs).series) == 1
    recorded, measured = curves.accuracies(epochs, 0.7).series
    assert recorded.y[-1] == count / 10
    assert (measured.x, measured.y) == (ends, (0.7,) * len(ends))


def test_digits_are_counted_both_ways(curves: ModuleType) -> None:
    truth = np.array([0, 0, 1, 1, 2])
    found, trusted = curves.digit_by_digit(np.array([0, 1, 1, 1, 1]), truth).series
    assert (found.x, found.y) == ((0, 1, 2), (0.5, 1, 0))
    assert (trusted.x, trusted.y) == ((0, 1), (1, 0.5))
