"""The outbox's rows: asked for, taken by a worker, answered, tried again.

The row is the truth, the message to a worker only a doorbell, as for attempts. What an answer
means is said in `portal.github.kinds`.
"""

import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Greatest
from django.utils import timezone

from lab_specs.troubles import Trouble
from portal.common.text import storable_json
from portal.github.models import Errand, ErrandStatus
from portal.people.models import User
from portal.submissions import dispatch

HELD = timedelta(minutes=3)  # longer than a worker takes for one errand
RING_AGAIN = timedelta(minutes=1)  # after a bell that nobody seems to have heard
A_ROUND = 200  # bells at once
MOST_TRIES = 12
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 900.0  # seconds before another try; twice as long each time
JITTER = 0.2
KEPT = timedelta(days=30)  # how long what is over can still be looked up
FAILURES_KEPT = timedelta(days=120)


def ask(
    kind: str,
    key: str,
    arguments: Mapping[str, Any] | None = None,
    *,
    person: User | None = None,
    lane: str = "",
    after: timedelta = timedelta(0),
) -> Errand:
    """Have something done at GitHub. While it waits, asking again changes what is asked for.

    `lane` names what shares a rate limit, such as an installation; `after`: not before then.
    """
    now = timezone.now()
    told = {"arguments": storable_json(arguments or {}), "person": person, "lane": lane}
    with transaction.atomic():
        waiting = Errand.objects.select_for_update().filter(
            kind=kind, key=key, status=ErrandStatus.WAITING
        )
        row = waiting.first() or _made(kind, key, made_at=now, next_try=now + after, **told)
        waiting.filter(pk=row.pk).update(asked_again=True, **told)
        if not after:
            transaction.on_commit(partial(announce, row.pk))
    row.refresh_from_db()
    return row


def _made(kind: str, key: str, **columns: Any) -> Errand:  # noqa: ANN401 - columns
    """A new row; two that ask at once get the same one."""
    try:
        with transaction.atomic():
            return Errand.objects.create(kind=kind, key=key, **columns)
    except IntegrityError:
        return Errand.objects.get(kind=kind, key=key, status=ErrandStatus.WAITING)


def take(errand_id: int) -> Errand | None:
    """The errand, held for this worker; None when it is done, not due, or somebody else's."""
    now = timezone.now()
    token = uuid4()
    if (
        not _due(now)
        .filter(pk=errand_id)
        .update(token=token, held_until=now + HELD, asked_again=False, tries=F("tries") + 1)
    ):
        return None
    return Errand.objects.get(pk=errand_id, token=token)


def end(errand_id: int, token: UUID, answer: Any) -> bool:  # noqa: ANN401 - any JSON value
    """It is done. False when the worker no longer holds it: then the answer counts nothing.

    What was asked again meanwhile waits for another round; this answer is kept all the same.
    """
    now = timezone.now()
    mine = _mine(errand_id, token)
    told = {"answer": storable_json(answer), "fault": "", "facts": {}, **_released()}
    once_more = mine.filter(asked_again=True).update(next_try=now, tries=0, **told)
    if once_more:
        transaction.on_commit(partial(announce, errand_id))
        return True
    return mine.update(status=ErrandStatus.DONE, ended_at=now, **told) == 1


def put_back(
    errand_id: int, token: UUID, *, code: Trouble, facts: Mapping[str, Any], after: float | None
) -> bool:
    """Try again later: after so many seconds, or after a pause that grows. False as for `end`."""
    mine = _mine(errand_id, token)
    row = mine.first()
    if row is None:
        return False
    until = timezone.now() + timedelta(seconds=_pause(row.tries) if after is None else after)
    if row.lane and code is Trouble.RATE_LIMITED:
        hold_back(row.lane, until)
    told = {"fault": code.value, "facts": storable_json(facts), **_released()}
    return mine.update(next_try=until, **told) == 1


def fail(errand_id: int, token: UUID, *, code: Trouble, facts: Mapping[str, Any]) -> bool:
    """It cannot be done; somebody has to act first. False when it goes on all the same.

    That is so when the worker no longer holds it, and when it was asked again meanwhile: what is
    wanted now may be possible.
    """
    now = timezone.now()
    mine = _mine(errand_id, token)
    told = {"fault": code.value, "facts": storable_json(facts), **_released()}
    if mine.filter(asked_again=True).update(next_try=now, tries=0, **told):
        transaction.on_commit(partial(announce, errand_id))
        return False
    return mine.update(status=ErrandStatus.FAILED, ended_at=now, **told) == 1


def hold_back(lane: str, until: datetime) -> None:
    """Nothing of this lane is tried before then: each try would only cost more of the limit."""
    waiting = Errand.objects.filter(lane=lane, status=ErrandStatus.WAITING)
    waiting.update(next_try=Greatest("next_try", until))


def ring_due(*, now: datetime) -> int:
    """Ring for what is due and nobody seems to have heard of. How often it rang."""
    unheard = (
        Q(announced_at=None)
        | Q(announced_at__lt=F("next_try"))
        | Q(announced_at__lt=now - RING_AGAIN)
    )
    rung = 0
    for pk in _due(now).filter(unheard).values_list("pk", flat=True)[:A_ROUND]:
        if not announce(pk):
            break
        rung += 1
    return rung


def next_due(*, now: datetime) -> int | None:
    """What waits longest for a worker; None when nothing does."""
    return _due(now).values_list("pk", flat=True).first()


def forget(*, now: datetime) -> None:
    """Remove what was done long ago; what failed stays longer, for people to read."""
    Errand.objects.filter(status=ErrandStatus.DONE, ended_at__lt=now - KEPT).delete()
    Errand.objects.filter(status=ErrandStatus.FAILED, ended_at__lt=now - FAILURES_KEPT).delete()


def forget_older(errand: Errand) -> None:
    """Remove earlier answers to what is asked again and again: only the last one matters."""
    same = Errand.objects.filter(kind=errand.kind, key=errand.key)
    same.exclude(status=ErrandStatus.WAITING).exclude(pk=errand.pk).delete()


def announce(errand_id: int) -> bool:
    """Ring for one errand. False without a broker."""
    rung = dispatch.ring_github(errand_id)
    if rung:
        Errand.objects.filter(pk=errand_id).update(announced_at=timezone.now())
    return rung


def _due(now: datetime) -> QuerySet[Errand]:
    free = Q(held_until=None) | Q(held_until__lt=now)
    waiting = Errand.objects.filter(free, status=ErrandStatus.WAITING, next_try__lte=now)
    return waiting.order_by("next_try", "pk")


def _mine(errand_id: int, token: UUID) -> QuerySet[Errand]:
    return Errand.objects.filter(pk=errand_id, token=token, status=ErrandStatus.WAITING)


def _released() -> dict[str, Any]:
    return {"token": None, "held_until": None}


def _pause(tries: int) -> float:
    about = random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - nobody gains by guessing it
    return min(FIRST_PAUSE * 2.0 ** max(0, tries - 1), LONGEST_PAUSE) * about
