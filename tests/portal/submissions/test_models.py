"""The database itself refuses what must never be."""

from datetime import timedelta

import pytest
from django.db import IntegrityError

from lab_specs.report import Verdict
from portal.courses.models import MiniProject, Team
from portal.submissions.models import LookupStatus, Submission
from portal.submissions.states import ACTIVE, FINAL, LIVE, State
from tests.factories import MOMENT, AttemptFactory, LookupFactory, SubmissionFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("state", [state for state in State if state is not State.DONE])
def test_no_verdict_before_the_end(state: State) -> None:
    with pytest.raises(IntegrityError):
        AttemptFactory(state=state, verdict=Verdict.PASSED)


def test_no_end_without_a_verdict() -> None:
    with pytest.raises(IntegrityError):
        AttemptFactory(state=State.DONE, verdict=None)


def test_no_verdict_that_does_not_exist() -> None:
    with pytest.raises(IntegrityError):
        AttemptFactory(state=State.DONE, verdict="great")


@pytest.mark.parametrize("state", ACTIVE)
@pytest.mark.parametrize("column", ["token", "lease_until"])
def test_what_is_active_is_held(state: State, column: str) -> None:
    with pytest.raises(IntegrityError):
        AttemptFactory(state=state, **{column: None})


@pytest.mark.parametrize("state", [State.QUEUED, *FINAL])
def test_what_is_not_active_is_not_held(state: State) -> None:
    with pytest.raises(IntegrityError):
        AttemptFactory(state=state, lease_until=MOMENT)


@pytest.mark.parametrize("state", LIVE)
def test_a_submission_has_one_live_attempt(state: State) -> None:
    attempt = AttemptFactory(state=state)
    with pytest.raises(IntegrityError):
        AttemptFactory(submission=attempt.submission, number=2)


@pytest.mark.parametrize("commit", ["", "main", "a" * 39, "A" * 40, "g" * 40])
def test_a_submission_names_a_whole_commit(commit: str) -> None:
    with pytest.raises(IntegrityError):
        SubmissionFactory(commit=commit)


@pytest.mark.parametrize("status", [LookupStatus.FOUND, LookupStatus.FAILED])
def test_an_answered_lookup_says_what_came_out(status: LookupStatus) -> None:
    with pytest.raises(IntegrityError):
        LookupFactory(status=status)


@pytest.mark.parametrize(("seconds", "late"), [(-1, True), (0, False), (1, False), (None, False)])
def test_late_is_after_the_deadline(
    mini_project: MiniProject, team: Team, seconds: int | None, late: bool
) -> None:
    mini_project.deadline = None if seconds is None else MOMENT + timedelta(seconds=seconds)
    mini_project.save()
    assert Submission(mini_project=mini_project, team=team, created_at=MOMENT).late is late
