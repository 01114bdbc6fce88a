"""Holds the last season of traffic against the reference, feature by feature."""

from collections import deque

import torch
from torch import Tensor

ALARM = 0.2  # a score above it is drift; usual traffic stays below 0.1, a shift goes above 0.4
MOST_KEPT = 500  # rows of one batch that are remembered


class Monitor:
    """Scores of the last `period` batches, and since when they have been too high."""

    def __init__(self, rows: Tensor, predictions: Tensor, period: int, *, batches: int = 0) -> None:
        self._rows, self._predictions = rows, predictions
        # Traffic may have seasons. Only whole ones can be held against the reference.
        self._window: deque[tuple[Tensor, Tensor]] = deque(maxlen=period)
        self.batches = batches
        self.since: int | None = None
        self.feature_scores = [0.0] * rows.shape[1]
        self.prediction_score = 0.0

    def add(self, rows: Tensor, predictions: Tensor) -> None:
        """Take one batch of traffic into account. However large it is, few rows are kept."""
        step = -(-len(rows) // MOST_KEPT)
        self._window.append((rows[::step].clone(), predictions[::step].clone()))
        self.batches += 1
        if len(self._window) < self._window.maxlen:
            return
        seen, predicted = (torch.cat(parts) for parts in zip(*self._window, strict=True))
        self.feature_scores = distances(self._rows, seen)
        self.prediction_score = share_moved(self._predictions, predicted)
        if not self.has_drift:
            self.since = None
        elif self.since is None:
            self.since = self.batches

    @property
    def has_drift(self) -> bool:
        """Whether any score is too high."""
        return max(*self.feature_scores, self.prediction_score) > ALARM


def distances(reference: Tensor, seen: Tensor) -> list[float]:
    """Kolmogorov and Smirnov's distance of each column, from 0 to 1."""
    first, second = reference.T.contiguous(), seen.T.contiguous()
    places = torch.cat([first, second], dim=1)
    return (below(first, places) - below(second, places)).abs().amax(dim=1).tolist()


def below(values: Tensor, places: Tensor) -> Tensor:
    """For each row the share of `values` [D, N] that is not above each of `places` [D, M]."""
    ordered = values.sort(dim=1).values
    return torch.searchsorted(ordered, places, right=True) / values.shape[1]


def share_moved(reference: Tensor, seen: Tensor) -> float:
    """The share of labels that would have to change for both to have the same mixture."""
    labels = torch.cat([reference, seen]).unique()
    return (
        sum(
            abs(float((reference == label).float().mean() - (seen == label).float().mean()))
            for label in labels
        )
        / 2
    )
