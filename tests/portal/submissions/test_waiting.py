"""How long it takes, by what was measured."""

from datetime import timedelta

import pytest
from django.utils import timezone

from lab_specs.report import Verdict
from portal.submissions import workers
from portal.submissions.models import Attempt
from portal.submissions.states import State
from portal.submissions.waiting import (
    Measured,
    Wait,
    expected_wait,
    measured,
    queue_position,
)
from tests.factories import MOMENT, AttemptFactory, SubmissionFactory

pytestmark = pytest.mark.django_db


def queued(seconds: int, *, lab: str = "serving", priority: int = 0) -> Attempt:
    return AttemptFactory(
        submission=SubmissionFactory(lab=lab),
        queued_at=MOMENT + timedelta(seconds=seconds),
        priority=priority,
    )


def done(
    seconds: float, *, lab: str = "serving", verdict: Verdict = Verdict.PASSED, worker: str = "w1"
) -> Attempt:
    start = MOMENT - timedelta(hours=2)
    return AttemptFactory(
        submission=SubmissionFactory(lab=lab),
        state=State.DONE,
        verdict=verdict,
        worker=worker,
        started_at=start,
        finished_at=start + timedelta(seconds=seconds),
        phases=[{"name": "build", "seconds": seconds / 2}, {"name": "run", "seconds": 1}],
    )


def test_the_queue_is_by_priority_then_by_time() -> None:
    late, rerun, early = queued(9), queued(0, priority=5), queued(1)
    twin = queued(9)
    assert [queue_position(each, now=MOMENT) for each in (early, late, twin, rerun)] == [1, 2, 3, 4]


def test_what_does_not_wait_has_no_position() -> None:
    assert queue_position(AttemptFactory(state=State.RUNNING), now=MOMENT) is None
    assert queue_position(done(1), now=MOMENT) is None


def test_durations_are_medians_of_the_labs_own_verdicts() -> None:
    for seconds in (10, 20, 90):
        done(seconds)
    done(5, lab="training")
    done(1, verdict=Verdict.REJECTED)
    assert measured("serving") == Measured(20, {"build": 10, "run": 1})
    assert measured("quantum") == Measured(None, {})


def test_the_next_in_an_idle_portal_waits_for_its_own_run() -> None:
    done(20)
    assert expected_wait(queued(0), now=MOMENT) == Wait(position=1, seconds=20)


def test_work_ahead_is_shared_by_all_who_can_work_on_it() -> None:
    done(20)
    done(60, lab="training")
    queued(0, lab="training")
    queued(1)
    now = timezone.now()
    for started in (5, 500):
        AttemptFactory(
            submission=SubmissionFactory(),
            state=State.RUNNING,
            started_at=now - timedelta(seconds=started),
        )
    workers.tell(name="w1", slots=2)
    mine = queued(2)
    # ahead: 60 + 20 waiting, 15 and 0 left of what runs; two at once; then its own 20
    assert expected_wait(mine, now=now) == Wait(position=3, seconds=(60 + 20 + 15) / 2 + 20)


def test_a_running_attempt_has_the_rest_before_it() -> None:
    done(20)
    running = AttemptFactory(
        submission=SubmissionFactory(),
        state=State.RUNNING,
        started_at=MOMENT - timedelta(seconds=12),
    )
    assert expected_wait(running, now=MOMENT) == Wait(position=None, seconds=8)
    late = MOMENT + timedelta(minutes=5)
    assert expected_wait(running, now=late) == Wait(position=None, seconds=0)


def test_nothing_is_promised_that_was_never_measured() -> None:
    done(20)
    queued(0, lab="training")
    assert expected_wait(queued(1), now=MOMENT) == Wait(position=2, seconds=None)
    assert expected_wait(queued(2, lab="quantum"), now=MOMENT) == Wait(position=3, seconds=None)


def test_an_ended_attempt_waits_for_nothing() -> None:
    assert expected_wait(done(20), now=MOMENT) == Wait(position=None, seconds=None)
