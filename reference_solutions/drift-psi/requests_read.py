"""Reads requests by hand. Raises `BadRequest` with a sentence before anything is changed."""

from typing import Any

import numpy as np
from werkzeug.exceptions import BadRequest

LARGEST = 1e30  # beyond it, and for NaN, a number is refused


def read_rows(document: Any, width: int | None = None) -> np.ndarray:
    """The field `rows` as an array [N, width]."""
    rows = document.get("rows") if isinstance(document, dict) else None
    if not isinstance(rows, list) or not rows:
        raise BadRequest('expected {"rows": [[numbers], …]} with at least one row')
    for number, row in enumerate(rows):
        if not isinstance(row, list) or not row or len(row) != (width or len(rows[0])):
            raise BadRequest(f"row {number} must be a list with one number per feature")
        if not all(type(value) in (int, float) and abs(value) < LARGEST for value in row):
            raise BadRequest(f"row {number} holds a value that is not a finite number")
    return np.array(rows, dtype=float)


def read_labels(document: Any, count: int) -> np.ndarray:
    """The field `labels` as an array [count]."""
    labels = document.get("labels")
    if not isinstance(labels, list) or not all(type(label) is int for label in labels):
        raise BadRequest("labels must be a list of whole numbers")
    if len(labels) != count:
        raise BadRequest(f"{count} rows need as many labels, not {len(labels)}")
    return np.array(labels)


def read_features(document: Any, count: int) -> list[str]:
    """The field `features`: one name per column."""
    names = document.get("features")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise BadRequest("features must be a list of names")
    if len(set(names)) != count or len(names) != count:
        raise BadRequest(f"rows with {count} numbers need {count} different names of features")
    return names


def read_period(document: Any) -> int:
    """The field `period`: batches of one season."""
    period = document.get("period")
    if type(period) is not int or not 1 <= period <= 100:
        raise BadRequest("period must be a whole number from 1 to 100")
    return period
