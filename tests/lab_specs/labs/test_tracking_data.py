"""The data of the tracking lab: what is visible, what is hidden, what is broken."""

import json
from pathlib import Path

import numpy as np

from lab_specs.labs.tracking import data


def rows(x: data.Pixels) -> set[bytes]:
    return {row.tobytes() for row in x}


def test_the_parts_are_what_the_brief_says() -> None:
    x, y = data.training(1)
    assert (x.shape, x.dtype, y.shape, y.dtype) == ((1047, 64), np.float32, (1047,), np.int64)
    validation_x, validation_y = data.validation(1)
    assert (validation_x.shape, validation_y.shape) == ((300, 64), (300,))
    hidden_x, hidden_y = data.hidden(1)
    assert (hidden_x.shape, hidden_y.shape) == ((data.HIDDEN, 64), (data.HIDDEN,))
    assert not rows(x) & rows(validation_x)
    assert not rows(x) & rows(hidden_x)
    assert not np.array_equal(data.training(2)[0], x)


def test_the_earlier_part_is_an_older_state_of_the_same() -> None:
    x, _ = data.earlier(1)
    assert len(x) == data.EARLIER
    assert rows(x) < rows(data.training(1)[0])


def test_only_some_pixels_are_broken() -> None:
    (x, y), (whole, labels) = data.broken(1), data.training(1)
    lost = np.isnan(x)
    assert 0 < lost.mean() < 0.1
    np.testing.assert_array_equal(x[~lost], whole[~lost])
    np.testing.assert_array_equal(y, labels)


def test_what_is_asked_can_be_put_back_into_its_order() -> None:
    (x, y), order = data.asked(1)
    answers = y[order]  # of somebody who is always right, in the order in which it is asked
    back = np.empty_like(answers)
    back[order] = answers
    np.testing.assert_array_equal(back[: data.HIDDEN], data.hidden(1)[1])
    np.testing.assert_array_equal(back[data.HIDDEN :], data.validation(1)[1])
    np.testing.assert_array_equal(x[data.HIDDEN :], data.validation(1)[0])
    assert not np.array_equal(order, np.arange(len(y)))


def test_a_student_gets_data_to_train_and_try_with(tmp_path: Path) -> None:
    data.write(3, tmp_path / "try")
    with np.load(tmp_path / "try" / "inputs.npz", allow_pickle=False) as arrays:
        assert set(arrays) == {"x"}  # the answers lie in a file of their own
        np.testing.assert_array_equal(arrays["x"], data.hidden(3)[0])
    labels = json.loads((tmp_path / "try" / "labels.json").read_text())
    assert labels == data.hidden(3)[1].tolist()
    for name, part in {"train": data.training(3), "validation": data.validation(3)}.items():
        with np.load(tmp_path / "try" / f"{name}.npz", allow_pickle=False) as arrays:
            np.testing.assert_array_equal(arrays["x"], part[0])
            np.testing.assert_array_equal(arrays["y"], part[1])
