"""Plays a semester: the sentences of a table are deeds, and each is done on the portal's own pages.

What students do is in `students.py`, what lecturers do in `staff.py`.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from lab_specs.loader import load_edition
from portal.courses.models import Edition, MiniProject
from portal.demos.models import Booking
from portal.people.models import User
from tests.flow.semesters.pages import Person, Refusal

COURSES = Path(__file__).parents[3] / "lab_specs" / "courses"
NEVER = "never"
LECTURER = "lin"
ROSTER = ("username", "name", "role", "track", "team", "lecturer")
SENTENCES: list[tuple[re.Pattern[str], Callable[..., None]]] = []


def deed(sentence: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Let a sentence of a table mean this function; `{name}` stands for its arguments."""
    words = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>.+?)", sentence))

    def note(function: Callable[..., None]) -> Callable[..., None]:
        SENTENCES.append((words, function))
        return function

    return note


@dataclass(frozen=True)
class Actor:
    """A student, a team (whose `person` acts for it), or the course (whose lecturer does)."""

    name: str
    person: str
    does: dict[str, Any] = field(default_factory=dict)  # sentence: moment
    level: str = ""  # what is decided, unless `levels` says otherwise
    lab_level: str = ""  # the same of a lab's own criteria, where these have other levels
    levels: dict[str, dict[str, str]] = field(default_factory=dict)
    checks: dict[str, dict[str, str]] = field(default_factory=dict)  # what the judge finds instead
    marks: dict[str, Any] = field(default_factory=dict)
    pushed: str = ""  # when the last commit of the default branch was made

    @classmethod
    def of(cls, name: str, person: str, told: dict[str, Any], usual: dict[str, Any]) -> "Actor":
        """From their lines of the table; `usual` is what all do, `until` when they stop."""
        until = str(told.get("until", "9999"))
        does = {sentence: when for sentence, when in usual.items() if str(when) < until}
        keys = ("level", "lab_level", "levels", "checks", "marks", "pushed")
        own = {key: told[key] for key in keys if key in told}
        return cls(name=name, person=person, does=does | told.get("does", {}), **own)

    def reached(self, part: str, criterion: str, *, lab: bool) -> str:
        """The level that is decided."""
        usual = self.lab_level if lab and self.lab_level else self.level
        return self.levels.get(part, {}).get(criterion, usual)

    def judged(self, part: str, criterion: str) -> str:
        """The level that the checks find."""
        decided = self.reached(part, criterion, lab=True)
        return self.checks.get(part, {}).get(criterion, decided)


class Semester:
    """A table, and the edition once it is loaded."""

    def __init__(self, table: dict[str, Any], folder: Path) -> None:
        self.table, self.folder = table, folder
        self.file = COURSES / f"{table['edition']}.yaml"
        self.zone = load_edition(self.file).zone
        self.edition: Edition
        self.owners: dict[tuple[str, bool], str] = {}  # whose work is whose, once it was seen

    def play(self) -> None:
        """Do all that the table says, in the order of time."""
        with time_machine.travel(self.moment(self.table["begins"]), tick=False) as clock:
            self._open()
            for moment, actor, sentence in sorted(self._diary(), key=lambda each: each[0]):
                clock.move_to(moment)
                self._do(actor, sentence)

    def publish(self) -> None:
        """The lecturer freezes the results and publishes them."""
        with self._at_the_end():
            lecturer = Person(LECTURER)
            for step in ("freeze", "publish"):
                form = lecturer.opens(self.at("publish/")).form("/publish/")
                lecturer.sends(form, step=step)

    def result_page(self, student: Actor) -> str:
        """What a student reads of their result."""
        with self._at_the_end():
            return Person(student.person).opens(self.at("my-result/")).text

    def students(self) -> list[Actor]:
        """One for each case."""
        usual = self.table.get("usual", {})
        names = [each["username"] for each in self.roster()]
        cases = zip(names, self.table["cases"], strict=True)
        return [Actor.of(name, name, case, usual) for name, case in cases]

    def teams(self) -> list[Actor]:
        """The first of each team on the roster acts for it."""
        usual, rows = self.table.get("usual of teams", {}), self.roster()
        first = {each["team"]: each["username"] for each in reversed(rows) if "team" in each}
        teams = self.table.get("teams", {})
        return [Actor.of(name, first[name], told, usual) for name, told in teams.items()]

    def roster(self) -> list[dict[str, str]]:
        """The lines of the students."""
        return [each["student"] for each in self.table["cases"]]

    def at(self, page: str) -> str:
        """The address of a page of the edition."""
        return f"/editions/{self.edition.pk}/{page}"

    def project(self, part: str) -> MiniProject:
        """`docker`, or `project/oral`: the mini-project."""
        return self.edition.mini_projects.get(slug=part.partition("/")[0])

    def shown(self, part: str) -> tuple[MiniProject, str]:
        """`docker`: its demo; `project/oral`: what the file calls so."""
        return self.project(part), part.partition("/")[2] or "demo"

    def booking(self, actor: Actor, part: str) -> Booking:
        """The newest that the actor has for this."""
        project, item = self.shown(part)
        own = Booking.objects.filter(mini_project=project, item=item)
        return own.filter(team__members__username=actor.person).latest("pk")

    def record(self, actor: Actor) -> str:
        """The address of what staff see of a student."""
        return self.at(f"results/{User.objects.get(username=actor.person).pk}/")

    def _open(self) -> None:
        """The file is loaded and the lecturers enrolled by command, the students on the page."""
        call_command("load_edition", str(self.file), verbosity=0)
        self.edition = Edition.objects.get()
        staff = [{"username": LECTURER, "role": "lecturer"}, *self.table.get("staff", [])]
        (self.folder / "staff.csv").write_bytes(file_of(ROSTER, staff).read())
        call_command("import_roster", str(self.folder / "staff.csv"), edition=self.edition.name)
        lecturer = Person(LECTURER)
        students = file_of(ROSTER, [{"lecturer": LECTURER, **each} for each in self.roster()])
        shown = lecturer.sends(lecturer.opens(self.at("roster/")).form("roster/"), file=students)
        lecturer.sends(next(each for each in shown.forms() if "plan" in each.values))

    def _diary(self) -> Iterator[tuple[datetime, Actor, str]]:
        course = Actor("the course", LECTURER, self.table.get("course", {}))
        for actor in (course, *self.teams(), *self.students()):
            for sentence, when in actor.does.items():
                if when != NEVER:
                    yield self.moment(when), actor, sentence

    def _do(self, actor: Actor, sentence: str) -> None:
        """Do what one sentence says; `…, refused by HOG-23`: it must not be possible."""
        words, _, cite = sentence.partition(", refused by ")
        known = [(len(p.pattern), f, found) for p, f in SENTENCES if (found := p.fullmatch(words))]
        assert known, f"nobody knows how to do this: {words!r}"
        _, function, found = max(known, key=lambda each: each[0])  # the one that says most
        said = ""
        try:
            function(self, actor, **found.groupdict())
        except Refusal as refusal:
            said = str(refusal)
        assert bool(said) is bool(cite), f"{actor.name} {sentence}: {said or 'was done'}"
        assert cite in said, f"{actor.name} {sentence}: {said}"

    def _at_the_end(self) -> time_machine.travel:
        return time_machine.travel(self.moment(self.table["results"]), tick=False)

    def moment(self, when: str | datetime) -> datetime:
        """By the clock on the wall of the edition."""
        return datetime.fromisoformat(str(when)).replace(tzinfo=self.zone)


def file_of(columns: Sequence[str], rows: Sequence[dict[str, Any]]) -> SimpleUploadedFile:
    """A table as a file that somebody chooses on a page."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return SimpleUploadedFile("table.csv", text.getvalue().encode(), "text/csv")
