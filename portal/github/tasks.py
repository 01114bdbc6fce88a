"""The rounds that ring for what waits to be done at GitHub, and find what was lost."""

import structlog
from celery import shared_task
from django.utils import timezone

from portal.github import errands, hooks, looking, proofs, pulls, pushes, verdicts

log = structlog.get_logger()


@shared_task(name="portal.github")
def ring() -> None:
    """One round; it says what it did, when it did something."""
    now = timezone.now()
    errands.forget(now=now)
    if rung := errands.ring_due(now=now):
        log.info("github", rung=rung)
    take_pushes()


@shared_task(name="portal.pushes")
def take_pushes() -> None:
    """Hand in the pushes that have waited long enough."""
    if taken := pushes.take_due(now=timezone.now()):
        log.info("pushes", taken=taken)


@shared_task(name="portal.github_lost")
def find_lost() -> None:
    """Look for messages, pushes and verdicts that nobody heard of, and how work came about."""
    now = timezone.now()
    if asked := pulls.ask_due(now=now):
        log.info("workflows", asked=asked)
    if asked := proofs.ask_due(now=now):
        log.info("watches", asked=asked)
    hooks.handle_waiting(now=now)
    looked, told = looking.ask_due(now=now), verdicts.find_lost(now=now)
    if looked or told:
        log.info("github_lost", installations=looked, verdicts=told)
