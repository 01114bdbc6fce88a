"""Who did what to whose work, when and why: read from the rows that only ever grow.

People's deeds alone: what workers and the reaper do stands on each attempt's own page, and
handing in is what every student does anyway.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Value

from portal.assessment.models import AssessmentEvent
from portal.courses.models import Edition
from portal.people.models import User
from portal.submissions.models import Record, Rerun, Transition
from portal.submissions.queries import HEAVY
from portal.submissions.states import State

Key = tuple[str, int, datetime]  # the kind of a row, its number, its moment
STEP, SCORE, DECISION, RERUN = "step", "score", "decision", "rerun"
WORK = ("attempt__submission__team", "attempt__submission__mini_project")
UNREAD = tuple(f"attempt__{column}" for column in HEAVY)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log. `attempt` is the number of the attempt that it is about, if any."""

    at: datetime
    person: User | None
    deed: str
    team: str
    mini_project: str
    attempt: int | None
    detail: str
    reason: str


def keys(edition: Edition, *, person: str = "") -> QuerySet[Any, Key]:
    """Where the entries lie, newest first; only those of people whose name holds `person`."""
    of_edition = {"attempt__submission__mini_project__edition": edition}
    again = Q(source="", attempt__number__gt=1, attempt__rerun__isnull=True)
    steps = Transition.objects.filter(again | Q(target=State.CANCELLED), **of_edition)
    scores = Record.objects.filter(**of_edition)
    decisions = AssessmentEvent.objects.filter(mini_project__edition=edition)
    reruns = Rerun.objects.filter(mini_project__edition=edition)
    return (
        _keys(steps, STEP, "at", "by", person)
        .union(
            _keys(scores, SCORE, "at", "by", person),
            _keys(decisions, DECISION, "decided_at", "assessor", person),
            _keys(reruns, RERUN, "at", "by", person),
            all=True,
        )
        .order_by("-moment", "-row", "kind")
    )


def entries(found: Iterable[Key]) -> list[Entry]:
    """The lines for some keys, in their order, in at most four queries."""
    wanted = list(found)
    lines: dict[tuple[str, int], Entry] = {}
    readers = {STEP: _steps, SCORE: _scores, DECISION: _decisions, RERUN: _reruns}
    for kind, read in readers.items():
        numbers = [number for each, number, _ in wanted if each == kind]
        lines |= {(kind, number): entry for number, entry in read(numbers)}
    return [lines[kind, number] for kind, number, _ in wanted]


def _keys(rows: QuerySet[Any], kind: str, moment: str, by: str, person: str) -> QuerySet[Any, Key]:
    named = Q(**{f"{by}__username__icontains": person})
    named |= Q(**{f"{by}__display_name__icontains": person})
    rows = rows.filter(named, **{f"{by}__isnull": False}).order_by()
    found: QuerySet[Any, Key] = rows.annotate(
        kind=Value(kind), row=F("pk"), moment=F(moment)
    ).values_list("kind", "row", "moment")
    return found


def _steps(numbers: list[int]) -> Iterator[tuple[int, Entry]]:
    rows = Transition.objects.filter(pk__in=numbers).select_related("by", *WORK)
    for row in rows.defer(*UNREAD):
        yield (
            row.pk,
            Entry(
                at=row.at,
                person=row.by,
                deed="cancelled" if row.target == State.CANCELLED else "ran again",
                team=row.attempt.submission.team.name,
                mini_project=row.attempt.submission.mini_project.title,
                attempt=row.attempt_id,
                detail="",
                reason=row.note,
            ),
        )


def _scores(numbers: list[int]) -> Iterator[tuple[int, Entry]]:
    rows = Record.objects.filter(pk__in=numbers).select_related("by", *WORK)
    for row in rows.defer("body", *UNREAD):
        yield (
            row.pk,
            Entry(
                at=row.at,
                person=row.by,
                deed="scored again",
                team=row.attempt.submission.team.name,
                mini_project=row.attempt.submission.mini_project.title,
                attempt=row.attempt_id,
                detail=row.change,
                reason=row.reason,
            ),
        )


def _decisions(numbers: list[int]) -> Iterator[tuple[int, Entry]]:
    rows = AssessmentEvent.objects.filter(pk__in=numbers)
    for row in rows.select_related("assessor", "team", "mini_project", "criterion", "level"):
        proposed = f" (the checks proposed {row.proposed})" if row.overrides else ""
        yield (
            row.pk,
            Entry(
                at=row.decided_at,
                person=row.assessor,
                deed="overrode" if row.overrides else "confirmed" if row.proposed else "decided",
                team=row.team.name,
                mini_project=row.mini_project.title,
                attempt=row.attempt_id,
                detail=f"{row.criterion.title}: {row.level.name}{proposed}",
                reason=row.comment,
            ),
        )


def _reruns(numbers: list[int]) -> Iterator[tuple[int, Entry]]:
    rows = Rerun.objects.filter(pk__in=numbers).select_related("by", "mini_project")
    for row in rows.annotate(count=Count("attempts")):
        yield (
            row.pk,
            Entry(
                at=row.at,
                person=row.by,
                deed="ran all again",
                team="All teams",
                mini_project=row.mini_project.title,
                attempt=None,
                detail=f"{row.count} attempts",
                reason=row.reason,
            ),
        )
