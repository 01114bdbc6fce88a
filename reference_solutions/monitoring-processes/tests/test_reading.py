"""Requests are checked as a whole before a model sees them."""

import numpy as np
import pytest
from werkzeug.exceptions import BadRequest

from app import read_rows
from train import corrupted


def test_a_good_request_is_an_array() -> None:
    assert read_rows({"instances": [[1] * 64, [2.5] * 64]}).shape == (2, 64)


@pytest.mark.parametrize(
    "bad",
    [None, {}, {"instances": []}, {"instances": [[1] * 63]}, {"instances": [[True] * 64]}],
)
def test_a_bad_request_is_refused(bad: object) -> None:
    with pytest.raises(BadRequest):
        read_rows(bad)


def test_corrupted_pictures_keep_their_range() -> None:
    rows = corrupted(np.full((3, 8, 8), 16.0), np.random.default_rng(0))
    assert rows.shape == (3, 64)
    assert 0 <= rows.min() and rows.max() <= 16
