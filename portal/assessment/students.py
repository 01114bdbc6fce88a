"""The students of an edition, the teams that own their work, and who is told a fact."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from lab_specs.edition.file import MiniProjectFile
from portal.assessment.policy import facts
from portal.assessment.policy.facts import Fact
from portal.courses.models import Edition, Enrolment, Membership, MiniProject
from portal.courses.rules import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Student:
    """A student of an edition, with what tables show and filter by."""

    person: int
    name: str
    username: str
    number: str
    track: str
    group: str
    lecturer: int | None
    lecturer_name: str
    team: str  # the shared one; empty for those who are in none
    owners: Mapping[str, int]  # per mini-project, the team that owns this student's work


@dataclass(slots=True)
class Room:
    """A class while facts about it are collected. A team's facts are told to each member."""

    edition: Edition
    parts: Mapping[int, str]  # ids of mini-projects that the file knows, by row
    students: list[Student] = field(default_factory=list)
    told: dict[int, list[Fact]] = field(default_factory=dict)
    owned: dict[tuple[int, int], list[int]] = field(default_factory=lambda: defaultdict(list))
    members: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))

    def tell_owners(self, team: int, project: int, fact: Fact) -> None:
        """Those whose work for this mini-project belongs to the team."""
        for person in self.owned.get((team, project), ()):
            self.told[person].append(fact)

    def tell(self, student: int | None, team: int | None, fact: Fact) -> None:
        """One student, or all members of a team."""
        people = [student] if student is not None else self.members.get(team or 0, [])
        for person in people:
            if person in self.told:
                self.told[person].append(fact)


@dataclass(slots=True)
class _Teams:
    """The teams of everybody, by person."""

    shared: dict[int, tuple[int, str]] = field(default_factory=dict)
    alone: dict[int, int] = field(default_factory=dict)

    def owner(self, person: int, part: MiniProjectFile) -> int | None:
        """The team that owns what this person hands in for a mini-project, if it is made yet."""
        team, alone = self.shared.get(person, (None, ""))[0], self.alone.get(person)
        if part.alone_or_team:
            return team or alone
        return team if part.by_team else alone


def enter(edition: Edition, *, people: Collection[int] | None = None) -> Room:
    """The students who take part, by name, and what stands with their enrolment; three queries."""
    known = {each.id: each for each in edition.file.mini_projects}
    projects = MiniProject.objects.filter(edition=edition).values_list("pk", "slug")
    room = Room(edition, {pk: slug for pk, slug in projects if slug in known})
    teams = _teams(room)
    enrolled = Enrolment.objects.filter(edition=edition, role=Role.STUDENT, withdrawn_at=None)
    if people is not None:
        enrolled = enrolled.filter(person__in=people)
    for row in enrolled.select_related("person", "lecturer"):
        owners = {slug: teams.owner(row.person_id, known[slug]) for slug in room.parts.values()}
        student = _student(row, teams, owners)
        room.students.append(student)
        room.told[student.person] = list(_own_facts(row, student, room, teams))
        for pk, slug in room.parts.items():
            if slug in student.owners:
                room.owned[student.owners[slug], pk].append(student.person)
    room.students.sort(key=lambda each: (each.name.casefold(), each.username))
    return room


def _teams(room: Room) -> _Teams:
    teams = _Teams()
    rows = Membership.objects.filter(edition=room.edition).order_by("pk")
    for team, name, solo, person in rows.values_list("team_id", "team__name", "solo", "person_id"):
        room.members[team].append(person)
        if solo:
            teams.alone[person] = team
        else:
            teams.shared[person] = (team, name)
    return teams


def _student(row: Enrolment, teams: _Teams, owners: Mapping[str, int | None]) -> Student:
    person = row.person
    return Student(
        person=person.pk,
        name=person.name,
        username=person.username,
        number=row.number,
        track=row.track,
        group=row.group,
        lecturer=row.lecturer_id,
        lecturer_name=row.lecturer.name if row.lecturer else "",
        team=teams.shared.get(person.pk, (0, ""))[1],
        owners={slug: team for slug, team in owners.items() if team is not None},
    )


def _own_facts(row: Enrolment, student: Student, room: Room, teams: _Teams) -> list[Fact]:
    """Track, team and scale. Who may choose and has no team is a team of one."""
    file, told = room.edition.file, list[Fact]()
    if row.track in {each.id for each in file.tracks}:
        told.append(facts.OnTrack(track=row.track))
    if student.person in teams.shared:
        team, name = teams.shared[student.person]
        told.append(facts.InTeam(name=name, size=len(room.members[team])))
    elif any(each.alone_or_team for each in file.mini_projects):
        told.append(facts.InTeam(name=student.name, size=1))
    if row.scale in file.other_scales and row.scale_asked_on is not None:
        told.append(facts.AskedScale(scale=row.scale, on=row.scale_asked_on))
    return told
