"""The round that rings for what waits to be done at GitHub."""

import structlog
from celery import shared_task
from django.utils import timezone

from portal.github import errands

log = structlog.get_logger()


@shared_task(name="portal.github")
def ring() -> None:
    """One round; it says what it did, when it did something."""
    now = timezone.now()
    errands.forget(now=now)
    if rung := errands.ring_due(now=now):
        log.info("github", rung=rung)
