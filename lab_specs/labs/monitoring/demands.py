"""What the checks of pages and answers demand, and the words when it is not so."""

from collections import Counter
from collections.abc import Sequence

from client import (
    BATCH,
    DIGITS,
    EDGE,
    KINDS,
    MODEL,
    OUTCOMES,
    REQUESTS,
    SECONDS,
    Answer,
    Row,
    demand_growth,
    durations,
    predict,
    scrape,
)
from exposition import Histogram, Page, plausible

from lab_specs.digits import Labels
from lab_specs.kit import Service, expect

READ_RIGHT = 0.75


def demand_kinds(page: Page) -> None:
    """Each metric is there, with its type."""
    kinds = {name: page.kinds.get(name) for name in KINDS}
    expect(
        kinds == KINDS,
        expected=", ".join(f"{name} {kind}" for name, kind in KINDS.items()),
        actual=", ".join(f"{name} {kind or 'missing'}" for name, kind in kinds.items()),
        hint="Declare each metric when the service starts, with the type that the brief names.",
    )


def demand_right(service: Service, rows: Sequence[Row], truth: Labels) -> None:
    """Enough digits are read right."""
    batches = [rows[first : first + BATCH] for first in range(0, len(rows), BATCH)]
    read = [label for batch in batches for label in predict(service, batch).labels]
    right = sum(a == b for a, b in zip(read, truth, strict=True)) / len(rows)
    expect(
        right >= READ_RIGHT,
        expected=f"at least {READ_RIGHT:.0%} of {len(rows)} hidden digits read right",
        actual=f"{right:.1%}",
        hint="There has to be a model to watch. The serving lab says more about training one.",
    )


def demand_zero(page: Page) -> None:
    """Every series is there, with 0."""
    wanted = [(REQUESTS, {"outcome": outcome}) for outcome in OUTCOMES]
    wanted += [(DIGITS, {"label": str(label)}) for label in range(10)]
    wanted += [(f"{SECONDS}_count", {}), (f"{SECONDS}_sum", {})]
    found = [(name, labels, page.value(name, **labels)) for name, labels in wanted]
    odd = [f"{name}{labels or ''} {value}" for name, labels, value in found if value != 0]
    expect(
        not odd,
        expected="0 in all three outcomes, all ten labels and the histogram, before any request",
        actual=", ".join(odd)[:400],
        hint="Touch each label once when the service starts. A warm-up of the model is no traffic.",
    )


def demand_observed(before: Page, after: Page, count: int, hint: str) -> None:
    """The histogram holds so many observations more."""
    grown = durations(after).count - durations(before).count
    expect(
        grown == count,
        expected=f"{SECONDS} to hold {count} observations more",
        actual=f"{grown:g} more",
        hint=hint,
    )


def demand_seconds(before: Histogram, after: Histogram, waited: float) -> None:
    """What was added to the histogram are seconds, in the same buckets."""
    expect(
        after.bounds == before.bounds and EDGE in map(float, after.bounds),
        expected=f"the same buckets at every scrape, one of them le={EDGE}",
        actual=f"buckets {', '.join(after.bounds)[:300]}",
        hint="The alert needs this bucket.",
    )
    total = after.total - before.total
    expect(
        0 < total <= waited and plausible(before, after),
        expected=f"a sum of seconds that fits its buckets, below the {waited:.4f} s that we waited",
        actual=f"{total:.6g} more",
        hint="The unit is the second. Measure from before the request is read to the answer.",
    )


def demand_counted(before: Page, pages: Sequence[Page], answers: Sequence[Answer]) -> None:
    """Each of the pages has counted all answers."""
    read = Counter(str(label) for answer in answers for label in answer.labels)
    hint = "With several processes, each counts for itself: let them share, or use one and threads."
    for page in pages:
        demand_growth(before, page, REQUESTS, {"ok": len(answers)}, hint)
        demand_growth(before, page, DIGITS, dict(read), hint)
        demand_observed(before, page, len(answers), hint)


def demand_bounded(before: Page, after: Page, text: str, sent: Sequence[str]) -> None:
    """No series more, and nothing of what was sent."""
    found = [word for word in sent if word in text]
    expect(
        len(after.values) == len(before.values) and not found,
        expected=f"{len(before.values)} series as before, and nothing of what was sent",
        actual=f"{len(after.values)} series, {len(found)} of {len(sent)} words found; most: "
        f"{after.largest_families()}",
        hint="No ids, paths or values of clients in labels: each new one is a series for ever.",
    )


def demand_model(service: Service, rows: Sequence[Row], name: str) -> None:
    """After a change to this model it answers, and the gauge says so."""
    reply = service.post("/model", json={"model": name})
    expect(
        reply.status == 200,
        expected=f'status 200 for POST /model with {{"model": "{name}"}}',
        actual=f"status {reply.status}: {reply.text[:200]}",
        hint="The image holds two models, and one of them answers.",
    )
    answered = {predict(service, rows[:1]).model for _ in range(4)}
    expect(
        answered == {name},
        expected=f'"model": "{name}" in every answer from then on',
        actual=str(sorted(answered))[:300],
        hint="With several processes, each of them must change its model.",
    )
    values = [(dict(labels), value) for labels, value in scrape(service).series(MODEL).items()]
    in_use = [labels for labels, value in values if value == 1]
    expect(
        in_use == [{"model": name}] and all(value in (0, 1) for _, value in values),
        expected=f'{MODEL}{{model="{name}"}} 1, and 0 or nothing for any other',
        actual=str(values)[:300],
        hint="Set the gauge of the old model to 0, or remove it, when you set the new one.",
    )


def demand_returned(returned: str | None, request_id: str) -> None:
    """An answer carries the id of its request."""
    expect(
        returned == request_id,
        expected=f"the header X-Request-ID as it was sent: {request_id}",
        actual=str(returned)[:200],
        hint="Good and bad answers carry the id of the client, any printable ASCII up to 64.",
    )
