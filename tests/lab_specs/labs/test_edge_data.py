"""The data of the edge lab."""

import io
import json
from pathlib import Path

import numpy as np

from lab_specs.labs.edge import data


def test_the_parts_are_what_the_brief_says() -> None:
    x, y = data.training(1)
    assert (x.shape, x.dtype, y.shape, y.dtype) == ((4_000, 64), np.float32, (4_000,), np.int64)
    hidden_x, hidden_y = data.hidden(1)
    assert (hidden_x.shape, hidden_y.shape) == ((2_000, 64), (2_000,))
    assert not {row.tobytes() for row in x} & {row.tobytes() for row in hidden_x}


def test_a_student_gets_data_to_build_and_try_with(tmp_path: Path) -> None:
    data.write(3, tmp_path / "try")
    there = tmp_path / "try"
    hidden_x, hidden_y = data.hidden(3)
    np.testing.assert_array_equal(np.load(there / "inputs.npy", allow_pickle=False), hidden_x)
    assert json.loads((there / "labels.json").read_text()) == hidden_y.tolist()
    with np.load(io.BytesIO((there / "train.npz").read_bytes()), allow_pickle=False) as arrays:
        assert set(arrays) == {"x", "y"}
        np.testing.assert_array_equal(arrays["y"], data.training(3)[1])
