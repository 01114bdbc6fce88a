"""The reaper: every few seconds it looks for what was lost, and has it done again."""

import structlog
from celery import shared_task
from django.utils import timezone

from portal.people import limits
from portal.submissions import domain, histories, lookups, workers

log = structlog.get_logger()


@shared_task(name="portal.reap")
def reap() -> None:
    """Queue lost attempts again, and ring for attempts and lookups that nobody heard of.

    Limits that are over and workers that are gone are forgotten on the way.
    """
    now = timezone.now()
    released = domain.release_lost(now=now)
    rung = lookups.ring_again(now=now)
    histories.ring_again(now=now)
    limits.forget(now=now)
    workers.forget(now=now)
    if released != domain.Released(0, 0, 0) or rung:
        log.info(
            "reaped",
            requeued=released.requeued,
            crashed=released.crashed,
            announced=released.announced,
            lookups=rung,
        )
