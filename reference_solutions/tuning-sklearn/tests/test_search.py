import json
from pathlib import Path

import pytest

from tuner.database import Database
from tuner.search import promising, propose


def test_the_first_at_a_milestone_goes_on() -> None:
    assert promising(0.1, [])


@pytest.mark.parametrize(
    ("value", "goes_on"), [(0.9, True), (0.55, True), (0.45, False), (0.1, False)]
)
def test_the_better_third_goes_on(value: float, goes_on: bool) -> None:
    assert promising(value, [0.1, 0.2, 0.3, 0.5, 0.6]) is goes_on


def test_numbers_and_seeds_give_parameters_of_their_own() -> None:
    drawn = [propose(seed, number) for seed in (1, 2) for number in range(20)]
    assert len({json.dumps(one) for one in drawn}) == len(drawn)
    assert propose(1, 3) == propose(1, 3)


def test_two_workers_see_one_study(tmp_path: Path) -> None:
    one, two = Database(tmp_path), Database(tmp_path)
    assert [one.begin("one"), two.begin("two"), one.begin("one")] == [0, 1, 2]
    assert one.add_epoch(0, 1, 0.5) == []
    assert two.add_epoch(1, 1, 0.7) == [0.5]
    one.end(0, {"a": 1}, "complete", 0.5, 0.1)
    two.end(1, {"a": 2}, "pruned", 0.7, 0.1)
    one.write_tables()
    rows = json.loads((tmp_path / "trials.json").read_text())
    assert [(row["number"], row["worker"], row["epochs"]) for row in rows] == [
        (0, "one", 1),
        (1, "two", 1),
    ]
    assert json.loads((tmp_path / "best.json").read_text())["number"] == 0
