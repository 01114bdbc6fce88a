"""The model in use with its monitor, and what happens when the world has changed."""

import torch
from torch import Tensor

from drift_service.messages import Batch, Feedback, Reference, demand_width
from drift_service.model import Classifier
from drift_service.monitor import ALARM, Monitor


class NotTaughtError(Exception):
    """Nobody has sent a reference yet."""


class Learner:
    """Predicts, watches, and learns again once per drift. One caller at a time."""

    def __init__(self) -> None:
        self.version = 0
        self._features: list[str] = []

    def learn(self, reference: Reference) -> int:
        """Forget everything, and start anew from a reference; the new version."""
        self._features, self._period = reference.features, reference.period
        self._renew(table(reference.rows), torch.tensor(reference.labels), batches=0)
        return self.version

    def predict(self, batch: Batch) -> list[int]:
        """One label per row. The batch counts as traffic."""
        self._demand_rows(batch)
        rows = table(batch.rows)
        predictions = self._model.predict(rows)
        self._monitor.add(rows, predictions)
        return predictions.tolist()

    def take_feedback(self, feedback: Feedback) -> int:
        """Keep labels of drifted traffic; learn from a whole season of them. The version.

        What came before the alarm belongs to the old world, and would teach the old again.
        """
        self._demand_rows(feedback)
        if not self._monitor.has_drift:
            self._labelled.clear()
            return self.version
        self._labelled.append((table(feedback.rows), torch.tensor(feedback.labels)))
        if len(self._labelled) == self._period:
            rows, labels = (torch.cat(parts) for parts in zip(*self._labelled, strict=True))
            self._renew(rows, labels, batches=self._monitor.batches)
        return self.version

    def report(self) -> dict[str, object]:
        """What `GET /drift` answers."""
        if not self._features:
            raise NotTaughtError
        monitor = self._monitor
        scores = zip(self._features, monitor.feature_scores, strict=True)
        return {
            "version": self.version,
            "batches": monitor.batches,
            "drift": monitor.has_drift,
            "since": monitor.since,
            "features": {name: told(score) for name, score in scores},
            "predictions": told(monitor.prediction_score),
        }

    def _renew(self, rows: Tensor, labels: Tensor, *, batches: int) -> None:
        """Another model, and with it another idea of what is usual."""
        self._model = Classifier.fit(rows, labels)
        predictions = self._model.predict(rows)
        self._monitor = Monitor(rows, predictions, self._period, batches=batches)
        self._labelled: list[tuple[Tensor, Tensor]] = []
        self.version += 1

    def _demand_rows(self, batch: Batch) -> None:
        if not self._features:
            raise NotTaughtError
        demand_width(batch.rows, len(self._features))


def table(rows: list[list[float]]) -> Tensor:
    """Rows as float32 [N, features]."""
    return torch.tensor(rows, dtype=torch.float32)


def told(score: float) -> dict[str, object]:
    """One score, and whether it is too high."""
    return {"score": score, "drift": score > ALARM}
