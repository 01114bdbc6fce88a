"""Scores: small for the same, large for another, and never a thing of batch sizes."""

import torch
from conftest import PERIOD, draw

from drift_service.monitor import ALARM, MOST_KEPT, Monitor, distances, share_moved


def monitor() -> Monitor:
    rows, labels = draw(800, seed=0)
    return Monitor(rows, labels, PERIOD)


def test_the_distance_is_none_of_the_same_and_one_of_all_others() -> None:
    rows, _ = draw(300, seed=1)
    assert distances(rows, rows) == [0.0] * 3
    assert distances(rows, rows + 100) == [1.0] * 3


def test_a_feature_that_is_stuck_at_its_median_is_half_away() -> None:
    rows, _ = draw(301, seed=1)
    assert abs(distances(rows, rows.median(dim=0).values.expand(50, 3))[0] - 0.5) < 0.01


def test_the_share_that_moved() -> None:
    assert share_moved(torch.tensor([0, 0, 1, 1]), torch.tensor([0, 1, 1, 1])) == 0.25
    assert share_moved(torch.tensor([0, 0]), torch.tensor([7, 7])) == 1.0


def test_an_alarm_begins_once_and_ends() -> None:
    watch = monitor()
    seen = []
    for number in range(4 * PERIOD):
        shifted = PERIOD <= number < 2 * PERIOD
        watch.add(*draw(200, seed=number + 1, shift=3.0 * shifted))
        seen.append(watch.since)
    began = next(since for since in seen if since)
    assert set(seen) == {None, began}
    assert seen[began - 1] == began > PERIOD
    assert seen[-1] is None


def test_large_batches_leave_no_more_than_a_sample() -> None:
    watch = monitor()
    for number in range(3 * PERIOD):
        watch.add(*draw(10_000, seed=number + 1))
    kept = sum(len(rows) for rows, _ in watch._window)
    assert kept <= PERIOD * MOST_KEPT
    assert max(watch.feature_scores) < ALARM
