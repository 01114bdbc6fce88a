"""What the checks demand when a request is bad: a refusal in words, and no trace of it."""

import re
from collections.abc import Mapping, Sequence

from client import JSON, PATIENCE, Drift, look, predict, send, teach
from data import Traffic, World

from lab_specs.kit import Failure, Reply, Service, expect

NOT_TOLD = "Answer 400 or 422 for a bad request, 409 for one that comes too early, in words."


def demand_refused(reply: Reply, what: str) -> None:
    """A status 4xx and a few words."""
    expect(
        400 <= reply.status < 500,
        expected=f"a status 4xx for {what}",
        actual=f"status {reply.status}: {reply.text[:300]}",
        hint=NOT_TOLD,
    )
    expect(
        len(re.findall(r"[^\W\d_]{2,}", reply.text)) >= 3,
        expected=f"a message of at least three words that says what is wrong with {what}",
        actual=f"status {reply.status} with the body {reply.text[:300]!r}",
        hint='Answer with a sentence, for instance {"detail": "row 3 needs 8 numbers"}.',
    )


def demand_no_trace(
    service: Service, world: World, path: str, requests: Mapping[str, bytes]
) -> None:
    """Each bad request is refused, and what the service reports and answers stays as it was."""
    version = teach(service, world)
    send(service, world)
    before = look(service, world)
    for what, content in requests.items():
        try:
            reply = service.post(path, content=content, headers=JSON, seconds=PATIENCE)
        except Failure as failure:
            raise Failure(f"a status 4xx for {what}", failure.actual, failure.hint) from None
        demand_refused(reply, what)
        _demand_same(before, look(service, world), what)
    rows = world.batch()[0]
    expect(
        predict(service, rows)[1] == version and look(service, world).batches == before.batches + 1,
        expected=f"after the refusals, version {version} and one batch more with the next good one",
        actual=look(service, world),
        hint="A refused batch does not count, and teaches nothing.",
    )


def _demand_same(before: Drift, after: Drift, what: str) -> None:
    expect(
        after == before,
        expected=f"GET /drift to say the same after {what} as before: {_told(before)}",
        actual=_told(after),
        hint="Check the whole request before you change anything: no row of it may be kept.",
    )


def _told(drift: Drift) -> str:
    scores = ", ".join(f"{name} {score:.3f}" for name, score in sorted(drift.scores.items()))
    return f"{drift.batches} batches, {drift}, version {drift.version}, scores {scores}"


def far_off(world: World) -> Sequence[list[float]]:
    """A batch that would be seen in every score."""
    return world.batch(Traffic(shift=dict.fromkeys(world.features, 3.0)))[0]
