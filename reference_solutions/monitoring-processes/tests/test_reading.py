"""Requests are checked as a whole before a model sees them."""

import pytest
from werkzeug.exceptions import BadRequest

from train import corrupted

import numpy as np


def test_a_good_request_is_an_array() -> None:
    from app import read_rows

    assert read_rows({"instances": [[1] * 64, [2.5] * 64]}).shape == (2, 64)


@pytest.mark.parametrize("bad", [None, {}, {"instances": []}, {"instances": [[1] * 63]}, {"instances": [[True] * 64]}])
def test_a_bad_request_is_refused(bad: object) -> None:
    from app import read_rows

    with pytest.raises(BadRequest):
        read_rows(bad)


def test_corrupted_pictures_keep_their_range() -> None:
    rows = corrupted(np.full((3, 8, 8), 16.0), np.random.default_rng(0))
    assert rows.shape == (3, 64)
    assert 0 <= rows.min() and rows.max() <= 16
