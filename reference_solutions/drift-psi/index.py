"""The population stability index of each feature and of the predictions."""

from collections import deque

import numpy as np

BINS = 10
ALARM = 0.25  # an index above it is drift; usual traffic stays below 0.1
EMPTY = 1e-3  # the share that an empty bin is taken to have


class Index:
    """Counts per bin of the reference and of the last batches. Rows themselves are not kept."""

    def __init__(self, rows: np.ndarray, predictions: np.ndarray, period: int) -> None:
        self._edges = np.quantile(rows, np.linspace(0, 1, BINS + 1)[1:-1], axis=0).T
        self._labels = np.unique(predictions)
        self._usual = self._counts(rows, predictions)
        self._window: deque[list[np.ndarray]] = deque(maxlen=period)
        self.batches = 0
        self.since: int | None = None
        self.scores = [0.0] * (rows.shape[1] + 1)  # the last one belongs to the predictions

    def add(self, rows: np.ndarray, predictions: np.ndarray) -> None:
        """Count one batch. A season is judged as a whole, so the first one is not judged."""
        self._window.append(self._counts(rows, predictions))
        self.batches += 1
        if len(self._window) < self._window.maxlen:
            return
        seen = [sum(counts) for counts in zip(*self._window)]
        self.scores = [stability(a, b) for a, b in zip(self._usual, seen)]
        drifted = max(self.scores) > ALARM
        self.since = (self.since or self.batches) if drifted else None

    def _counts(self, rows: np.ndarray, predictions: np.ndarray) -> list[np.ndarray]:
        features = [
            np.bincount(np.searchsorted(edges, column), minlength=BINS)
            for edges, column in zip(self._edges, rows.T)
        ]
        return [*features, np.array([np.sum(predictions == label) for label in self._labels])]


def stability(usual: np.ndarray, seen: np.ndarray) -> float:
    """The index of two sets of counts: 0 when their shares are equal."""
    p = np.maximum(usual / usual.sum(), EMPTY)
    q = np.maximum(seen / seen.sum(), EMPTY)
    return float(np.sum((q - p) * np.log(q / p)))
