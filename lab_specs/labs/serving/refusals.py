"""What the checks demand when a request is bad: a refusal in words, and no harm done."""

import re
from collections.abc import Mapping

from client import JSON, PREDICT, Row, body, predict
from slow_requests import post_large

from lab_specs.kit import Failure, Reply, Service, expect

LARGE = 32 * 1024 * 1024  # bytes


def demand_refusals(service: Service, rows: list[Row], requests: Mapping[str, bytes]) -> None:
    """Each bad request is refused in words, and good ones are answered as before."""
    before = predict(service, rows)
    for what, content in requests.items():
        try:
            reply = service.post(PREDICT, content=content, headers=JSON, seconds=30)
        except Failure as failure:
            raise Failure(f"a status 4xx for {what}", failure.actual, failure.hint) from None
        _demand_refusal(reply, what)
    _demand_unharmed(service, rows, before)


def demand_large_refused(service: Service, rows: list[Row], *, declared: bool) -> None:
    """A body of 32 MiB is refused in words, and good requests are answered as before."""
    # Rows that are good in themselves: nothing but their number is wrong.
    content = body([[0] * 64])
    row = content[content.index(b"[[") + 1 : -2]
    content = content[:-2] + (b", " + row) * (LARGE // len(row)) + content[-2:]
    what = "a body of 32 MiB" + ("" if declared else " that is sent without a Content-Length")
    before = predict(service, rows)
    try:
        reply = post_large(service.port, content, declared=declared)
    except Failure as failure:
        hint = "Count the bytes as they come and answer 413 beyond a limit of your choice."
        raise Failure(f"a status 4xx for {what}", failure.actual, hint) from None
    _demand_refusal(reply, what)
    _demand_unharmed(service, rows, before)


def _demand_refusal(reply: Reply, what: str) -> None:
    expect(
        400 <= reply.status < 500,
        expected=f"a status 4xx for {what}",
        actual=f"status {reply.status}: {reply.text[:300]}",
        hint="Check the request before the model sees it, and answer 400, 413 or 422. A status "
        "5xx says that the service is broken; here it is the request.",
    )
    expect(
        len(re.findall(r"[^\W\d_]{2,}", reply.text)) >= 3,
        expected=f"a message of at least three words that says what is wrong with {what}",
        actual=f"status {reply.status} with the body {reply.text[:300]!r}",
        hint='Answer with a sentence, for instance {"detail": "each row needs 64 numbers"}.',
    )


def _demand_unharmed(service: Service, rows: list[Row], before: list[int]) -> None:
    hint = "A bad request must leave nothing behind: no dead worker, no changed state."
    try:
        after = predict(service, rows)
    except Failure as failure:
        expected = "an answer to a good request after the bad ones"
        raise Failure(expected, failure.actual, hint) from None
    expect(
        after == before,
        expected=f"the same labels as before the bad requests: {before}",
        actual=after,
        hint=hint,
    )
