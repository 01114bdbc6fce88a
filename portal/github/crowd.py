"""The people of an edition as GitHub may know them, and the teams that work is done by."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from django.db.models import QuerySet

from portal.common.errors import Refused
from portal.courses.dates import Calendar
from portal.courses.domain import team_for
from portal.courses.models import Edition, Enrolment, Membership, MiniProject, Team
from portal.courses.queries import students_of
from portal.github.guests import Guest
from portal.people.models import User


@dataclass(frozen=True, slots=True)
class Crowd:
    """All students of an edition, and who is in which team. Two queries."""

    students: Sequence[Guest]
    teams: Mapping[int, Sequence[Guest]]

    @classmethod
    def of(cls, edition: Edition) -> Self:
        """Whoever withdrew is nobody's guest any more."""
        people = {each.person_id: guest(each.person) for each in _students(edition)}
        teams: dict[int, list[Guest]] = defaultdict(list)
        members = Membership.objects.filter(edition=edition).order_by("person__username")
        for team, person in members.values_list("team_id", "person_id"):
            if person in people:
                teams[team].append(people[person])
        return cls(list(people.values()), dict(teams))

    def team(self, number: int) -> Sequence[Guest]:
        """The members of a team."""
        return self.teams.get(number, ())


def guest(person: User) -> Guest:
    """A person as GitHub may know them."""
    return Guest(person.name, person.github_login, person.github_id)


def one_kind(projects: Sequence[MiniProject], calendar: Calendar) -> bool:
    """Whether the same teams work on all of these: all alone, all by teams, or all by choice."""
    parts = [calendar.part(each) for each in projects]
    kinds = {
        (each.by_team, bool(part and part.alone_or_team))
        for each, part in zip(projects, parts, strict=True)
    }
    return len(kinds) == 1


def owners(edition: Edition, project: MiniProject) -> tuple[list[Team], list[str]]:
    """Those whose work this mini-project is, and the names of students who are in no team yet.

    The solo team of a student who has none is made.
    """
    calendar = Calendar.of(edition)
    belongs = {
        (person, solo): team
        for person, solo, team in Membership.objects.filter(edition=edition).values_list(
            "person_id", "solo", "team_id"
        )
    }
    found, alone = set(), []
    for each in _students(edition):
        shared, solo = belongs.get((each.person_id, False)), belongs.get((each.person_id, True))
        team = calendar.owner(project, shared=shared, solo=solo)
        if team is None:
            try:
                team = team_for(person=each.person, mini_project=project).pk
            except Refused:
                alone.append(each.person.name)
                continue
        found.add(team)
    return sorted(Team.objects.filter(pk__in=found), key=_by_name), sorted(alone)


def logins(teams: Iterable[Team]) -> dict[int, str]:
    """With which name the one student of each solo team signs in."""
    members = Membership.objects.filter(team__in=list(teams), solo=True)
    return dict(members.values_list("team_id", "person__username"))


def _students(edition: Edition) -> QuerySet[Enrolment]:
    return students_of(edition).select_related("person").order_by("person__username")


def _by_name(team: Team) -> tuple[str, int]:
    return team.name.casefold(), team.pk
