import json
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import pytest
from sklearn.datasets import load_digits

from digit_classifier.network import Network, load
from digit_classifier.training import train


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    x, y = load_digits(return_X_y=True)
    path = tmp_path_factory.mktemp("data") / "train.npz"
    np.savez(path, x=x[:300].astype(np.float32), y=y[:300].astype(np.int64))
    return path


@pytest.fixture
def trained(data: Path, tmp_path: Path) -> Path:
    train(data, tmp_path, seed=1, max_epochs=3)
    return tmp_path


def test_it_learns_and_records_each_epoch(trained: Path) -> None:
    lines = [json.loads(line) for line in (trained / "metrics.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [1, 2, 3]
    assert lines[-1]["train_loss"] < lines[0]["train_loss"]
    x, y = load_digits(return_X_y=True)
    assert np.mean(load(trained / "model.npz").answers(x[300:600]) == y[300:600]) > 0.8


def test_the_seed_decides_everything(data: Path, tmp_path: Path) -> None:
    weights = {}
    for name, seed in [("one", 1), ("again", 1), ("other", 2)]:
        out = tmp_path / name
        out.mkdir()
        train(data, out, seed=seed, max_epochs=2)
        weights[name] = np.concatenate([each.ravel() for each in load(out / "model.npz").weights])
    np.testing.assert_array_equal(weights["one"], weights["again"])
    assert not np.array_equal(weights["one"], weights["other"])


def test_a_saved_network_comes_back_whole(tmp_path: Path) -> None:
    network = Network([np.ones((64, 3)), np.eye(3)], [np.zeros(3), np.arange(3.0)])
    network.save(tmp_path / "model.npz")
    loaded = load(tmp_path / "model.npz")
    assert [path.name for path in tmp_path.iterdir()] == ["model.npz"]
    for mine, theirs in zip(network.weights, loaded.weights, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    for mine, theirs in zip(network.biases, loaded.biases, strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_cut_model_is_refused(trained: Path, share: float) -> None:
    path = trained / "model.npz"
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises((BadZipFile, EOFError, ValueError)):
        load(path)
