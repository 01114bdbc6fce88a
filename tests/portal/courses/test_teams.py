"""Members come and go; size follows the rules, or somebody's reason."""

import pytest

from portal.common.errors import Refused
from portal.courses import teams
from portal.courses.catalog import load_edition
from portal.courses.models import Edition, Team
from portal.courses.teams import Bounds
from portal.people.models import User
from tests.factories import EnrolmentFactory, UserFactory
from tests.portal.courses.test_dates import relative_edition

pytestmark = pytest.mark.django_db


@pytest.fixture
def course(db: None) -> Edition:
    rule = {"rule": "team_size", "cite": "UPC-6", "smallest": 2, "largest": 3}
    return load_edition(relative_edition(rules=[rule]), {})[0]


@pytest.fixture
def people(course: Edition) -> list[User]:
    return [
        EnrolmentFactory(edition=course, person=each).person for each in UserFactory.create_batch(4)
    ]


@pytest.fixture
def lecturer() -> User:
    return UserFactory(username="lin")


@pytest.fixture
def cedar(course: Edition, people: list[User], lecturer: User) -> Team:
    return teams.found(edition=course, name="Cedar", people=people[:3], by=lecturer)


@pytest.mark.rule("UPC-6")
def test_bounds_come_from_the_rules(course: Edition, edition: Edition) -> None:
    assert teams.bounds(course.file) == Bounds(2, 3, "UPC-6")
    assert str(teams.bounds(course.file)) == "2 to 3 members (UPC-6)"
    assert [teams.bounds(course.file).holds(n) for n in (1, 2, 3, 4)] == [False, True, True, False]
    assert teams.bounds(edition.file).holds(99)


@pytest.mark.rule("UPC-6")
@pytest.mark.rule("DTU-10")
def test_one_too_many_needs_a_reason_that_is_kept(
    cedar: Team, people: list[User], lecturer: User
) -> None:
    with pytest.raises(Refused, match=r"Cedar would have 4, and the rules want 2 to 3 members"):
        teams.join(team=cedar, person=people[3], by=lecturer)
    assert cedar.memberships.count() == 3
    teams.join(team=cedar, person=people[3], by=lecturer, reason="a late arrival")
    agreed = cedar.sizes_agreed.get()
    assert (agreed.size, agreed.reason, agreed.by) == (4, "a late arrival", lecturer)


def test_who_leaves_stays_in_the_history(cedar: Team, people: list[User], lecturer: User) -> None:
    with pytest.raises(Refused, match="Say why"):
        teams.leave(team=cedar, person=people[0], by=lecturer, reason=" ")
    teams.leave(team=cedar, person=people[0], by=lecturer, reason="moved away")
    assert people[0] not in cedar.members.all()
    newest = cedar.changes.first()
    assert newest is not None
    assert (newest.person, newest.joined, newest.reason) == (people[0], False, "moved away")
    with pytest.raises(Refused, match="is not in Cedar"):
        teams.leave(team=cedar, person=people[0], by=lecturer, reason="again")


def test_nobody_joins_from_another_team_or_from_outside(
    course: Edition, cedar: Team, people: list[User], lecturer: User
) -> None:
    birch = teams.found(edition=course, name="Birch", people=people[3:], by=lecturer)
    with pytest.raises(Refused, match="has to leave it first"):
        teams.join(team=birch, person=people[0], by=lecturer)
    with pytest.raises(Refused, match="Not a student of this edition: Lin"):
        teams.join(team=birch, person=lecturer, by=lecturer)
    assert birch.changes.count() == 1
    assert birch.memberships.count() == 1


def test_a_size_is_agreed_to_with_a_reason(cedar: Team, lecturer: User) -> None:
    with pytest.raises(Refused, match="Say why"):
        teams.agree(team=cedar, size=3, by=lecturer, reason="")


@pytest.mark.parametrize("name", ["", "   ", "x" * 121])
def test_a_team_has_a_name(course: Edition, name: str) -> None:
    with pytest.raises(Refused, match="needs a name"):
        teams.found(edition=course, name=name, people=[])
