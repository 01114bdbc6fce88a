"""What is known of the workers: who is there, and who pauses and why. They tell it themselves."""

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet, Sum
from django.utils import timezone

from portal.common.text import storable
from portal.submissions.models import REASON_LENGTH, Worker

SEEN_WITHIN = timedelta(minutes=1)  # one that is there says so every few seconds
FORGET_AFTER = timedelta(days=1)


def tell(
    *,
    name: str,
    slots: int,
    failures: int = 0,
    paused_until: datetime | None = None,
    reason: str = "",
) -> None:
    """A worker says that it is there, and how it is."""
    Worker.objects.update_or_create(
        name=name[:120],
        defaults={
            "seen_at": timezone.now(),
            "slots": slots,
            "failures": failures,
            "paused_until": paused_until,
            "reason": storable(reason)[:REASON_LENGTH],
        },
    )


def leave(*, name: str) -> None:
    """A worker ends as it should: nobody need look for it."""
    Worker.objects.filter(name=name[:120]).delete()


def present(*, now: datetime) -> QuerySet[Worker]:
    """The workers that were heard of just now."""
    return Worker.objects.filter(seen_at__gte=now - SEEN_WITHIN)


def slots(*, now: datetime) -> int:
    """How many attempts can run at once; at least one."""
    at_work = Q(paused_until__isnull=True) | Q(paused_until__lte=now)
    return present(now=now).filter(at_work).aggregate(all=Sum("slots"))["all"] or 1


def forget(*, now: datetime) -> int:
    """Remove workers that nobody has heard of for long; how many."""
    return Worker.objects.filter(seen_at__lt=now - FORGET_AFTER).delete()[0]
