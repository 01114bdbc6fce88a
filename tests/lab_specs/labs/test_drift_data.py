"""The worlds of the drift lab: repeatable, and with the margins that the brief quotes."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lab_specs.labs.drift.data import (
    BATCH,
    MEASURES,
    PERIOD,
    REFERENCE,
    TELLING,
    USUAL,
    Traffic,
    World,
    creeping,
)
from tests.lab_specs.labs.drift_oracle import gaps

ROOT = Path(__file__).parents[3]


def period(world: World, traffic: Traffic = USUAL, batches: int = PERIOD) -> np.ndarray:
    return np.array([row for _ in range(batches) for row in world.batch(traffic)[0]])


def test_a_reference_is_what_the_brief_says() -> None:
    page = World(1).reference()
    assert page["period"] == PERIOD
    assert sorted(page["features"]) == sorted(MEASURES)
    assert np.shape(page["rows"]) == (REFERENCE, len(MEASURES))
    assert set(page["labels"]) == {0, 1}
    assert json.loads(json.dumps(page)) == page


def test_no_name_stands_at_its_alphabetical_place() -> None:
    for seed in range(20):
        names = World(seed).features
        assert not any(a == b for a, b in zip(names, sorted(names), strict=True))


def test_the_same_seed_and_part_give_the_same_stream() -> None:
    one, again, other = World(1, 2), World(1, 2), World(1, 3)
    assert one.reference() == again.reference() != other.reference()
    assert one.batch() == again.batch()


@pytest.mark.parametrize("seed", range(5))
def test_usual_traffic_is_near_and_each_kind_of_drift_is_far(seed: int) -> None:
    world = World(seed)
    reference = np.array(world.reference()["rows"])
    assert gaps(reference, period(world)).max() < 0.1
    shifted, stuck = world.features[0], world.features[7]
    drifted = gaps(reference, period(world, Traffic(shift={shifted: 1.5}, stuck=[stuck])))
    assert drifted[[0, 7]].min() > 0.4
    assert drifted[1:7].max() < 0.1


@pytest.mark.parametrize("seed", range(5))
def test_a_season_is_near_as_a_whole_and_far_in_its_worst_batch(seed: int) -> None:
    world = World(seed, season=1.5)
    reference = np.array(world.reference()["rows"])
    assert gaps(reference, period(world)).max() < 0.1
    assert max(gaps(reference, period(world, batches=1)).max() for _ in range(PERIOD)) > 0.4


def test_a_creeping_drift_begins_at_nothing() -> None:
    assert creeping("area", 0.0).shift == {"area": 0.0}
    assert creeping("area", 0.5).shift["area"] * 2 == creeping("area", 1.0).shift["area"]


def test_label_shift_changes_the_mixture_and_the_new_world_does_not() -> None:
    world = World(1)
    usual, fewer = (
        np.mean(world.batch(traffic, 1000)[1]) for traffic in (USUAL, Traffic({}, benign=0.15))
    )
    assert abs(usual - 0.63) < 0.06
    assert abs(fewer - 0.15) < 0.06
    new = Traffic(shift=dict.fromkeys(TELLING, 2.5))
    assert abs(np.mean(world.batch(new, 1000)[1]) - usual) < 0.08


def test_a_student_gets_requests_to_try_with(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "lab_specs.labs.drift.data", "--seed", "3"]
    subprocess.run([*command, "--out", str(tmp_path / "try")], check=True, cwd=ROOT)
    pages = {path.stem: json.loads(path.read_text()) for path in (tmp_path / "try").iterdir()}
    assert set(pages) == {
        "reference", "usual", "shifted", "usual-feedback", "shifted-feedback",
    }  # fmt: skip
    assert pages["reference"] == World(3).reference()
    assert len(pages["usual"]["rows"]) == len(pages["usual-feedback"]["labels"]) == BATCH
