"""How the checks speak to a service, and the form that they demand of its answers."""

import functools
import json
from collections.abc import Callable
from typing import Any

import numpy as np

from lab_specs.digits import digits
from lab_specs.kit import Reply, Service, expect

PREDICT = "/predict"
JSON = {"Content-Type": "application/json"}
HIDDEN = 1000  # digits
BATCH = 100  # digits: the brief promises that no good request holds more

Row = list[float]
Launch = Callable[[], Service]


@functools.cache
def hidden_digits(seed: int) -> tuple[list[Row], list[int]]:
    """Hidden digits as rows of 64 numbers, and their labels."""
    x, y = digits(seed, HIDDEN, "hidden")
    return np.round(x.astype(float), 2).tolist(), y.tolist()


def body(rows: Any) -> bytes:  # noqa: ANN401 - bad requests hold anything
    """A request as bytes; numbers that are not finite become `NaN` and `Infinity`."""
    return json.dumps({"instances": rows}).encode()


def predict(service: Service, rows: list[Row]) -> list[int]:
    """The labels that the service gives. Raises `Failure` unless they have the agreed form."""
    return labels_of(service.post(PREDICT, content=body(rows), headers=JSON, seconds=30), rows)


def labels_of(reply: Reply, rows: list[Row]) -> list[int]:
    """The labels in an answer. Raises `Failure` unless it has the agreed form."""
    expect(
        reply.status == 200,
        expected=f"status 200 for a good request of {len(rows)} digits",
        actual=f"status {reply.status}: {reply.text[:300]}",
        hint="Send the example request of the brief to your service and read its log.",
    )
    answer = reply.json()
    labels = answer.get("predictions") if isinstance(answer, dict) else None
    good = isinstance(labels, list) and all(type(label) is int for label in labels)
    expect(
        good,
        expected='a JSON object {"predictions": [labels]} in which every label is an integer',
        actual=reply.text[:300],
        hint="Convert tensors and arrays to plain integers, for instance with tolist().",
    )
    expect(
        len(labels) == len(rows),
        expected=f"{len(rows)} labels for {len(rows)} digits",
        actual=f"{len(labels)} labels: {str(labels)[:200]}",
        hint="Predict for every row in `instances`, not for the first alone.",
    )
    return list(labels)


def standing(service: Service, launch: Launch) -> Service:
    """The shared service; a fresh copy where an earlier check has ended it."""
    return service if service.process.running() else launch()
