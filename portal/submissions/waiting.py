"""How long it will take: queue position, and a wait told from durations that were measured."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from statistics import median

from lab_specs.report import Verdict
from portal.submissions.lanes import Waiting
from portal.submissions.models import Attempt
from portal.submissions.queries import in_line
from portal.submissions.states import ACTIVE, State
from portal.submissions.workers import slots

SAMPLE = 50  # most recent attempts of a lab; what was slow last year is not news


@dataclass(frozen=True, slots=True)
class Measured:
    """Median seconds of a lab's recent attempts, in all and per phase. None: never measured."""

    seconds: float | None
    phases: dict[str, float]


@dataclass(frozen=True, slots=True)
class Wait:
    """Where an attempt stands in the queue (1 is next), and when it is expected to end."""

    position: int | None
    seconds: float | None


def queue_position(attempt: Attempt, *, now: datetime) -> int | None:
    """1 for the next to be taken; None when the attempt may not be taken now."""
    ahead = _ahead(attempt, now=now)
    return None if ahead is None else len(ahead) + 1


def measured(lab: str) -> Measured:
    """What the lab's last attempts took, from the first step to the verdict."""
    rows = (
        Attempt.objects.filter(
            submission__lab=lab, state=State.DONE, verdict__in=[Verdict.PASSED, Verdict.FAILED]
        )
        .order_by("-finished_at")
        .values_list("started_at", "finished_at", "phases")[:SAMPLE]
    )
    totals: list[float] = []
    phases: dict[str, list[float]] = {}
    for started, finished, parts in rows:
        if started and finished:
            totals.append((finished - started).total_seconds())
        for part in parts:
            phases.setdefault(part["name"], []).append(part["seconds"])
    return Measured(
        seconds=median(totals) if totals else None,
        phases={name: median(seconds) for name, seconds in phases.items()},
    )


def expected_wait(attempt: Attempt, *, now: datetime) -> Wait:
    """Seconds until the verdict: what is ahead, shared by all who can work on it, and its own.

    Unknown (None) as long as one of the labs ahead was never measured.
    """
    ahead = _ahead(attempt, now=now)
    position = None if ahead is None else len(ahead) + 1
    takes = measured(attempt.submission.lab).seconds
    if takes is None:
        return Wait(position, None)
    if ahead is None:
        held = attempt.state in ACTIVE
        return Wait(None, _left(takes, attempt.started_at, now) if held else None)
    work = _work(ahead, now=now)
    if work is None:
        return Wait(position, None)
    return Wait(position, work / slots(now=now) + takes)


def _work(ahead: Sequence[Waiting], *, now: datetime) -> float | None:
    """Seconds of work that one worker alone would have with these and with what runs now."""
    labs = [row.lab for row in ahead]
    active = Attempt.objects.filter(state__in=ACTIVE).values_list("submission__lab", "started_at")
    running = list(active)
    takes = _medians({*labs, *(lab for lab, _ in running)})
    if takes is None:
        return None
    return sum(takes[lab] for lab in labs) + sum(
        _left(takes[lab], started, now) for lab, started in running
    )


def _medians(labs: Iterable[str]) -> dict[str, float] | None:
    found = {lab: measured(lab).seconds for lab in labs}
    known = {lab: seconds for lab, seconds in found.items() if seconds is not None}
    return known if len(known) == len(found) else None


def _left(takes: float, started: datetime | None, now: datetime) -> float:
    gone = (now - started).total_seconds() if started else 0.0
    return max(0.0, takes - gone)


def _ahead(attempt: Attempt, *, now: datetime) -> list[Waiting] | None:
    """What is taken before this attempt; None when it may not be taken now."""
    if attempt.state != State.QUEUED:
        return None
    ahead = list(takewhile(lambda row: row.pk != attempt.pk, rows := in_line(now=now)))
    return ahead if len(ahead) < len(rows) else None
