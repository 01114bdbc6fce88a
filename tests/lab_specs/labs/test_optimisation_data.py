"""The generator of the optimisation lab: the same seed, the same images."""

import json
from pathlib import Path

import numpy as np

from lab_specs.labs.optimisation.data import HIDDEN, REQUEST, hidden, request, write


def test_hidden_images_follow_from_the_seed() -> None:
    (x, y), (again, _), (other, _) = hidden(1), hidden(1), hidden(2)
    assert (x.shape, y.shape) == ((HIDDEN, 64), (HIDDEN,))
    assert (x == again).all()
    assert (x != other).any()
    assert 0 <= x.min() <= x.max() <= 16


def test_a_request_holds_what_was_measured() -> None:
    x = hidden(1)[0][:3]
    rows = json.loads(request(x))["images"]
    assert (np.array(rows, dtype=np.float32) == x).all()


def test_files_to_try_with_fit_together(tmp_path: Path) -> None:
    write(3, tmp_path)
    rows = json.loads((tmp_path / "request.json").read_text())["images"]
    labels = json.loads((tmp_path / "labels.json").read_text())
    with np.load(tmp_path / "hidden.npz") as kept:
        assert (kept["x"][:REQUEST] == np.array(rows, dtype=np.float32)).all()
        assert kept["y"][:REQUEST].tolist() == labels
    with np.load(tmp_path / "train.npz") as kept:
        assert kept["x"].shape == (1347, 64)
