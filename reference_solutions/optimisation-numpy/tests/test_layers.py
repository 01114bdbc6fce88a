"""Weights of eight bits, and a network that computes with them."""

from pathlib import Path

import numpy as np
import pytest

from app import load
from layers import FILE, Network, eight_bits, pruned

CHANCE = np.random.default_rng(0)
WEIGHTS = CHANCE.normal(0, 0.1, (64, 10)).astype(np.float32)
BIASES = np.zeros(10, np.float32)
ROWS = CHANCE.uniform(0, 16, (20, 64)).round(2)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    np.savez(tmp_path / FILE, w0=WEIGHTS, b0=BIASES)
    return tmp_path


def test_eight_bits_come_back_within_half_a_step() -> None:
    whole, scale = eight_bits(WEIGHTS)
    assert whole.dtype == np.int8
    assert (abs(whole * scale - WEIGHTS) <= scale / 2 + 1e-7).all()


def test_a_unit_without_weights_stays_one() -> None:
    whole, scale = eight_bits(np.zeros((3, 2), np.float32))
    assert (whole == 0).all()
    assert np.isfinite(scale).all()


def test_the_smallest_weights_go() -> None:
    left = pruned(np.array([[1.0, -0.1], [0.2, -3.0]], np.float32), 0.5)
    assert left.tolist() == [[1, 0], [0, -3]]


def test_a_file_of_eight_bits_answers_like_the_one_it_comes_from(folder: Path) -> None:
    usual = Network(folder).scores(ROWS.astype(np.float32))
    whole, scale = eight_bits(WEIGHTS)
    np.savez(folder / FILE, w0=whole, s0=scale, b0=BIASES)
    assert abs(Network(folder).scores(ROWS.astype(np.float32)) - usual).max() < 0.02


def test_the_service_scores_and_counts(folder: Path) -> None:
    client = load(str(folder)).test_client()
    scores = np.array(client.post("/predict", json={"images": ROWS.tolist()}).json["scores"])
    assert scores.sum(axis=1) == pytest.approx(1, abs=1e-4)
    assert client.get("/stats").json == {"calls": 1, "images": 20}


@pytest.mark.parametrize("said", [[], {}, {"images": []}, {"images": [[1]]}, {"images": [[True] * 64]}])
def test_a_bad_request_is_refused(folder: Path, said: object) -> None:
    client = load(str(folder)).test_client()
    assert client.post("/predict", json=said).status_code == 422
    assert client.post("/predict", data=b"seven").status_code in {400, 415}


def test_a_folder_without_a_variant_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load(str(tmp_path))
