"""What a service that reads handwritten digits must do. The contract stands in `brief.md`."""

import json
import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from client import (
    BATCH,
    JSON,
    PREDICT,
    Launch,
    Row,
    body,
    hidden_digits,
    labels_of,
    predict,
    standing,
)
from latency import Latency
from refusals import demand_large_refused, demand_refusals
from slow_requests import under_way

from lab_specs.kit import Failure, Figure, Service, check, expect

CLIENTS = 16
ROUNDS = 8  # requests of each client
STOP_SECONDS = 10
UNDER_WAY = 4  # requests at the moment of the signal

Show = Callable[[Figure], None]


@pytest.fixture(scope="session")
def rows(seed: int) -> list[Row]:
    """The hidden digits, without their labels."""
    return hidden_digits(seed)[0]


@pytest.fixture(scope="session")
def latency() -> Latency:
    """How long answers took."""
    return Latency()


@pytest.fixture(scope="session")
def share_right(service: Service, seed: int) -> float:
    """The share of the hidden digits that the service reads right."""
    rows, labels = hidden_digits(seed)
    read: list[int] = []
    for first in range(0, len(rows), BATCH):
        read += predict(service, rows[first : first + BATCH])
    return sum(a == b for a, b in zip(read, labels, strict=True)) / len(labels)


@check("operation", "proficient")
def test_readiness(service: Service, rows: list[Row]) -> None:
    """`GET /health` answers 200 only once a prediction works"""
    began = time.monotonic()
    first = service.post(PREDICT, content=body(rows[:1]), headers=JSON, seconds=30)
    reply = first
    while reply.status != 200 and time.monotonic() < began + 10:
        # Other checks can still tell something once the model has arrived.
        time.sleep(0.1)
        reply = service.post(PREDICT, content=body(rows[:1]), headers=JSON, seconds=30)
    waited = time.monotonic() - began
    later = f"worked {waited:.1f} s later" if reply.status == 200 else "never worked"
    expect(
        first.status == 200,
        expected="status 200 for a prediction as soon as /health answers 200",
        actual=f"status {first.status}: {first.text[:200]}; a prediction {later}",
        hint="Load the model before the server listens, or answer 503 on /health until it is "
        "loaded. Is the file of the model in the image?",
    )


@check("predictions", "proficient")
def test_schema(service: Service, rows: list[Row]) -> None:
    """`POST /predict` answers one label from 0 to 9 for each digit"""
    labels = predict(service, rows[:3])
    expect(
        all(0 <= label <= 9 for label in labels),
        expected="labels from 0 to 9",
        actual=labels,
        hint="A label is the digit itself, not its score and not an index from 1.",
    )


@check("predictions", "proficient", after="schema")
def test_answers_vary(service: Service, rows: list[Row]) -> None:
    """Different digits get different labels"""
    found = sorted(set(predict(service, rows[:BATCH])))
    expect(
        len(found) >= 5,
        expected=f"at least 5 different labels for {BATCH} digits of all ten kinds",
        actual=f"only {found}",
        hint="Do the pixels reach the model, in the scale that it was trained on (0 to 16)?",
    )


@check("predictions", "proficient", after="schema")
def test_accuracy(share_right: float) -> None:
    """At least 75 % of the hidden digits are read right"""
    _demand_share(share_right, 0.75, "Train on digits that are turned, shifted and noisy.")


@check("predictions", "advanced", after="accuracy")
def test_accuracy_advanced(share_right: float) -> None:
    """At least 88 % of the hidden digits are read right"""
    _demand_share(share_right, 0.88, "Corrupt each training digit several times, differently.")


@check("predictions", "expert", after="accuracy_advanced")
def test_accuracy_expert(share_right: float) -> None:
    """At least 94 % of the hidden digits are read right"""
    _demand_share(share_right, 0.94, "Use more corruptions per digit, or a model made for images.")


def _demand_share(share: float, least: float, hint: str) -> None:
    expect(
        share >= least,
        expected=f"at least {least:.0%} of the hidden digits read right",
        actual=f"{share:.1%}",
        hint=hint,
    )


@check("predictions", "advanced", after="schema")
def test_batch_equals_singles(
    service: Service, rows: list[Row], latency: Latency, show: Show
) -> None:
    """A digit gets the same label alone as in a batch"""
    together = predict(service, rows[:BATCH])
    alone = [
        latency.of("one digit", lambda row=row: predict(service, [row]))[0] for row in rows[:BATCH]
    ]
    show(latency.figure())
    differing = sum(a != b for a, b in zip(together, alone, strict=True))
    expect(
        differing == 0,
        expected=f"the same {BATCH} labels from one request as from a request for each digit",
        actual=f"{differing} labels differ",
        hint="Is the model in evaluation mode? Scale pixels by constants, never by figures of "
        "the request at hand.",
    )


@check("predictions", "advanced", after="schema")
def test_order_kept(service: Service, rows: list[Row]) -> None:
    """Labels come back in the order of the digits"""
    labels = predict(service, rows[:60])
    order = [i * 7 % 60 for i in range(60)]  # every number once
    shuffled = predict(service, [rows[i] for i in order])
    expect(
        shuffled == [labels[i] for i in order],
        expected="the labels shuffled in the same way when the digits are shuffled",
        actual=f"{sum(a != labels[i] for a, i in zip(shuffled, order, strict=True))} of 60 differ",
        hint="Label i belongs to row i: neither sort the labels nor collect them in a set.",
    )


@check("robustness", "proficient", after="schema")
def test_wrong_type(service: Service, launch: Launch, rows: list[Row]) -> None:
    """Values of a wrong type are refused in words, and the service works on"""
    requests = {
        "text that is not JSON": b"seven, please",
        "a JSON list instead of an object": b"[1, 2, 3]",
        "an object without `instances`": b'{"digits": []}',
        "text instead of rows": body("seven"),
        "a row of words": body([["dark"] * 64]),
        "a row that holds nulls": body([[None] * 64]),
    }
    demand_refusals(standing(service, launch), rows[:10], requests)


@check("robustness", "proficient", after="schema")
def test_wrong_shape(service: Service, launch: Launch, rows: list[Row]) -> None:
    """Rows of a wrong length are refused in words, and the service works on"""
    requests = {
        "a row of 63 numbers": body([rows[0][:63]]),
        "a row of 65 numbers": body([[*rows[0], 0.0]]),
        "a good row followed by a short one": body([rows[0], rows[1][:10]]),
        "64 numbers that are not in a row": body(rows[0]),
    }
    demand_refusals(standing(service, launch), rows[:10], requests)


@check("robustness", "advanced", after="schema")
def test_empty(service: Service, launch: Launch, rows: list[Row]) -> None:
    """Empty requests are refused in words, and the service works on"""
    requests = {
        "a request without a body": b"",
        "an empty object": b"{}",
        "no rows at all": body([]),
        "an empty row": body([[]]),
    }
    demand_refusals(standing(service, launch), rows[:10], requests)


@check("robustness", "advanced", after="schema")
def test_not_finite(service: Service, launch: Launch, rows: list[Row]) -> None:
    """NaN and Infinity are refused in words, and the service works on"""
    requests = {
        name: body([[*rows[0][:63], value]])
        for name, value in [("NaN", math.nan), ("Infinity", math.inf), ("-Infinity", -math.inf)]
    }
    demand_refusals(standing(service, launch), rows[:10], requests)


@check("operation", "advanced", after="schema")
def test_concurrent_clients(
    service: Service, launch: Launch, rows: list[Row], latency: Latency, show: Show
) -> None:
    """Sixteen clients at once all get the answers to their own requests"""
    target = standing(service, launch)
    shares = [rows[20 * i : 20 * i + 5 + i % 4] for i in range(CLIENTS)]
    expected = [predict(target, share) for share in shares]
    start = Barrier(CLIENTS)

    def ask(i: int) -> list[str]:
        start.wait()
        told = [_mistake(target, shares[i], expected[i], latency) for _ in range(ROUNDS)]
        return [problem for problem in told if problem]

    with ThreadPoolExecutor(CLIENTS) as clients:
        problems = [problem for found in clients.map(ask, range(CLIENTS)) for problem in found]
    show(latency.figure())
    expect(
        not problems,
        expected=f"{CLIENTS * ROUNDS} right answers to {CLIENTS} clients at once",
        actual=f"{len(problems)} went wrong; the first: {''.join(problems[:1])}",
        hint="Keep what belongs to one request in local variables, never in globals or on the app.",
    )


def _mistake(service: Service, rows: list[Row], expected: list[int], latency: Latency) -> str:
    try:
        labels = latency.of(f"{CLIENTS} clients at once", lambda: predict(service, rows))
    except Failure as failure:
        return failure.actual
    return "" if labels == expected else "the labels are not those of the same request sent alone"


@check("operation", "advanced")
def test_openapi(service: Service, launch: Launch) -> None:
    """`GET /openapi.json` describes `POST /predict`"""
    reply = standing(service, launch).get("/openapi.json")
    hint = "Many frameworks write this page themselves; a file written by hand does as well."
    expect(
        reply.status == 200,
        expected="status 200 for GET /openapi.json",
        actual=f"status {reply.status}",
        hint=hint,
    )
    page = reply.json()
    version = str(page.get("openapi", "")) if isinstance(page, dict) else ""
    expect(
        version.startswith("3."),
        expected='a JSON object that begins like {"openapi": "3.1.0", …}',
        actual=reply.text[:200],
        hint=hint,
    )
    text = json.dumps([_at(page, "paths", PREDICT, "post"), page.get("components")])
    missing = [
        name
        for name in ("requestBody", "responses", "instances", "predictions")
        if name not in text
    ]
    expect(
        not missing,
        expected="a POST operation of /predict with the fields of its request and its answer",
        actual=f"not found there: {', '.join(missing)}",
        hint="Declare a type for the body and for the answer; the framework then describes both.",
    )


def _at(value: object, *path: str) -> object:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


@check("operation", "advanced", after="schema")
def test_replicas_agree(service: Service, launch: Launch, rows: list[Row]) -> None:
    """Two copies of the service give the same answers"""
    here, there = (predict(one, rows[:BATCH]) for one in (standing(service, launch), launch()))
    differing = sum(a != b for a, b in zip(here, there, strict=True))
    expect(
        differing == 0,
        expected=f"the same {BATCH} labels from two containers of the image",
        actual=f"{differing} labels differ",
        hint="Fix the model when the image is built, and let no answer depend on chance, on the "
        "start, or on earlier requests.",
    )


@check("operation", "advanced")
def test_stops_in_order(launch: Launch) -> None:
    """SIGTERM ends the service within 10 seconds with exit code 0"""
    process = launch().process
    process.signal("TERM")
    run = process.wait(STOP_SECONDS)
    expect(
        not run.timed_out,
        expected=f"the container to end within {STOP_SECONDS} s of SIGTERM",
        actual="it ran on",
        hint="Only process 1 gets the signal. Use the list form of CMD, and `exec` in a script.",
    )
    expect(
        run.exit_code == 0,
        expected="exit code 0 after SIGTERM",
        actual=f"exit code {run.exit_code}",
        hint="Stopping is no error: let the server shut down by itself and return from main.",
    )


@check("operation", "expert", after="schema")
def test_no_request_lost(launch: Launch, rows: list[Row]) -> None:
    """Requests that are under way when SIGTERM comes still get their answers"""
    service = launch()
    before = predict(service, rows[:20])
    with under_way(service.port, body(rows[:20]), UNDER_WAY) as requests:
        service.process.signal("TERM")
        time.sleep(2)  # a service that does not wait for them has gone by now
        for request in requests:
            try:
                labels = labels_of(request.finish(), rows[:20])
            except Failure as failure:
                raise Failure(
                    expected="an answer to each request that the service had begun to read",
                    actual=failure.actual,
                    hint="On SIGTERM stop accepting, finish what has begun, and only then end. "
                    "Most servers do so by themselves: give them more than 2 seconds for it.",
                ) from None
            expect(
                labels == before,
                expected=f"the same labels as before the signal: {before}",
                actual=labels,
                hint="The model must stay whole until the last answer is out.",
            )


# Last, because a service without a limit may still be busy with these when they are over.
@check("robustness", "advanced", after="schema")
def test_huge_body(service: Service, launch: Launch, rows: list[Row]) -> None:
    """A body of 32 MiB is refused in words, and the service works on"""
    demand_large_refused(standing(service, launch), rows[:10], declared=True)


@check("robustness", "expert", after="schema")
def test_endless_body(service: Service, launch: Launch, rows: list[Row]) -> None:
    """A body that grows to 32 MiB without a declared length is refused in words, too"""
    demand_large_refused(standing(service, launch), rows[:10], declared=False)
