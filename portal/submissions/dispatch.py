"""The doorbell: tells workers, by the name of a task, that there is something to do.

The only module that sends a task. A message that is lost loses nothing: the row stays, and
`portal.reap` rings again.
"""

from typing import Any

import structlog
from kombu.exceptions import OperationalError

from portal.celery_app import GRADE_QUEUE, app

log = structlog.get_logger()


def ring_grade() -> bool:
    """Tell that there is work to be graded. False when the broker cannot be reached.

    Which work is for the worker who comes to find out: one ring too many harms nobody.
    """
    return _ring("grader.grade")


def ring_resolve(lookup_id: int) -> bool:
    """Announce a link to be resolved. False when the broker cannot be reached."""
    return _ring("grader.resolve", lookup_id=lookup_id)


def ring_read(reading_id: int) -> bool:
    """Announce a document to be read. False when the broker cannot be reached."""
    return _ring("grader.read", reading_id=reading_id)


def ring_github(errand_id: int) -> bool:
    """Announce something to be done at GitHub. False when the broker cannot be reached."""
    return _ring("grader.github", errand_id=errand_id)


def ring_history() -> bool:
    """Tell that histories wait to be read. False when the broker cannot be reached."""
    return _ring("grader.history")


def ring_pushes(*, after: float) -> bool:
    """Tell, so many seconds from now, that a push is due. False without a broker."""
    return _ring("portal.pushes", after=after)


def ring_compare() -> bool:
    """Tell that groups wait to be compared. False when the broker cannot be reached."""
    return _ring("grader.compare")


def unanswered() -> int | None:
    """How many rings for grading no worker has heard yet; None without a broker."""
    with app.connection_for_read() as connection:
        away: Any = (OperationalError, *connection.connection_errors)
        try:
            channel: Any = connection.default_channel
            return int(channel.queue_declare(GRADE_QUEUE).message_count)
        except away as error:
            log.warning("broker_unreachable", error=str(error))
            return None


def _ring(task: str, *, after: float = 0, **kwargs: int) -> bool:
    try:
        app.send_task(task, kwargs=kwargs, retry=False, countdown=after or None)
    except OperationalError as error:
        log.warning("broker_unreachable", task=task, error=str(error), **kwargs)
        return False
    return True
