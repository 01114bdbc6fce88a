"""How the checks speak to a service, and the form that they demand of its answers."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from data import PERIOD, USUAL, Traffic, World

from lab_specs.kit import Reply, Service, expect

JSON = {"Content-Type": "application/json"}
PATIENCE = 20.0  # seconds for one answer, a training included
EXAMPLE = (
    '{"batches": 9, "drift": true, "since": 8, "features": {"radius": {"score": 0.41, '
    '"drift": true}, …}, "predictions": {"score": 0.02, "drift": false}, "version": 1}'
)

Row = list[float]
Version = int | str


@dataclass(frozen=True)
class Drift:
    """What `GET /drift` said."""

    batches: int
    drift: bool
    since: int | None
    scores: dict[str, float]
    named: frozenset[str]  # the features that have drifted
    predictions: bool
    version: Version

    @property
    def silent(self) -> bool:
        """Whether nothing at all is reported."""
        return not (self.drift or self.named or self.predictions) and self.since is None

    def __str__(self) -> str:
        names = ", ".join(sorted(self.named)) or "none"
        return (
            f"drift {json.dumps(self.drift)} since {self.since}, features: {names}, "
            f"predictions: {json.dumps(self.predictions)}"
        )


def body(**fields: Any) -> bytes:  # noqa: ANN401 - bad requests hold anything
    """A request as bytes; numbers that are not finite become `NaN` and `Infinity`."""
    return json.dumps(fields).encode()


def post(service: Service, path: str, **fields: Any) -> Any:  # noqa: ANN401 - any JSON value
    """The JSON object that answers a good request. Raises `Failure` when there is none."""
    reply = service.post(path, content=body(**fields), headers=JSON, seconds=PATIENCE)
    return document(reply)


def document(reply: Reply) -> Any:  # noqa: ANN401 - any JSON value
    """The JSON object of an answer 200. Raises `Failure` when there is none."""
    expect(
        reply.status == 200,
        expected=f"status 200 for {reply.request} with a good request",
        actual=f"status {reply.status}: {reply.text[:300]}",
        hint="Send the examples of the brief to your service and read its log.",
    )
    answer = reply.json()
    expect(
        isinstance(answer, dict),
        expected=f"a JSON object in answer to {reply.request}",
        actual=reply.text[:200],
        hint="The brief shows each answer.",
    )
    return answer


def teach(service: Service, world: World) -> Version:
    """Send the reference of a world; the version that learnt from it."""
    return version_of(post(service, "/reference", **world.reference()), "/reference")


def predict(service: Service, rows: list[Row]) -> tuple[list[int], Version]:
    """The labels of a batch, and the version that gave them."""
    answer = post(service, "/predict", rows=rows)
    labels = answer.get("predictions")
    expect(
        isinstance(labels, list) and all(type(label) is int for label in labels),
        expected='{"predictions": [labels], "version": …} in which every label is an integer',
        actual=str(answer)[:300],
        hint="Convert tensors and arrays to plain integers, for instance with tolist().",
    )
    expect(
        len(labels) == len(rows),
        expected=f"{len(rows)} labels for {len(rows)} rows",
        actual=f"{len(labels)} labels",
        hint="Predict for every row of the batch, in its order.",
    )
    return labels, version_of(answer, "/predict")


def feed(service: Service, rows: list[Row], labels: list[int]) -> Version:
    """Send the true labels of earlier rows; the version that is in use then."""
    return version_of(post(service, "/feedback", rows=rows, labels=labels), "/feedback")


def version_of(answer: dict[str, Any], path: str) -> Version:
    """The field `version` of an answer."""
    version = answer.get("version")
    expect(
        type(version) in (int, str),
        expected=f"a field `version` in the answer of {path}, a whole number or a text",
        actual=str(answer)[:300],
        hint="Number your models: 1 after the first reference, another after each training.",
    )
    return version


def look(service: Service, world: World) -> Drift:
    """What the service reports. Raises `Failure` unless it has the agreed form."""
    answer = document(service.get("/drift", seconds=PATIENCE))
    features, predictions = answer.get("features"), answer.get("predictions")
    since = answer.get("since")
    parts = [*features.values(), predictions] if isinstance(features, dict) else [None]
    good = (
        type(answer.get("batches")) is int
        and type(answer.get("drift")) is bool
        and (since is None or type(since) is int)
        and all(_is_score(part) for part in parts)
    )
    expect(
        good,
        expected=f"an answer to GET /drift of the form {EXAMPLE}",
        actual=str(answer)[:500],
        hint="Scores are finite numbers, flags are true or false, `since` is a number or null.",
    )
    expect(
        set(features) == set(world.features),
        expected=f"a score for each feature of the reference: {sorted(world.features)}",
        actual=sorted(map(str, features))[:20],
        hint="Take the names from `features` of the reference.",
    )
    return Drift(
        batches=answer["batches"],
        drift=answer["drift"],
        since=since,
        scores={name: float(part["score"]) for name, part in features.items()},
        named=frozenset(name for name, part in features.items() if part["drift"]),
        predictions=predictions["drift"],
        version=version_of(answer, "/drift"),
    )


def _is_score(part: Any) -> bool:  # noqa: ANN401 - whatever the student sent
    return (
        isinstance(part, dict)
        and type(part.get("score")) in (int, float)
        and type(part.get("drift")) is bool
    )


def send(service: Service, world: World, traffic: Traffic = USUAL, batches: int = PERIOD) -> None:
    """Some batches of one kind, a period unless told otherwise."""
    for _ in range(batches):
        predict(service, world.batch(traffic)[0])


def share_right(read: Iterable[int], true: Iterable[int]) -> float:
    """The share of labels that are right."""
    pairs = [a == b for a, b in zip(read, true, strict=True)]
    return sum(pairs) / len(pairs)
