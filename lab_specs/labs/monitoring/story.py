"""Trouble while Prometheus looks: its alert must go out to the sink, and so must its end."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from client import Row, post, predict
from live import Prometheus
from promql import settled
from sink import Sink
from spells import BAD

from lab_specs.kit import Service

STEP_SECONDS = 15.0  # for one step; most take one or two
LOOK_EVERY = 0.15
BURST, QUIET = 25, 60  # requests at a time, bad and good
SHARE = (
    'sum(rate(predict_requests_total{outcome!="ok"}[1m])) / sum(rate(predict_requests_total[1m]))'
)


@dataclass
class Story:
    """What happened, told by Prometheus itself and by the sink."""

    scraped: str = "never"  # the health of the target
    fired: bool = False  # as Prometheus says
    told: bool = False  # the sink got it
    ended: bool = False
    told_end: bool = False
    answers: dict[str, str | int] = field(default_factory=dict)  # of queries: numbers, or why none
    moments: list[tuple[float, float, float]] = field(default_factory=list)  # time, share, firing


def play(
    prometheus: Prometheus,
    sink: Sink,
    service: Service,
    rows: Sequence[Row],
    queries: Sequence[str],
) -> Story:
    """Make trouble, and end it. What arrives in the sink counts only if Prometheus says so, too."""
    story, began = Story(), time.monotonic()

    def look() -> dict[str, str] | None:
        labels = prometheus.firing(BAD)
        share = prometheus.value(SHARE)
        story.moments.append((time.monotonic() - began, share, float(labels is not None)))
        return labels

    def calm() -> bool:
        for number in range(QUIET):
            predict(service, [rows[number % len(rows)]])
        return look() is None

    _until(lambda: prometheus.health() == "up")
    story.scraped = prometheus.health()
    if story.scraped != "up":
        return story
    predict(service, rows[:1])
    time.sleep(1)  # two scrapes, so that what comes now is seen to come
    for _ in range(BURST):
        post(service, b"trouble")
    _until(lambda: look() is not None)
    labels = prometheus.firing(BAD)
    story.answers = {query: prometheus.numbers(settled(query)) for query in queries}
    if labels is None:
        return story
    story.fired = True
    story.told = _until(lambda: sink.has(labels, firing=True))
    story.ended = _until(calm)
    story.told_end = story.ended and _until(lambda: sink.has(labels, firing=False))
    return story


def _until(holds: Callable[[], bool]) -> bool:
    """Wait for some seconds until it holds; tell whether it does."""
    end = time.monotonic() + STEP_SECONDS
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(LOOK_EVERY)
    return True
