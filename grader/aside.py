"""What a worker does beside: nobody waits for it, so it takes one hand of a process at most.

Links that somebody waits for are looked up by the same workers, and find the other hands free.
"""

from dataclasses import replace
from threading import Lock

import structlog
from django.utils import timezone

from grader import history
from grader.github_tasks import key_for
from grader.pipeline import fetch_policy
from grader.worker import settings
from lab_specs.faults import Code, Fault
from portal.celery_app import app
from portal.submissions import histories
from portal.submissions.models import History

HAND = Lock()
A_BELL = 20  # histories read for one bell; the reaper rings again while one is due
logger = structlog.get_logger()


@app.task(name="grader.history")
def read_histories() -> None:
    """Read who made the commits of what was handed in, one after another."""
    if not HAND.acquire(blocking=False):
        return
    try:
        for _ in range(A_BELL):
            row = histories.take(now=timezone.now())
            if row is None:
                return
            _read(row)
    finally:
        HAND.release()


def _read(row: History) -> None:
    work = row.submission
    try:
        key = key_for(work.repository, work.team_id, vouched=True)
        policy = replace(fetch_policy(settings()), key=key)
        found = history.read(work.repository, work.commit, policy)
    except Fault as fault:
        histories.fail(history_id=row.pk, code=fault.code, facts=fault.facts, now=timezone.now())
        return
    except Exception:  # whatever a history holds, the ones behind it are read
        logger.exception("history_unread", submission=work.pk)
        histories.fail(history_id=row.pk, code=Code.INTERNAL, facts={}, now=timezone.now())
        return
    histories.answer(history_id=row.pk, told=found.told(), now=timezone.now())
