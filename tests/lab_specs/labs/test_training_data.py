"""The data of the training lab: deterministic, learnable, and without a leak."""

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lab_specs.digits import digits
from lab_specs.labs.training import data
from lab_specs.labs.training.reading import read_labels

ROOT = Path(__file__).parents[3]


def load(content: bytes) -> dict[str, np.ndarray]:
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return dict(arrays)


def test_the_training_part_is_what_the_brief_says() -> None:
    x, y = data.training(1)
    assert (x.shape, x.dtype) == ((1347, 64), np.float32)
    assert (y.shape, y.dtype) == ((1347,), np.int64)
    assert x.min() >= 0
    assert x.max() <= 16
    assert set(y) == set(range(10))


def test_the_same_seed_draws_the_same_and_another_draws_others() -> None:
    for draw in (data.training, data.hidden):
        one, again, other = draw(1), draw(1), draw(2)
        np.testing.assert_array_equal(one[0], again[0])
        np.testing.assert_array_equal(one[1], again[1])
        assert not np.array_equal(one[0], other[0])


def test_the_hidden_images_are_a_part_of_their_own() -> None:
    x, y = data.hidden(1)
    assert x.shape == (data.HIDDEN, 64)
    expected_x, expected_y = digits(1, data.HIDDEN, "hidden")
    np.testing.assert_array_equal(x, expected_x)
    np.testing.assert_array_equal(y, expected_y)
    seen = {row.tobytes() for row in data.training(1)[0]}
    assert not any(row.tobytes() in seen for row in x)


@pytest.mark.parametrize("seed", [0, 1, 8, 9, 20_240_923, 2**63])
def test_renaming_leaves_no_class_its_name_and_mixes_no_two(seed: int) -> None:
    classes = np.arange(10)
    names = data.renamed(classes, seed)
    assert not np.any(names == classes)
    assert sorted(names) == list(classes)
    assert names.dtype == np.int64


def test_a_packed_file_needs_no_pickle() -> None:
    x, y = data.training(1)
    arrays = load(data.packed(x=x, y=y))
    assert set(arrays) == {"x", "y"}
    np.testing.assert_array_equal(arrays["x"], x)
    np.testing.assert_array_equal(arrays["y"], y)


def test_a_student_gets_data_to_train_and_try_with(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "lab_specs.labs.training.data"]
    subprocess.run([*command, "--seed", "3", "--out", str(tmp_path / "try")], check=True, cwd=ROOT)
    folder = tmp_path / "try"
    train = load((folder / "train.npz").read_bytes())
    np.testing.assert_array_equal(train["x"], data.training(3)[0])
    np.testing.assert_array_equal(train["y"], data.training(3)[1])
    inputs = load((folder / "inputs.npz").read_bytes())
    assert set(inputs) == {"x"}  # the answers lie in a file of their own
    np.testing.assert_array_equal(inputs["x"], data.hidden(3)[0])
    answers = read_labels((folder / "labels.csv").read_bytes(), data.HIDDEN)
    np.testing.assert_array_equal(answers, data.hidden(3)[1])
