"""What a person knows of their courses."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from portal.courses import queries
from portal.courses.models import Edition, MiniProject, Team
from portal.courses.rules import Role
from portal.people.models import User
from tests.factories import EditionFactory, EnrolmentFactory, MiniProjectFactory, TeamFactory


def test_standing_holds_roles_and_teams(
    edition: Edition, team: Team, alice: User, django_assert_num_queries: Callable[..., Any]
) -> None:
    solo = TeamFactory(edition=edition, solo=True, people=[alice])
    with django_assert_num_queries(2):
        found = queries.standing(alice)
    assert found.person == alice.pk
    assert found.roles == {edition.pk: Role.STUDENT}
    assert found.teams == {team.pk, solo.pk}


def test_who_withdrew_has_no_part_in_the_team_any_more(team: Team, alice: User, bob: User) -> None:
    alice.enrolments.update(withdrawn_at=timezone.now())
    assert queries.standing(alice).teams == frozenset()
    assert queries.standing(bob).teams == {team.pk}


def test_only_active_editions_of_ones_own_are_listed(
    edition: Edition, mini_project: MiniProject, alice: User, otto: User
) -> None:
    old = EditionFactory(active=False)
    EnrolmentFactory(edition=old, person=alice)
    MiniProjectFactory(edition=old)
    assert list(queries.editions_of(alice)) == [edition]
    assert list(queries.mini_projects_of(alice)) == [mini_project]
    assert list(queries.mini_projects_of(otto)) == []


@pytest.mark.parametrize("count", [3, 30])
def test_mini_projects_come_with_their_course_in_one_query(
    edition: Edition, alice: User, count: int, django_assert_num_queries: Callable[..., Any]
) -> None:
    MiniProjectFactory.create_batch(count, edition=edition)
    with django_assert_num_queries(1):
        titles = [each.edition.course.title for each in queries.mini_projects_of(alice)]
    assert len(titles) == count


def test_a_student_is_found_however_the_name_is_capitalised(
    edition: Edition, alice: User, tina: User
) -> None:
    assert queries.student_called(edition, " Alice ") == alice
    assert queries.student_called(edition, "tina") is None, "she teaches"


def test_of_two_names_that_differ_in_capitals_the_typed_one_is_meant(
    edition: Edition, alice: User, enrolled: Callable[[str], User]
) -> None:
    loud = enrolled("ALICE")
    assert [queries.student_called(edition, name) for name in ("alice", "ALICE")] == [alice, loud]
