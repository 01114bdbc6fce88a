"""Enrolling people and making teams."""

import pytest

from portal.common.errors import Refused
from portal.courses import domain, teams
from portal.courses.models import Edition, Enrolment, MiniProject, Team
from portal.courses.rules import Role
from portal.people.models import User
from tests.factories import EditionFactory, MiniProjectFactory, UserFactory


def test_a_person_has_the_role_given_last(edition: Edition, alice: User) -> None:
    domain.enrol(edition=edition, person=alice, role=Role.ASSISTANT)
    assert Enrolment.objects.get(edition=edition, person=alice).role == Role.ASSISTANT


def test_team_work_belongs_to_the_team(
    mini_project: MiniProject, team: Team, alice: User, bob: User
) -> None:
    assert domain.team_for(person=alice, mini_project=mini_project) == team
    assert domain.team_for(person=bob, mini_project=mini_project) == team


def test_work_alone_belongs_to_a_team_of_one_made_once(
    edition: Edition, team: Team, alice: User
) -> None:
    alone = MiniProjectFactory(edition=edition, by_team=False)
    mine = domain.team_for(person=alice, mini_project=alone)
    assert (mine.solo, mine.name, list(mine.members.all())) == (True, "Alice", [alice])
    assert domain.team_for(person=alice, mini_project=alone) == mine


def test_two_editions_keep_their_teams_apart(team: Team, alice: User) -> None:
    elsewhere = MiniProjectFactory(edition=EditionFactory())
    domain.enrol(edition=elsewhere.edition, person=alice, role=Role.STUDENT)
    with pytest.raises(Refused, match="you are in none yet"):
        domain.team_for(person=alice, mini_project=elsewhere)


@pytest.mark.parametrize("who", ["tina", "amir", "otto"])
def test_only_students_own_work(
    mini_project: MiniProject, who: str, request: pytest.FixtureRequest
) -> None:
    with pytest.raises(Refused, match="Only the students"):
        domain.team_for(person=request.getfixturevalue(who), mini_project=mini_project)


def test_a_team_is_of_students_of_the_edition(edition: Edition, alice: User, tina: User) -> None:
    stranger = UserFactory(username="zoe")
    with pytest.raises(Refused, match=r"Not a student of this edition: Tina, Zoe\."):
        teams.found(edition=edition, name="Cedar", people=[alice, stranger, tina])


def test_a_team_takes_nobody_from_another(
    edition: Edition, team: Team, bob: User, charlie: User
) -> None:
    with pytest.raises(Refused, match="in another team already"):
        teams.found(edition=edition, name="Cedar", people=[bob])
    assert not Team.objects.filter(name="Cedar").exists()
    with pytest.raises(Refused, match="That name is taken"):
        teams.found(edition=edition, name="Amber", people=[])
