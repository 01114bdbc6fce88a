"""How the checks speak to a service, and what its counters should say then."""

import json
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from exposition import FormatError, Histogram, Page, histogram, page_of

from lab_specs.digits import Labels, digits
from lab_specs.kit import Failure, Reply, Service, expect

JSON = {"content-type": "application/json"}
HIDDEN = 300  # digits
BATCH = 50
PATIENCE = 10.0  # seconds
REQUESTS, DIGITS = "predict_requests_total", "predicted_digits_total"
SECONDS, MODEL = "predict_duration_seconds", "model_in_use"
OUTCOMES = ("ok", "refused", "failed")
MODELS = ("small", "large")
LABEL_OF = {REQUESTS: "outcome", DIGITS: "label"}
KINDS = {REQUESTS: "counter", DIGITS: "counter", SECONDS: "histogram", MODEL: "gauge"}
EDGE = 0.25  # seconds: the bound of a bucket that the alert needs

Row = list[float]


@dataclass(frozen=True)
class Answer:
    """The answer to a good request."""

    labels: list[int]
    model: str
    request_id: str  # of the header


def hidden_digits(seed: int) -> tuple[list[Row], Labels]:
    """Digits that the service has never seen, and their labels."""
    x, y = digits(seed, HIDDEN, part="hidden")
    return x.round(2).tolist(), y


def post(service: Service, content: bytes, request_id: str = "") -> Reply:
    """Send bytes to be read as digits."""
    headers = JSON | ({"x-request-id": request_id} if request_id else {})
    return service.post("/predict", content=content, headers=headers, seconds=PATIENCE)


def body(rows: Any) -> bytes:  # noqa: ANN401 - bad requests hold anything
    """A request as bytes."""
    return json.dumps({"instances": rows}).encode()


def predict(service: Service, rows: Sequence[Row], request_id: str = "") -> Answer:
    """Have digits read. Raises `Failure` unless each gets a label."""
    reply = post(service, body(rows), request_id)
    expect(
        reply.status == 200,
        expected=f"status 200 for POST /predict with {len(rows)} digits",
        actual=f"status {reply.status}: {reply.text[:300]}",
        hint="Send the example of the brief to your service and read its log.",
    )
    said = reply.json()
    labels = said.get("predictions") if isinstance(said, dict) else None
    fits = isinstance(labels, list) and len(labels) == len(rows)
    expect(
        fits and all(type(label) is int and 0 <= label <= 9 for label in labels or ()),
        expected=f'{{"predictions": [{len(rows)} digits from 0 to 9], "model": …}}',
        actual=reply.text[:300],
        hint="One label per digit, as plain integers, in the order of the request.",
    )
    return Answer(labels or [], str(said.get("model")), reply.headers.get("x-request-id", ""))


def bad_requests(rows: Sequence[Row]) -> dict[str, bytes]:
    """Requests that must be refused."""
    return {
        "text that is not JSON": b"digits, please",
        "no digits": body([]),
        "a digit of 63 numbers": body([rows[0], rows[1][:-1]]),
        "a word among the numbers": body([[*rows[0][:-1], "bright"]]),
        "a body without instances": b'{"rows": []}',
    }


def refuse(service: Service, what: str, content: bytes, request_id: str = "") -> Reply:
    """Send a bad request. Raises `Failure` unless it is refused."""
    reply = post(service, content, request_id)
    expect(
        400 <= reply.status < 500,
        expected=f"a status 4xx for {what}",
        actual=f"status {reply.status}: {reply.text[:300]}",
        hint="Check the whole request before the model sees it, and answer 400 or 422.",
    )
    return reply


def scrape(service: Service) -> Page:
    """What `GET /metrics` says. Raises `Failure` unless it is of the format."""
    return page_of(service.get("/metrics", seconds=PATIENCE))


def durations(page: Page) -> Histogram:
    """The histogram of the page. Raises `Failure` unless its parts agree."""
    try:
        return histogram(page, SECONDS)
    except FormatError as error:
        raise Failure(
            expected=f"a histogram {SECONDS} whose buckets, sum and count agree",
            actual=str(error),
            hint="Observe seconds with the histogram of a client library. Buckets are cumulative.",
        ) from None


def difference(before: Page, after: Page, name: str) -> dict[str, float]:
    """By how much each series of a counter grew, by the one label that it has.

    A series that was not there counts from 0. Raises `Failure` for other labels.
    """
    label, grown = LABEL_OF[name], dict[str, float]()
    for labels, value in after.series(name).items():
        named = dict(labels)
        expect(
            list(named) == [label],
            expected=f"{name} with the label {label} and no other",
            actual=f"labels {sorted(named)}"[:300],
            hint="Each label multiplies the series. The brief names all that are needed.",
        )
        grown[named[label]] = value - (before.values.get((name, labels)) or 0.0)
    return grown


def demand_growth(before: Page, after: Page, name: str, wanted: dict[str, int], hint: str) -> None:
    """Raise `Failure` unless each series of a counter grew by as much as wanted."""
    grown = difference(before, after, name)
    expect(
        {key: value for key, value in grown.items() if value} == +Counter(wanted),
        expected=f"{name} to grow by exactly {shown(wanted)}",
        actual=f"it grew by {shown(grown)}",
        hint=hint,
    )


def shown(grown: dict[str, Any]) -> str:
    """Amounts by label, as text."""
    parts = [f"{key[:40]!r}: {value:g}" for key, value in sorted(grown.items()) if value]
    return ", ".join(parts[:15]) or "nothing"


def together(service: Service, requests: Sequence[Sequence[Row]], clients: int) -> list[Answer]:
    """Send good requests from several clients at once."""
    with ThreadPoolExecutor(clients) as pool:
        return list(pool.map(lambda rows: predict(service, rows), requests))
