"""The reaper's task."""

from datetime import timedelta

from portal.celery_app import app
from portal.submissions import reap
from portal.submissions.models import Submission
from portal.submissions.states import State
from tests.conftest import Bell, Ring
from tests.factories import MOMENT, AttemptFactory, LookupFactory, SubmissionFactory


def test_one_round_releases_and_rings(work: Submission, bell: Bell) -> None:
    lost = AttemptFactory(submission=work, state=State.BUILDING)
    AttemptFactory(submission=SubmissionFactory(), queued_at=MOMENT + timedelta(minutes=1))
    now = MOMENT + timedelta(days=40)
    lookup = LookupFactory(created_at=now + timedelta(days=3650))
    reap.reap()
    assert bell.rings() == [
        Ring("grader.grade", {}),
        Ring("grader.grade", {}),
        Ring("grader.resolve", {"lookup_id": lookup.pk}),
    ]
    lost.refresh_from_db()
    assert lost.state == State.QUEUED


def test_the_task_is_known_by_the_name_that_the_clock_calls() -> None:
    clock = app.conf.beat_schedule["reap"]
    assert clock["task"] == reap.reap.name == "portal.reap"
    assert clock["schedule"] <= 10
