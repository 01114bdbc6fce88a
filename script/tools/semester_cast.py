"""The courses of the demonstration and who takes part in them. Everybody is generated."""

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from functools import cached_property
from pathlib import Path
from typing import Any
from unittest.mock import patch

from django.contrib.auth.hashers import make_password

from lab_specs.edition.file import EditionFile
from portal.courses import roster, teams
from portal.courses.catalog import load_edition, shelf
from portal.courses.dates import Calendar
from portal.courses.domain import solo_team
from portal.courses.models import Edition, Enrolment, Membership, MiniProject, Team
from portal.courses.queries import students_of
from portal.courses.roster import Line
from portal.courses.rules import Role
from portal.people.models import User

COURSES = Path(__file__).resolve().parents[2] / "lab_specs" / "courses"
WEEK = timedelta(days=7)
SYLLABLES = [f"{first}{second}" for first in "bdfklmnprstv" for second in "aeiou"]
EVERYWHERE = (("tina", Role.LECTURER), ("amir", Role.ASSISTANT))  # the staff of the demo course


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One course: which day of its file is played as (about) today, and with whom.

    `guest`: somebody of the demonstration who studies here, too. `answers`: to settings that the
    file leaves open; the others stay open, and results say so. `planned`: when people think that
    something is due for which the file names no day. `over`: the results are out.
    """

    file: str
    today: date
    students: int
    guest: str = ""
    answers: Mapping[str, Any] = field(default_factory=dict)
    planned: Mapping[str, date] = field(default_factory=dict)
    over: bool = False


SCENES = (
    Scene(
        file="hogent-2024-25",
        today=date(2025, 2, 3),
        students=16,
        guest="bob",
        answers={"demo_week": "calendar", "exam_demo": True, "distance_deadline": False},
        over=True,
    ),
    Scene(
        file="hogent-2025-26",
        today=date(2025, 11, 10),
        students=24,
        guest="alice",
        answers={"demo_week": "calendar", "distance_deadline": False},
    ),
    Scene(
        file="put-2025-26",
        today=date(2026, 4, 27),
        students=20,
        answers={
            "grade_table": {"0": "2.0", "1": "2.0", "2": "3.0", "3": "3.5", "4": "4.5", "5": "5.0"},
            "pass_grade": "3.0",
            "topics": "Each mini-project covers the topics that its title names.",
        },
    ),
    Scene(
        file="zhaw-fs2026",
        today=date(2026, 5, 18),
        students=18,
        answers={"pass_mark": "50", "missing_mark": "zero", "absence": "noted", "resit": True},
        planned={
            "proposal": date(2026, 3, 13),
            "code-review": date(2026, 5, 8),
            "project": date(2026, 5, 29),
            "presentation": date(2026, 5, 29),
        },
    ),
    Scene(
        file="upc-2023-24",
        today=date(2023, 11, 13),
        students=22,
        guest="bob",
        answers={"pass_mark": "5", "peer_points": "1", "missing_question": "blocks"},
    ),
    Scene(
        file="dtu-2023-01",
        today=date(2023, 1, 9),
        students=21,
        guest="charlie",
        answers={"updates_needed": False, "resit": True},
    ),
)


@dataclass(kw_only=True)
class Course:
    """A course while its semester is played. `skill`: of each student or team, 0 to 1."""

    scene: Scene
    edition: Edition
    now: datetime
    dice: random.Random
    lecturer: User
    students: Sequence[User]
    shared: Mapping[int, Team]  # per student
    later: timedelta  # by which the file's days were moved
    alone: dict[int, Team] = field(default_factory=dict)
    skill: dict[int, float] = field(default_factory=dict)

    @property
    def file(self) -> EditionFile:
        """The edition's file, with its days moved."""
        return self.edition.file

    @property
    def begins(self) -> datetime:
        """Nine in the morning of the first day."""
        return self.at(days(self.file)[0], 9)

    @cached_property
    def calendar(self) -> Calendar:
        """Its deadlines, read when all sessions have moved that do."""
        return Calendar.of(self.edition)

    @cached_property
    def projects(self) -> Sequence[MiniProject]:
        """The mini-projects in order; they share the edition, so its file is read once."""
        rows = list(self.edition.mini_projects.order_by("order"))
        for row in rows:
            row.edition = self.edition
        return rows

    def at(self, day: date, hour: float) -> datetime:
        """A moment by the clock on the wall of this course."""
        wall = clock_time(int(hour), round(hour % 1 * 60))
        return datetime.combine(day, wall, self.edition.zone)

    def owners(self, project: MiniProject) -> list[tuple[Team, User]]:
        """The teams that own the work for a mini-project, each with the member who hands in."""
        found: dict[int, tuple[Team, User]] = {}
        for person in self.students:
            solo = self.alone.get(person.pk)
            team = self.calendar.owner(project, shared=self.shared.get(person.pk), solo=solo)
            if team is not None:
                found.setdefault(team.pk, (team, person))
        return list(found.values())

    def due(self, project: MiniProject, team: Team, item: str = "") -> datetime:
        """When an item is due; where nobody says so, the semester is split evenly."""
        due = self.calendar.due(project, team.pk, item).moment
        if due is not None:
            return due
        for name in (item, project.slug):
            if day := self.scene.planned.get(name):
                return self.at(day + self.later, 18)
        ends = self.at(days(self.file)[1], 18)
        share = (project.order + 1) / (len(self.file.mini_projects) + 1)
        return self.begins + (ends - self.begins) * share

    def chance(self, share: float) -> bool:
        """Whether something happens that happens this often."""
        return self.dice.random() < share

    def keeps(self, team: Team) -> bool:
        """Whether a team does what it should this time: nearly always, but for the weak."""
        return not self.chance(3 * (1 - self.skill_of(team)) ** 4)

    def skill_of(self, team: Team) -> float:
        """How well a team does: few very badly, most well."""
        if team.pk not in self.skill:
            self.skill[team.pk] = min(1.0, max(0.0, self.dice.gauss(0.74, 0.2)))
        return self.skill[team.pk]


def days(file: EditionFile) -> tuple[date, date]:
    """The first and the last day of a course."""
    if file.starts is None or file.ends is None:
        raise ValueError(f"{file.course_code} does not say when it starts and ends")
    return file.starts, file.ends


@contextmanager
def clock(moment: datetime) -> Iterator[None]:
    """The portal's clock shows this moment: what is done now was done then."""
    with patch("django.utils.timezone.now", return_value=moment):
        yield


def stage(scene: Scene, file: EditionFile, now: datetime, password: str | None) -> Course:
    """Load a course with its days moved, and let its people in."""
    weeks = (now.date() - scene.today) // WEEK
    file = moved(file, weeks)
    dice = random.Random(scene.file)  # noqa: S311 - a play, not a secret
    with clock(now - (now.date() - days(file)[0] + timedelta(days=10))):
        edition, _ = load_edition(file, shelf())
        edition = Edition.objects.get(pk=edition.pk)
        lines = list(_lines(scene, edition, dice))
        roster.apply(roster.plan(edition, lines))
    names = [line.username for line in lines]
    encoded = make_password(password)  # once: hashing is slow by design
    for person in User.objects.filter(username__in=names):
        if not person.has_usable_password():
            User.objects.filter(pk=person.pk).update(password=encoded)
    students = [row.person for row in students_of(edition).select_related("person").order_by("pk")]
    shared = {
        row.person_id: row.team
        for row in Membership.objects.filter(edition=edition, solo=False).select_related("team")
    }
    for team in shared.values():
        team.edition = edition
    course = Course(
        scene=scene,
        edition=edition,
        now=now,
        dice=dice,
        lecturer=User.objects.get(username=names[0]),
        students=students,
        shared=shared,
        later=weeks * WEEK,
    )
    if any(not each.by_team for each in file.mini_projects):
        course.alone = {each.pk: solo_team(edition=edition, person=each) for each in students}
    return course


def moved(file: EditionFile, weeks: int) -> EditionFile:
    """The file with all its days some weeks later, so that weekdays stay; it says so."""
    content = _later(file.model_dump(mode="json"), timedelta(weeks=weeks))
    note = f"For this demonstration all days were moved by {weeks} weeks; people and work are"
    content["ours"] = f"{file.ours or ''} {note} a generated sample.".strip()
    return EditionFile.model_validate(content)


def _later(value: Any, by: timedelta) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, dict):
        return {key: _later(each, by) for key, each in value.items()}
    if isinstance(value, list):
        return [_later(each, by) for each in value]
    for kind in (date, datetime):
        try:
            return (kind.fromisoformat(value) + by).isoformat()
        except (TypeError, ValueError):
            continue
    return value


def _lines(scene: Scene, edition: Edition, dice: random.Random) -> Iterator[Line]:
    """A roster: the course's own lecturer, the staff of the demonstration, then students."""
    place = edition.course.code.split("-")[0]
    code = f"{place}{edition.name[-2:]}"
    lead = f"{code}-lecturer"
    name = f"Lecturer at {place.upper()}, {edition.name}"
    yield Line(1, {"username": lead, "name": name, "role": Role.LECTURER})
    for number, (username, role) in enumerate(EVERYWHERE, start=2):
        yield Line(number, {"username": username, "role": role})
    tracks = [each.id for each in edition.file.tracks]
    by_team = any(each.by_team or each.alone_or_team for each in edition.file.mini_projects)
    alone = any(each.alone_or_team for each in edition.file.mini_projects)
    size = max(teams.bounds(edition.file).smallest, 3)
    for number in range(scene.students):
        guest = scene.guest if number == 0 else ""
        given = {
            "username": guest or f"{code}-{number:02}",
            "name": "" if guest else _name(dice),
            "number": f"{code}{1000 + number}",
            "group": "AB"[number % 2],
            "lecturer": (lead, "tina")[number % 2],
        }
        if tracks:
            given["track"] = tracks[0] if guest else tracks[number % len(tracks)]
        if by_team and not (alone and number % 7 == 0 and not guest):
            given["team"] = f"Team {number // size + 1}"
        yield Line(number + 10, {key: value for key, value in given.items() if value})


def _name(dice: random.Random) -> str:
    """Syllables that sound like a name and are nobody's."""
    return " ".join("".join(dice.choices(SYLLABLES, k=k)).title() for k in (2, 3))


def enrolment(course: Course, person: User) -> Enrolment:
    """How somebody is enrolled in a course."""
    return Enrolment.objects.get(edition=course.edition, person=person)
