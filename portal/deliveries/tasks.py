"""The periodic round that takes snapshots, and rings again for what else waits to be read."""

import structlog
from celery import shared_task
from django.utils import timezone

from portal.deliveries import readings, snapshots
from portal.similarity import domain as comparisons

log = structlog.get_logger()


@shared_task(name="portal.snapshots")
def take_snapshots() -> None:
    """One round; it says what it did, when it did something."""
    done = snapshots.take_due(now=timezone.now())
    rung = readings.ring_again(now=timezone.now())
    comparisons.ring_again(now=timezone.now())
    if done != snapshots.Round() or rung:
        log.info("snapshots", asked=done.asked, taken=done.taken, failed=done.failed, rung=rung)
