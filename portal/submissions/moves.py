"""How an attempt changes, and the row that tells of it. The only writer of state and verdict.

Every change of state is one conditional UPDATE whose row count is checked. Who may ask for one,
and when, is said in `portal.submissions.domain`.
"""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from portal.common.text import storable
from portal.people.models import User
from portal.submissions import dispatch, records, signals
from portal.submissions.lanes import Lane
from portal.submissions.models import (
    REASON_LENGTH,
    Attempt,
    Rerun,
    Submission,
    Transition,
)
from portal.submissions.scoring import Score
from portal.submissions.states import ACTIVE, State, sources

MAX_RETRIES = 4  # after failures of ours; then the attempt ends as crashed
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 300.0  # seconds before it is tried again; three times as long
JITTER = 0.2  # part of the pause by which it varies: what failed together does not return so

RELEASED: dict[str, None] = {"token": None, "lease_until": None}


def queue(
    submissions: Sequence[Submission],
    *,
    by: User,
    reason: str,
    lane: Lane,
    rerun: Rerun | None = None,
) -> list[Attempt]:
    """One new queued attempt each; the bell rings when the transaction is committed."""
    now = timezone.now()
    last = dict(
        Attempt.objects.filter(submission__in=submissions)
        .values_list("submission")
        .annotate(last=Max("number"))
    )
    attempts = Attempt.objects.bulk_create(
        Attempt(
            submission=submission,
            number=last.get(submission.pk, 0) + 1,
            state=State.QUEUED,
            priority=lane,
            requested_by=by,
            reason=storable(reason)[:REASON_LENGTH],
            rerun=rerun,
            queued_at=now,
        )
        for submission in submissions
    )
    Transition.objects.bulk_create(
        Transition(attempt=attempt, target=State.QUEUED, at=now, by=by, note=attempt.reason)
        for attempt in attempts
    )
    queued = [attempt.pk for attempt in attempts]
    transaction.on_commit(partial(announce, queued))
    signals.changed(queued)
    return attempts


def announce(attempts: Sequence[int]) -> int:
    """Ring once for each attempt, until the broker is found to be away. How often it was heard."""
    heard = 0
    while heard < len(attempts) and dispatch.ring_grade():
        heard += 1
    Attempt.objects.filter(pk__in=attempts[:heard]).update(announced_at=timezone.now())
    return heard


def retry(attempt_id: int, token: UUID, *, note: str, lost_at: datetime | None = None) -> bool:
    """Back to the queue after a failure of ours, unless that happened too often already.

    It is left alone for a while, longer each time: what failed just now would fail at once again.
    A lost worker's attempt has waited for its lease to run out, and goes on at once.
    """
    with transaction.atomic():
        own = held(attempt_id, token).select_for_update()
        retries = own.values_list("retries", flat=True).first()
        if retries is None or retries >= MAX_RETRIES:
            return False
        return move(
            attempt_id,
            State.QUEUED,
            holder=token,
            lost_at=lost_at,
            note=f"{note}, tried again ({retries + 1} of {MAX_RETRIES})",
            retries=retries + 1,
            not_before=None if lost_at else timezone.now() + pause(retries),
            announced_at=None,
            **RELEASED,
        )


def pause(retries: int) -> timedelta:
    """How long an attempt that was tried again so often already is left alone."""
    about = random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - nobody gains by guessing it
    seconds = FIRST_PAUSE * 3**retries * about
    return timedelta(seconds=min(seconds, LONGEST_PAUSE))


def end(attempt_id: int, *, fault: str, **ended: Any) -> bool:  # noqa: ANN401 - as for move
    """The end of an attempt, and the record of it, both or neither."""
    with transaction.atomic():
        if not move(attempt_id, State.DONE, note=fault, fault=fault, **ended, **RELEASED):
            return False
        records.add(attempt_id)
    return True


def held(attempt_id: int, token: UUID) -> QuerySet[Attempt]:
    """The attempt, as long as a worker holds it with this token."""
    return Attempt.objects.filter(pk=attempt_id, token=token, state__in=ACTIVE)


def move(
    attempt_id: int,
    target: State,
    *,
    holder: UUID | None = None,
    lost_at: datetime | None = None,
    by: User | None = None,
    note: str = "",
    **changes: Any,  # noqa: ANN401 - columns of an attempt
) -> bool:
    """Change the state, and tell of it. False when the attempt is not where it should be.

    With `holder`, only for the worker that holds this token; with `lost_at`, only when its
    lease had run out by then.
    """
    fence = Q(pk=attempt_id, state__in=sources(target))
    if holder is not None:
        fence &= Q(token=holder)
    if lost_at is not None:
        fence &= Q(lease_until__lt=lost_at)
    with transaction.atomic():
        locked = Attempt.objects.select_for_update().filter(fence)
        source = locked.values_list("state", flat=True).first()
        if source is None:
            return False
        if Attempt.objects.filter(fence, state=source).update(state=target, **changes) != 1:
            return False
        Transition.objects.create(
            attempt_id=attempt_id,
            source=source,
            target=target,
            at=timezone.now(),
            by=by,
            note=storable(note)[:REASON_LENGTH],
        )
        signals.changed([attempt_id])
    return True


def rescored(attempt: Attempt, score: Score) -> None:
    """Write down what the stored report comes to by the lab as it is now."""
    done = Attempt.objects.filter(pk=attempt.pk, state=State.DONE, verdict=attempt.verdict)
    done.update(verdict=score.verdict, levels=dict(score.levels))
    signals.changed([attempt.pk])
