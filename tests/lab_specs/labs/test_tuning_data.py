"""The data of the tuning lab, and the network that nobody tuned."""

import io
import json
from pathlib import Path

import numpy as np

from lab_specs.labs.tuning import data


def test_the_parts_are_what_the_brief_says() -> None:
    x, y = data.training(1)
    assert (x.shape, x.dtype, y.shape, y.dtype) == ((1347, 64), np.float32, (1347,), np.int64)
    hidden_x, hidden_y = data.hidden(1)
    assert (hidden_x.shape, hidden_y.shape) == ((data.HIDDEN, 64), (data.HIDDEN,))
    assert not {row.tobytes() for row in x} & {row.tobytes() for row in hidden_x}
    assert not np.array_equal(data.training(2)[0], x)


def test_the_untuned_network_is_where_the_brief_says() -> None:
    right = data.untuned(1, 12)
    assert right == data.untuned(1, 12)
    assert 0.50 < right < 0.60


def test_a_student_gets_data_to_tune_and_try_with(tmp_path: Path) -> None:
    data.write(3, tmp_path / "try")
    with np.load(tmp_path / "try" / "inputs.npz", allow_pickle=False) as arrays:
        assert set(arrays) == {"x"}  # the answers lie in a file of their own
        np.testing.assert_array_equal(arrays["x"], data.hidden(3)[0])
    labels = json.loads((tmp_path / "try" / "labels.json").read_text())
    assert labels == data.hidden(3)[1].tolist()
    packed = (tmp_path / "try" / "train.npz").read_bytes()
    with np.load(io.BytesIO(packed), allow_pickle=False) as arrays:
        np.testing.assert_array_equal(arrays["y"], data.training(3)[1])
