"""Failures of ours: tried again after a while, then told; lost workers, lost bells."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from lab_specs.faults import Code
from lab_specs.report import Verdict
from portal.courses.models import MiniProject, Team
from portal.people.models import User
from portal.submissions import dispatch, domain, moves
from portal.submissions.domain import Released
from portal.submissions.models import Attempt, Submission
from portal.submissions.moves import MAX_RETRIES
from portal.submissions.states import State
from tests.claims import take
from tests.conftest import Bell, Ring
from tests.factories import MOMENT, AttemptFactory

BELL = Ring("grader.grade", {})


def notes(attempt: Attempt) -> list[str]:
    return list(attempt.transitions.values_list("note", flat=True))


def fail(attempt: Attempt) -> None:
    assert domain.record(
        attempt_id=attempt.pk,
        token=take(attempt.pk),
        verdict=Verdict.CRASHED,
        fault=Code.ENGINE_UNAVAILABLE,
    )
    attempt.refresh_from_db()


# A failure of ours


def test_a_failure_of_ours_is_tried_again_and_then_told(work: Submission) -> None:
    attempt = AttemptFactory(submission=work, announced_at=MOMENT)
    for turn in range(1, MAX_RETRIES + 1):
        fail(attempt)
        assert (attempt.state, attempt.verdict) == (State.QUEUED, None)
        assert (attempt.retries, attempt.announced_at) == (turn, None)
        assert notes(attempt)[-1] == f"engine_unavailable, tried again ({turn} of {MAX_RETRIES})"
    fail(attempt)
    assert (attempt.state, attempt.verdict) == (State.DONE, Verdict.CRASHED)
    assert attempt.fault == "engine_unavailable"


def test_what_failed_just_now_is_left_alone_for_a_while(work: Submission, bell: Bell) -> None:
    attempt = AttemptFactory(submission=work)
    fail(attempt)
    assert attempt.not_before is not None
    assert domain.claim_next(worker="w2", lease_seconds=60) is None
    assert domain.release_lost(now=timezone.now()) == Released(0, 0, 0)
    assert bell.rings() == []
    assert domain.release_lost(now=attempt.not_before) == Released(0, 0, announced=1)
    assert bell.rings() == [BELL]


def test_other_work_goes_on_meanwhile(work: Submission) -> None:
    fail(AttemptFactory(submission=work))
    other = AttemptFactory(queued_at=MOMENT + timedelta(days=1))
    take(other.pk)


def test_when_its_time_has_come_it_is_taken(work: Submission) -> None:
    attempt = AttemptFactory(
        submission=work, not_before=timezone.now() - timedelta(milliseconds=1), retries=1
    )
    claimed = domain.claim_next(worker="w2", lease_seconds=60)
    assert claimed is not None
    attempt.refresh_from_db()
    assert (attempt.token, attempt.not_before) == (claimed.token, None)


@given(st.integers(0, 30))
def test_each_pause_is_longer_up_to_a_limit(retries: int) -> None:
    about = 5 * 3**retries
    seconds = moves.pause(retries).total_seconds()
    assert min(0.8 * about, 300) <= seconds <= min(1.2 * about, 300)


def test_pauses_differ() -> None:
    assert len({moves.pause(1) for _ in range(20)}) > 1


# A lost worker


def test_a_lost_attempt_is_queued_again_and_rung_for_at_once(work: Submission, bell: Bell) -> None:
    attempt = AttemptFactory(submission=work)
    take(attempt.pk)
    later = timezone.now() + timedelta(seconds=61)
    assert domain.release_lost(now=later) == Released(requeued=1, crashed=0, announced=1)
    assert bell.rings() == [BELL]
    attempt.refresh_from_db()
    assert (attempt.state, attempt.token, attempt.not_before) == (State.QUEUED, None, None)
    assert notes(attempt)[-1] == f"worker_lost, tried again (1 of {MAX_RETRIES})"


@pytest.mark.parametrize("retries", [0, MAX_RETRIES])
def test_a_heartbeat_in_the_last_moment_saves_the_attempt(
    work: Submission, retries: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reaper has seen the lease run out, but has not acted on it yet."""
    attempt = AttemptFactory(submission=work, state=State.RUNNING, retries=retries)
    retry = moves.retry

    def beat_first(attempt_id: int, token: UUID, **rest: Any) -> bool:
        assert domain.heartbeat(attempt_id=attempt_id, token=token, lease_seconds=60)
        return retry(attempt_id, token, **rest)

    monkeypatch.setattr(moves, "retry", beat_first)
    later = MOMENT + timedelta(hours=1)
    assert domain.release_lost(now=later) == Released(0, 0, 0)
    attempt.refresh_from_db()
    assert attempt.state == State.RUNNING


def test_an_attempt_that_keeps_losing_its_worker_ends_as_crashed(work: Submission) -> None:
    attempt = AttemptFactory(submission=work, state=State.RUNNING, retries=MAX_RETRIES)
    later = MOMENT + timedelta(hours=1)
    assert domain.release_lost(now=later) == Released(requeued=0, crashed=1, announced=0)
    attempt.refresh_from_db()
    assert (attempt.state, attempt.verdict) == (State.DONE, Verdict.CRASHED)
    assert attempt.fault == "worker_lost"


def test_a_lease_that_still_runs_is_left_alone(work: Submission) -> None:
    attempt = AttemptFactory(submission=work, state=State.RUNNING)
    assert domain.release_lost(now=MOMENT) == Released(0, 0, 0)
    attempt.refresh_from_db()
    assert attempt.state == State.RUNNING


def test_a_worker_that_was_paused_past_its_lease_changes_nothing(work: Submission) -> None:
    """Stopped in the middle, it comes back when another has the attempt, or has finished it."""
    attempt = AttemptFactory(submission=work)
    old = take(attempt.pk, "stopped")
    domain.release_lost(now=timezone.now() + timedelta(seconds=61))
    new = take(attempt.pk, "next")
    late = {"attempt_id": attempt.pk, "token": old}
    assert not domain.heartbeat(**late, lease_seconds=60)
    assert not domain.advance(**late, to_state=State.BUILDING)
    assert not domain.record(**late, verdict=Verdict.CRASHED, fault=Code.INTERNAL)
    assert not domain.record(**late, verdict=Verdict.FAILED)
    assert domain.record(attempt_id=attempt.pk, token=new, verdict=Verdict.PASSED)
    assert not domain.record(**late, verdict=Verdict.FAILED)
    attempt.refresh_from_db()
    assert (attempt.verdict, attempt.worker, attempt.retries) == (Verdict.PASSED, "next", 1)
    assert attempt.records.count() == 1


# Bells


def test_a_wiped_broker_is_rung_again(db: None, bell: Bell) -> None:
    attempts = [AttemptFactory(announced_at=MOMENT) for _ in range(3)]
    assert domain.release_lost(now=MOMENT).announced == len(attempts)
    assert bell.rings() == [BELL] * len(attempts)
    assert domain.release_lost(now=MOMENT).announced == len(attempts)  # lost once more


def test_no_more_is_rung_than_is_missing(db: None, bell: Bell) -> None:
    for _ in range(3):
        AttemptFactory()
    assert dispatch.ring_grade()
    assert domain.release_lost(now=MOMENT).announced == 2
    assert domain.release_lost(now=MOMENT).announced == 0
    assert bell.rings() == [BELL] * 3


def test_a_long_queue_needs_no_bell_for_each(
    db: None, bell: Bell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(domain, "ENOUGH_BELLS", 2)
    for _ in range(4):
        AttemptFactory(announced_at=None)
    assert domain.release_lost(now=MOMENT).announced == 2
    assert not Attempt.objects.filter(announced_at__isnull=True).exists()


def test_without_a_broker_nothing_is_told_as_announced(
    work: Submission, monkeypatch: pytest.MonkeyPatch
) -> None:
    AttemptFactory(submission=work, announced_at=None)
    monkeypatch.setattr(dispatch, "unanswered", lambda: 0)
    monkeypatch.setattr(dispatch, "ring_grade", lambda: False)
    assert domain.release_lost(now=MOMENT) == Released(0, 0, 0)
    assert Attempt.objects.filter(announced_at__isnull=True).exists()


def test_every_bell_heard_twice_grades_everything_once(
    mini_project: MiniProject,
    team: Team,
    alice: User,
    bell: Bell,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        attempt = domain.submit(
            mini_project=mini_project,
            team=team,
            by=alice,
            lab="serving",
            repository="https://github.com/alice/digits",
            commit="b" * 40,
        ).attempt
    AttemptFactory()
    domain.release_lost(now=timezone.now())
    graded = []
    for _ in bell.rings() * 2:
        if claimed := domain.claim_next(worker="w", lease_seconds=60):
            assert domain.record(
                attempt_id=claimed.attempt_id, token=claimed.token, verdict=Verdict.PASSED
            )
            graded.append(claimed.attempt_id)
    assert sorted(graded) == sorted(Attempt.objects.values_list("pk", flat=True))
    attempt.refresh_from_db()
    assert attempt.records.count() == 1
