"""Histories of what was handed in, read by a worker when nobody waits for it.

A history waits from the moment of its submission. The reaper rings while one is due; the bell
says only that there is work, and a worker takes what has been due for longest.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F

from lab_specs.faults import PLATFORM_CODES, Code
from portal.common.text import storable_json
from portal.submissions import dispatch
from portal.submissions.contributors import Member
from portal.submissions.models import History, Submission

PAUSE = timedelta(minutes=5)  # before the next try; longer than a worker may take for one
MOST_TRIES = 6  # over about five hours, each pause being twice the one before


def order(submission: Submission, *, now: datetime) -> None:
    """Have the history read that leads to this commit, soon."""
    History.objects.create(submission=submission, created_at=now, next_try=now)


def take(*, now: datetime) -> History | None:
    """The one that has been due for longest; nobody else gets it before a pause is over."""
    due = History.objects.filter(answered_at=None, next_try__lte=now)
    for row in due.select_related("submission").order_by("next_try", "pk")[:MOST_TRIES]:
        mine = History.objects.filter(pk=row.pk, answered_at=None, tries=row.tries)
        pause = PAUSE * 2**row.tries
        if mine.update(tries=F("tries") + 1, next_try=now + pause):
            return row
    return None


def answer(*, history_id: int, told: Mapping[str, Any], now: datetime) -> bool:
    """Keep what the worker read. False when that was done already."""
    return _end(history_id, now=now, told=storable_json(told), fault="", facts={})


def fail(*, history_id: int, code: Code, facts: Mapping[str, Any], now: datetime) -> bool:
    """It could not be read. What is ours is tried again after the pause, a few times."""
    said = {"fault": code.value, "facts": storable_json(facts)}
    if code not in PLATFORM_CODES:
        return _end(history_id, now=now, **said)
    return History.objects.filter(pk=history_id, answered_at=None).update(**said) == 1


def ring_again(*, now: datetime) -> bool:
    """Ring for histories that are due; give up those that were tried often enough."""
    due = History.objects.filter(answered_at=None, next_try__lte=now)
    for pk, fault in due.filter(tries__gte=MOST_TRIES).values_list("pk", "fault"):
        _end(pk, now=now, fault=fault or Code.WORKER_LOST.value)
    return due.exists() and dispatch.ring_history()


def members_of(submission: Submission) -> list[Member]:
    """The team, with all by which a commit may name them."""
    return [
        Member(
            id=person.pk,
            name=person.name,
            names=frozenset(
                " ".join(name.casefold().split())
                for name in (person.display_name, person.get_full_name(), person.username)
                if name.strip()
            ),
            mail=person.email.lower(),
            github=person.github_login.lower(),
        )
        for person in submission.team.members.order_by("pk")
    ]


def _end(history_id: int, *, now: datetime, **columns: Any) -> bool:  # noqa: ANN401 - columns
    waiting = History.objects.filter(pk=history_id, answered_at=None)
    return waiting.update(answered_at=now, **columns) == 1
