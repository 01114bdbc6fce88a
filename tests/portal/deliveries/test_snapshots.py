"""The default branch at a deadline: by itself, exactly once, and after a night without power."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from lab_specs.faults import Code
from portal.courses import teams
from portal.courses.models import Edition, Extension, MiniProject, Team
from portal.deliveries import domain, snapshots
from portal.deliveries.models import Delivery, Snapshot
from portal.deliveries.snapshots import Round, take_due
from portal.deliveries.tasks import take_snapshots
from portal.people.models import User
from portal.submissions import lookups
from portal.submissions.lanes import Lane
from portal.submissions.models import Attempt, Lookup, Submission
from tests.conftest import Bell
from tests.factories import EnrolmentFactory, SubmissionFactory, UserFactory
from tests.portal.deliveries.conftest import DUE, REPOSITORY

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
COMMIT = "c" * 40


def answer(commit: str = COMMIT, committed_at: datetime | None = None) -> None:
    lookups.answer_lookup(
        lookup_id=Lookup.objects.latest("pk").pk, commit=commit, committed_at=committed_at
    )


@pytest.mark.rule("DTU-13")
def test_what_stands_there_at_the_deadline_is_taken_once(linked: Team) -> None:
    assert take_due(now=DUE) == Round()  # its last second is the students'
    assert take_due(now=DUE + SECOND) == Round(asked=1)
    lookup = Lookup.objects.get()
    assert (lookup.repository, lookup.ref) == (REPOSITORY, "")
    assert take_due(now=DUE + 2 * SECOND) == Round()
    answer(committed_at=DUE - timedelta(hours=3))
    taken_at = DUE + 9 * SECOND
    assert take_due(now=taken_at) == Round(taken=1)
    taken = Delivery.objects.get(deliverable="report")
    assert (taken.team, taken.commit, taken.link, taken.at) == (linked, COMMIT, REPOSITORY, DUE)
    assert Snapshot.objects.get().taken_at == taken_at
    for hours in range(30):
        assert take_due(now=taken_at + timedelta(hours=hours)) == Round()
    assert (Snapshot.objects.count(), Lookup.objects.count()) == (1, 1)


@pytest.mark.rule("DTU-13")
def test_a_portal_that_was_down_at_midnight_catches_up_and_says_when(linked: Team) -> None:
    morning = DUE + timedelta(hours=9)
    assert take_due(now=morning) == Round(asked=1)
    answer(committed_at=DUE + timedelta(hours=2))
    take_due(now=morning + SECOND)
    assert Snapshot.objects.get().taken_at == morning + SECOND
    # Its commit says that it came after the deadline, so that is when it counts.
    assert Delivery.objects.get(deliverable="report").at == DUE + timedelta(hours=2)


def test_a_deadline_of_long_ago_is_history(linked: Team) -> None:
    assert take_due(now=DUE + snapshots.CATCH_UP) == Round()


def test_the_worker_is_told_by_the_name_of_a_task(
    linked: Team, bell: Bell, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        take_due(now=DUE + SECOND)
    assert [ring.task for ring in bell.rings()] == ["grader.resolve"]


def test_a_host_that_is_away_is_asked_again_with_pauses(linked: Team) -> None:
    now = DUE + SECOND
    take_due(now=now)
    for code in (Code.WORKER_LOST, Code.REPOSITORY_NOT_FOUND):
        lookups.fail_lookup(lookup_id=Lookup.objects.latest("pk").pk, code=code, facts={})
        assert take_due(now=now).failed == 1
        assert Snapshot.objects.get().fault == code.value
        assert take_due(now=now + SECOND) == Round()
        now = Snapshot.objects.get().next_try
        assert take_due(now=now) == Round(asked=1)
    answer()
    assert take_due(now=now) == Round(taken=1)
    assert Snapshot.objects.get().fault == ""


def test_it_gives_up_after_about_a_day(linked: Team) -> None:
    now = DUE + SECOND
    for _ in range(snapshots.MOST_TRIES):
        assert take_due(now=now).asked == 1
        lookups.fail_lookup(
            lookup_id=Lookup.objects.latest("pk").pk, code=Code.REPOSITORY_NOT_FOUND, facts={}
        )
        take_due(now=now)
        now = Snapshot.objects.get().next_try
    assert timedelta(hours=18) < now - DUE < timedelta(days=3)
    assert take_due(now=now) == Round()


def test_more_time_takes_another_one_then(linked: Team, project: MiniProject, ann: User) -> None:
    take_due(now=DUE + SECOND)
    answer()
    take_due(now=DUE + SECOND)
    later = DUE + timedelta(days=2)
    Extension.objects.create(
        mini_project=project, team=linked, until=later, reason="ill", by=ann, at=DUE
    )
    assert take_due(now=later) == Round()
    assert take_due(now=later + SECOND) == Round(asked=1)
    answer("d" * 40)
    take_due(now=later + SECOND)
    commits = Delivery.objects.filter(deliverable="report").values_list("commit", flat=True)
    assert list(commits) == ["d" * 40, COMMIT]


def test_only_teams_whose_repository_is_known(course: Edition, cedar: Team) -> None:
    assert take_due(now=DUE + SECOND) == Round()
    assert not Snapshot.objects.exists()


def test_a_link_elsewhere_is_no_repository(project: MiniProject, cedar: Team, ann: User) -> None:
    domain.deliver(
        mini_project=project, deliverable="link", by=ann, link="https://elsewhere.example/x"
    )
    assert take_due(now=DUE + SECOND) == Round()


def test_work_for_a_lab_is_graded_behind_what_people_wait_for(
    project: MiniProject, linked: Team, ann: User
) -> None:
    project.labs = ["serving"]
    project.save()
    SubmissionFactory(
        mini_project=project, team=linked, submitted_by=ann, repository=REPOSITORY, context="app"
    )
    take_due(now=DUE + SECOND)
    answer()
    take_due(now=DUE + SECOND)
    attempt = Attempt.objects.get()
    assert (attempt.priority, attempt.reason) == (Lane.SNAPSHOT, "Taken at the deadline.")
    work = attempt.submission
    assert (work.commit, work.context, work.created_at, work.late) == (COMMIT, "app", DUE, False)
    assert Snapshot.objects.get().submission == work


def test_a_commit_that_was_handed_in_is_not_graded_again(
    project: MiniProject, linked: Team, ann: User
) -> None:
    project.labs = ["serving"]
    project.save()
    SubmissionFactory(mini_project=project, team=linked, submitted_by=ann, commit=COMMIT)
    take_due(now=DUE + SECOND)
    answer()
    take_due(now=DUE + SECOND)
    assert Submission.objects.count() == 1
    assert not Attempt.objects.exists()
    assert Delivery.objects.get(deliverable="report").commit == COMMIT


@pytest.mark.parametrize("count", [2, 12])
def test_a_round_without_work_takes_as_many_queries_for_any_class(
    project: MiniProject, count: int, django_assert_num_queries: Callable[..., Any]
) -> None:
    for number in range(count):
        person = EnrolmentFactory(edition=project.edition, person=UserFactory()).person
        team = teams.found(edition=project.edition, name=f"Team {number}", people=[person])
        SubmissionFactory(mini_project=project, team=team, submitted_by=person)
    take_due(now=DUE + SECOND)
    Lookup.objects.update(created_at=DUE)
    with django_assert_num_queries(12):
        assert take_due(now=DUE + 2 * SECOND) == Round()


def test_the_task_takes_a_round(linked: Team) -> None:
    take_snapshots()
