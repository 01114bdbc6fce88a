"""Lateness, absence and incompleteness become facts by themselves."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from portal.courses import teams
from portal.courses.models import Edition, Extension, MiniProject, Team
from portal.deliveries.facts import Standing, delivered, incomplete, standings
from portal.deliveries.models import Delivery
from portal.people.models import User
from tests.factories import EnrolmentFactory, SubmissionFactory, UserFactory
from tests.portal.deliveries.conftest import DUE

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


def put(project: MiniProject, team: Team, item: str, at: Any) -> Delivery:
    return Delivery.objects.create(
        mini_project=project, team=team, deliverable=item, at=at, text="x"
    )


def told(edition: Edition, person: User, now: Any) -> dict[str, str]:
    return {each.deliverable.id: each.standing for each in standings(edition, now=now)[person.pk]}


def test_each_member_has_the_facts_of_the_team(
    course: Edition, project: MiniProject, cedar: Team, ann: User
) -> None:
    early = DUE - timedelta(days=22)
    SubmissionFactory(
        mini_project=project, team=cedar, created_at=DUE + timedelta(milliseconds=900)
    )
    put(project, cedar, "report", DUE + SECOND)
    put(project, cedar, "report", DUE + timedelta(days=3))
    assert told(course, ann, early) == {
        "code": Standing.THERE,
        "link": Standing.OPEN,
        "update": Standing.OPEN,
        "report": Standing.LATE,
    }
    ben = cedar.members.get(username="ben")
    after = standings(course, now=DUE + SECOND)
    for person in (ann, ben):
        assert [each.deliverable.id for each in incomplete(after[person.pk])] == ["link", "update"]
        assert told(course, person, DUE + SECOND)["update"] == Standing.MISSING


@pytest.mark.rule("HOG-21")
def test_what_was_there_first_counts_and_the_newest_is_read(
    course: Edition, project: MiniProject, cedar: Team
) -> None:
    put(project, cedar, "report", DUE)
    newest = put(project, cedar, "report", DUE + timedelta(days=1))
    first = delivered(course)[project.pk, cedar.pk]["report"]
    assert (first.at, first.newest) == (DUE, newest.pk)


def test_more_time_makes_it_punctual(
    course: Edition, project: MiniProject, cedar: Team, ann: User
) -> None:
    put(project, cedar, "report", DUE + SECOND)
    Extension.objects.create(
        mini_project=project,
        team=cedar,
        deliverable="report",
        until=DUE + SECOND,
        reason="ill",
        by=ann,
        at=DUE,
    )
    assert told(course, ann, DUE)["report"] == Standing.THERE


def test_a_student_without_a_team_lacks_everything(course: Edition) -> None:
    lone = EnrolmentFactory(edition=course).person
    assert set(told(course, lone, DUE + SECOND).values()) == {Standing.MISSING}


@pytest.mark.parametrize("count", [3, 30])
def test_a_whole_class_takes_as_many_queries(
    course: Edition, project: MiniProject, count: int, django_assert_num_queries: Callable[..., Any]
) -> None:
    for number in range(count):
        person = EnrolmentFactory(edition=course, person=UserFactory()).person
        team = teams.found(edition=course, name=f"Team {number}", people=[person])
        put(project, team, "report", DUE)
        SubmissionFactory(mini_project=project, team=team, submitted_by=person)
    course.file  # noqa: B018 - a process parses a version once, whoever asks first
    edition = Edition.objects.get(pk=course.pk)
    with django_assert_num_queries(9):
        found = standings(edition, now=DUE)
    assert len(found) == count
