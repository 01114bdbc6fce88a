"""A service in memory that does what the drift lab asks, and a flaw that can be switched on.

It answers as a container would over HTTP, so the checks are tried without one.
"""

import json
import math
from collections import deque
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from lab_specs.kit import Failure, Reply

ALARM = 0.2


def gaps(reference: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Kolmogorov and Smirnov's distance of each column."""
    found = []
    for usual, now in zip(np.sort(reference.T), np.sort(seen.T), strict=True):
        places = np.concatenate([usual, now])
        shares = [np.searchsorted(x, places, "right") / len(x) for x in (usual, now)]
        found.append(np.abs(shares[0] - shares[1]).max())
    return np.array(found)


class BadRequestError(Exception):
    """A request that is refused."""

    def __init__(self, words: str, status: int = 422) -> None:
        super().__init__(words)
        self.status = status


class Oracle:
    """Stands where a `Service` stands; its process is itself."""

    def __init__(self, flaw: str = "") -> None:
        self.flaw = flaw
        self.version = 0
        self.rows_seen = 0
        self.out_of_memory = False
        self.features: list[str] = []
        self.process = self

    def look(self) -> "Oracle":
        return self

    def get(self, path: str, **_: object) -> Reply:
        return self.answer("GET", path, b"{}")

    def post(self, path: str, *, content: bytes, **_: object) -> Reply:
        return self.answer("POST", path, content)

    def answer(self, method: str, path: str, content: bytes) -> Reply:
        if self.out_of_memory:
            raise Failure(f"an answer to {method} {path}", "the connection broke")
        try:
            page = getattr(self, path[1:])(json.loads(content or b"null"))
            status = 200
        except (BadRequestError, ValueError) as error:
            status = getattr(error, "status", 422)
            page = {"detail": f"this request is bad: {error}"}
        if status != 200 and self.flaw == "takes all":
            status, page = 200, {}
        if status != 200 and self.flaw == "server error":
            status = 500
        return Reply(status, {}, json.dumps(page), f"{method} {path}")

    def reference(self, page: Any) -> object:
        if self.flaw == "forgets":
            self.features = []
        names, rows = page.get("features"), self.read(page, len(page.get("features") or []))
        labels = self.labels(page, rows)
        self.features, self.period = names, page["period"]
        self.batches = 0
        self.renew(rows, labels)
        return {"version": self.version}

    def renew(self, rows: np.ndarray, labels: np.ndarray) -> None:
        model = make_pipeline(StandardScaler(), LogisticRegression()).fit(rows, labels)
        if self.flaw != "old model" or self.batches == 0:
            self.model = model
        if self.flaw != "old reference" or self.batches == 0:
            self.usual = np.column_stack([rows, self.model.predict(rows)])
        self.window: deque[np.ndarray] = deque(maxlen=1 if self.flaw == "batch" else self.period)
        self.scores = np.zeros(len(self.features) + 1)
        self.since: int | None = None
        self.labelled: list[tuple[np.ndarray, np.ndarray]] = []
        self.version += self.flaw != "version stays" or self.version == 0

    def predict(self, page: Any) -> object:
        self.demand_taught()
        if self.flaw == "counts first":
            self.batches += 1
        rows = self.read(page, len(self.features))
        scaled = rows - rows.mean(axis=0) if self.flaw == "company" else rows
        labels = self.model.predict(scaled)
        if self.flaw == "constant":
            labels = labels * 0
        self.batches += self.flaw != "counts first"
        self.watch(np.column_stack([rows, labels])[:: -(-len(rows) // 500)])
        self.rows_seen += len(rows)
        self.out_of_memory = self.flaw == "hoards" and self.rows_seen > 7_000
        return {"predictions": labels.tolist(), "version": self.version}

    def watch(self, batch: np.ndarray) -> None:
        self.window.append(batch)
        if len(self.window) < (self.window.maxlen or 0):
            return
        seen = np.concatenate(self.window)
        self.scores = gaps(self.usual, seen)
        if self.flaw == "means":
            self.scores[:-1] = (np.abs(seen.mean(0) - self.usual.mean(0)) / self.usual.std(0))[:-1]
        if self.flaw == "blind to labels":
            self.scores[-1] = 0
        if self.flaw == "follows" and self.scores.max() < ALARM and not self.batches % self.period:
            self.usual = seen
        if self.flaw == "nervous":
            self.scores[0] = 1
        alarm = self.scores.max() > ALARM or (self.flaw == "for ever" and self.since is not None)
        began = self.batches if self.flaw == "moves on" else self.since or self.batches
        self.since = began if alarm else None

    def feedback(self, page: Any) -> object:
        self.demand_taught()
        rows = self.read(page, len(self.features))
        labels = self.labels(page, rows)
        early = self.flaw == "at once"
        if self.since is None and self.flaw != "always learns":
            self.labelled = self.labelled[-self.period :] if early else []
        self.labelled.append((rows, labels))
        due = self.since is not None if early else len(self.labelled) == self.period
        if due and self.flaw != "never learns" and (self.since or self.flaw == "always learns"):
            self.renew(*(np.concatenate(part) for part in zip(*self.labelled, strict=True)))
        return {"version": self.version}

    def drift(self, _: object) -> object:
        self.demand_taught()
        told = [{"score": float(s), "drift": bool(s > ALARM)} for s in self.scores]
        names = sorted(self.features) if self.flaw == "sorted" else self.features
        return {
            "version": self.version,
            "batches": self.batches,
            "drift": self.since is not None,
            "since": self.since,
            "features": dict(zip(names, told[:-1], strict=True)),
            "predictions": told[-1],
        }

    def demand_taught(self) -> None:
        if not self.features:
            raise BadRequestError("send a reference first", 409)

    def read(self, page: Any, width: int) -> np.ndarray:
        rows = page.get("rows") if isinstance(page, dict) else None
        numbers = [value for row in rows or [] for value in row]
        finite = self.flaw == "not finite" or all(
            type(value) is float and math.isfinite(value) for value in numbers
        )
        if not rows or not width or not finite or any(len(row) != width for row in rows):
            raise BadRequestError("rows of finite numbers are needed")
        return np.nan_to_num(np.array(rows, dtype=float))

    def labels(self, page: Any, rows: np.ndarray) -> np.ndarray:
        labels = page.get("labels") or []
        if len(labels) != len(rows) or not all(type(label) is int for label in labels):
            raise BadRequestError("one label per row is needed")
        return np.array(labels)
