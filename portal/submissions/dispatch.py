"""The doorbell: tells workers, by the name of a task, that there is something to do.

The only module that sends a task. A message that is lost loses nothing: the row stays, and
`portal.reap` rings again.
"""

import structlog
from kombu.exceptions import OperationalError

from portal.celery_app import app

log = structlog.get_logger()


def ring_grade(attempt_id: int, *, priority: int = 0) -> bool:
    """Announce a queued attempt. False when the broker cannot be reached."""
    return _ring("grader.grade", priority=priority, attempt_id=attempt_id)


def ring_resolve(lookup_id: int) -> bool:
    """Announce a link to be resolved. False when the broker cannot be reached."""
    return _ring("grader.resolve", priority=0, lookup_id=lookup_id)


def _ring(task: str, *, priority: int, **kwargs: int) -> bool:
    try:
        app.send_task(task, kwargs=kwargs, priority=priority, retry=False)
    except OperationalError as error:
        log.warning("broker_unreachable", task=task, error=str(error), **kwargs)
        return False
    return True
