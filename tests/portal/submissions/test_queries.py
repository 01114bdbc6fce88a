"""Who sees which work, and which work is the newest."""

from collections.abc import Callable
from typing import Any

import pytest

from portal.courses.models import Edition, MiniProject, Team
from portal.people.models import User
from portal.submissions import queries
from portal.submissions.models import LookupStatus, Submission
from portal.submissions.states import ACTIVE, FINAL, State
from tests.factories import (
    AttemptFactory,
    LookupFactory,
    MiniProjectFactory,
    SubmissionFactory,
    TeamFactory,
)

SEES = [
    ("alice", True),
    ("bob", True),
    ("charlie", False),
    ("tina", True),
    ("amir", True),
    ("otto", False),
]


@pytest.mark.parametrize(("who", "sees"), SEES)
def test_owners_and_staff_see_work(
    work: Submission,
    who: str,
    sees: bool,
    request: pytest.FixtureRequest,
) -> None:
    person = request.getfixturevalue(who)
    attempt = AttemptFactory(submission=work)
    assert list(queries.visible_to(person)) == [work] * sees
    assert list(queries.attempts_visible_to(person)) == [attempt] * sees


def test_a_lookup_is_seen_by_who_asked(db: None, alice: User, bob: User) -> None:
    lookup = LookupFactory(person=alice)
    assert list(queries.lookups_of(alice)) == [lookup]
    assert list(queries.lookups_of(bob)) == []


def test_a_worker_gets_all_it_needs_in_one_query(
    work: Submission, django_assert_num_queries: Callable[..., Any]
) -> None:
    pk = AttemptFactory(submission=work).pk
    with django_assert_num_queries(1):
        attempt = queries.for_grading(attempt_id=pk)
        assert attempt is not None
        assert attempt.submission.mini_project.edition.secret_seed >= 0
    assert queries.for_grading(attempt_id=pk + 1) is None


def test_only_waiting_lookups_are_resolved(db: None) -> None:
    waiting = LookupFactory()
    failed = LookupFactory(status=LookupStatus.FAILED, fault="ref_not_found")
    assert queries.for_resolving(lookup_id=waiting.pk) == waiting
    assert queries.for_resolving(lookup_id=failed.pk) is None


def test_the_tokens_that_live_are_those_of_attempts_that_a_worker_holds(db: None) -> None:
    held = [AttemptFactory(state=state) for state in ACTIVE]
    for state in (State.QUEUED, *FINAL):
        AttemptFactory(state=state)
    assert queries.live_tokens() == {str(attempt.token) for attempt in held}


def test_the_newest_work_counts_and_a_rerun_of_old_work_is_not_newer(
    edition: Edition, mini_project: MiniProject, team: Team, work: Submission, alice: User
) -> None:
    AttemptFactory(submission=work, state=State.DONE)
    newer = SubmissionFactory(mini_project=mini_project, team=team)
    AttemptFactory(submission=newer, state=State.DONE)
    newest = AttemptFactory(submission=newer, number=2)
    AttemptFactory(submission=work, number=2, state=State.DONE)
    assert queries.latest_attempts(edition) == [newest]
    assert queries.latest_attempts_of(alice) == {mini_project.pk: newest}


def test_each_team_and_mini_project_has_its_own_newest(
    edition: Edition, mini_project: MiniProject, team: Team, work: Submission, charlie: User
) -> None:
    other_project = MiniProjectFactory(edition=edition)
    birch = Team.objects.get(name="Birch")
    wanted = {
        AttemptFactory(submission=work),
        AttemptFactory(submission=SubmissionFactory(mini_project=other_project, team=team)),
        AttemptFactory(submission=SubmissionFactory(mini_project=mini_project, team=birch)),
    }
    AttemptFactory()  # of another edition
    assert set(queries.latest_attempts(edition)) == wanted


@pytest.mark.parametrize("count", [3, 30])
def test_the_newest_come_in_one_query(
    edition: Edition,
    mini_project: MiniProject,
    count: int,
    django_assert_num_queries: Callable[..., Any],
) -> None:
    for _ in range(count):
        team = TeamFactory(edition=edition)
        AttemptFactory(submission=SubmissionFactory(mini_project=mini_project, team=team))
    with django_assert_num_queries(1):
        names = {
            (attempt.submission.team.name, attempt.submission.mini_project.title)
            for attempt in queries.latest_attempts(edition)
        }
    assert len(names) == count


@pytest.mark.parametrize("count", [3, 30])
def test_a_page_of_submissions_takes_three_queries(
    mini_project: MiniProject,
    team: Team,
    alice: User,
    count: int,
    django_assert_num_queries: Callable[..., Any],
) -> None:
    SubmissionFactory.create_batch(count, mini_project=mini_project, team=team)
    with django_assert_num_queries(3):
        rows = [
            (each.team.name, each.submitted_by.name, each.mini_project.edition.course.title)
            for each in queries.visible_to(alice)
        ]
    assert len(rows) == count
