"""Who takes part, from a file: first a plan that names each bad line, then all of it at once."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from portal.common.errors import Refused
from portal.courses import teams
from portal.courses.models import Edition, Enrolment, Membership
from portal.courses.rules import STAFF, Role
from portal.courses.sheets import Sheet
from portal.people.models import User

NAMES = {  # what a column may be called
    "username": ("username", "sign-in name", "login", "user"),
    "name": ("name", "full name", "display name"),
    "email": ("email", "e-mail", "mail"),
    "role": ("role",),
    "track": ("track",),
    "group": ("group", "class"),
    "team": ("team",),
    "lecturer": ("lecturer", "assigned lecturer", "tutor"),
    "number": ("number", "student number", "id"),
    "github": ("github", "github login", "github name"),
}
COLUMNS = {name: column for column, names in NAMES.items() for name in names}
LONGEST = {"username": 150, "name": 120, "group": 60, "team": 120, "number": 40, "github": 39}
GITHUB = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9]|-(?=[A-Za-z0-9])){0,38}")
RUNS = ("=", "+", "@", "-")  # a spreadsheet would run a cell that begins so


@dataclass(frozen=True, slots=True)
class Line:
    """One person of the file. `given` holds the columns that are not empty."""

    number: int
    given: Mapping[str, str]

    @property
    def username(self) -> str:
        """The name to sign in."""
        return self.given.get("username", "")

    @property
    def role(self) -> str:
        """Their role; somebody without one is a student."""
        return self.given.get("role", Role.STUDENT).casefold()


@dataclass(slots=True)
class Planned:
    """What a line would do, or why it cannot."""

    line: Line
    person: User | None
    enrolment: Enrolment | None
    does: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What they are called: as they are known, else as the file says."""
        return self.person.name if self.person else self.line.given.get("name", "")

    @property
    def kind(self) -> str:
        """One of bad, new, change, same."""
        if self.problems:
            return "bad"
        return "same" if not self.does else "change" if self.enrolment else "new"


@dataclass(frozen=True, slots=True)
class Plan:
    """What reading a roster would do. It may be done when no line is bad."""

    edition: Edition
    planned: Sequence[Planned]
    notes: Sequence[str]

    @property
    def bad(self) -> list[Planned]:
        """The lines that cannot be read in."""
        return [each for each in self.planned if each.problems]

    @property
    def counts(self) -> Counter[str]:
        """How many lines are of each kind."""
        return Counter(each.kind for each in self.planned)


def lines_of(sheet: Sheet) -> tuple[list[Line], list[str]]:
    """The people of a table, and the names of columns that nobody reads. Raises `Refused`."""
    columns = [COLUMNS.get(name.replace("_", " "), "") for name in sheet.header]
    if "username" not in columns:
        raise Refused(
            "No column says how people sign in. Name one of them “username”; the others may be"
            f" {', '.join(name for name in NAMES if name != 'username')}."
        )
    twice = sorted(name for name, count in Counter(columns).items() if name and count > 1)
    if twice:
        raise Refused(f"Two columns say the same: {', '.join(twice)}.")
    lines = [
        Line(row.number, {c: v for c, v in zip(columns, row.cells, strict=True) if c and v})
        for row in sheet.rows
    ]
    unread = [name for name, column in zip(sheet.header, columns, strict=True) if not column]
    return lines, [name for name in unread if name]


def plan(edition: Edition, lines: Sequence[Line], *, by: User | None = None) -> Plan:
    """What these lines would change. `by`: who reads them in; nobody changes their own role."""
    known = _Known(edition, lines)
    planned = [known.planned(line, by) for line in lines]
    _mark_doubles(planned)
    notes = [f"Line {each.line.number}: {note}" for each in planned for note in each.notes]
    notes += _sizes(edition, planned)
    left = edition.enrolments.exclude(person__in=[e.person for e in planned if e.person]).count()
    if left:
        notes.append(f"{left} enrolled people are not in the file; they stay as they are.")
    return Plan(edition, planned, notes)


def apply(found: Plan, *, by: User | None = None) -> Counter[str]:
    """Do it, all or nothing; how many lines of each kind. Refused while a line is bad."""
    if found.bad:
        raise Refused("Some lines are bad, so nothing was read in.")
    with transaction.atomic():
        for staff_first in (True, False):  # a student's lecturer may stand below them
            for each in found.planned:
                if (each.line.role in STAFF) is staff_first and each.kind != "same":
                    _apply(found.edition, each, by)
    return found.counts


def _apply(edition: Edition, each: Planned, by: User | None) -> None:
    given = each.line.given
    person = each.person or User(username=each.line.username)
    if person.pk is None:
        person.set_unusable_password()
    person.display_name = person.display_name or given.get("name", "")
    person.email = person.email or given.get("email", "")
    person.github_login = person.github_login or given.get("github", "")
    person.save()
    columns = ("track", "group", "number")
    values: dict[str, Any] = {name: given[name] for name in columns if name in given}
    if "lecturer" in given:
        values["lecturer"] = User.objects.get(username__iexact=given["lecturer"])
    Enrolment.objects.update_or_create(
        edition=edition,
        person=person,
        defaults=values | {"role": each.line.role, "withdrawn_at": None},
    )
    if "team" in given:
        teams.place(edition=edition, person=person, name=given["team"], by=by, reason="roster")


class _Known:
    """What the database and the file itself say about the people of a file."""

    def __init__(self, edition: Edition, lines: Sequence[Line]) -> None:
        names = {line.username.casefold() for line in lines} | {
            line.given.get("lecturer", "").casefold() for line in lines
        }
        people = [p for p in User.objects.all() if p.username.casefold() in names]
        enrolled = Enrolment.objects.filter(edition=edition).select_related("lecturer", "person")
        self.edition = edition
        self.people = {person.username.casefold(): person for person in people}
        self.enrolments = {each.person_id: each for each in enrolled}
        self.numbers = {each.number: each.person for each in enrolled if each.number}
        self.github = {
            person.github_login.casefold(): person
            for person in User.objects.exclude(github_login="")
        }
        members = Membership.objects.filter(edition=edition, solo=False).select_related("team")
        self.teams = {each.person_id: each.team.name for each in members}
        self.tracks = {each.id for each in edition.file.tracks}
        self.staff = {
            each.person.username.casefold()
            for each in enrolled
            if each.role in STAFF and not each.withdrawn_at
        } | {line.username.casefold() for line in lines if line.role in STAFF}

    def planned(self, line: Line, by: User | None) -> Planned:
        """One line against all that is known."""
        person = self.people.get(line.username.casefold())
        enrolment = self.enrolments.get(person.pk) if person else None
        problems = list(_unfit(line))
        line, notes = self._without_proved(line, person)
        found = Planned(line, person, enrolment, problems=problems, notes=notes)
        given = line.given
        if line.role not in set(Role):
            found.problems.append(f"role “{line.role}” is none of {', '.join(Role)}")
        if given.get("track") and given["track"] not in self.tracks:
            known = ", ".join(sorted(self.tracks)) or "none"
            found.problems.append(f"no track “{given['track']}” in this edition, known: {known}")
        if given.get("lecturer") and given["lecturer"].casefold() not in self.staff:
            found.problems.append(f"“{given['lecturer']}” teaches nobody in this edition")
        if given.get("team") and line.role != Role.STUDENT:
            found.problems.append("only students are in teams")
        self._taken(found)
        if by and person == by and enrolment and enrolment.role != line.role:
            found.problems.append("this is yourself: somebody else changes your role")
        found.does = self._does(found)
        return found

    def _without_proved(self, line: Line, person: User | None) -> tuple[Line, list[str]]:
        """The line without a GitHub name that a sign-in there has settled already, and why."""
        told = line.given.get("github", "")
        owner = self.github.get(told.casefold()) if told else None
        notes = []
        if person and person.github_id:
            if owner != person:
                notes.append(
                    f"{person.username} has signed in to GitHub as {person.github_login}; the"
                    f" file's {told} is not taken."
                )
        elif owner and owner.github_id:
            notes.append(
                f"{owner.username} has signed in to GitHub as {owner.github_login}, so it is not"
                f" taken for {line.username}."
            )
        else:
            return line, []
        given = {name: value for name, value in line.given.items() if name != "github"}
        return Line(line.number, given), notes if told else []

    def _taken(self, found: Planned) -> None:
        """Numbers and GitHub names that belong to somebody else, or were known differently."""
        given, person = found.line.given, found.person
        owner = self.numbers.get(given.get("number", ""))
        if owner and owner != person:
            found.problems.append(f"number {given['number']} is {owner.username}'s")
        owner = self.github.get(given.get("github", "").casefold())
        if owner and owner != person:
            found.problems.append(f"GitHub name {given['github']} is {owner.username}'s")
        elif person and person.github_login and given.get("github") and owner != person:
            found.problems.append(
                f"{person.username} is {person.github_login} at GitHub already; they can link"
                " their own account, or an administrator can change the name"
            )

    def _does(self, found: Planned) -> list[str]:
        given, person, enrolment = found.line.given, found.person, found.enrolment
        does = [] if person else ["a new person"]
        if enrolment is None:
            does.append(f"enrolled as {found.line.role}")
        elif enrolment.role != found.line.role:
            does.append(f"role: {enrolment.role} → {found.line.role}")
        if enrolment and enrolment.withdrawn_at:
            does.append("takes part again")
        for name in ("track", "group", "number"):
            before = getattr(enrolment, name) if enrolment else ""
            if given.get(name, before) != before:
                does.append(f"{name}: {before or 'none'} → {given[name]}")
        before = enrolment.lecturer.username if enrolment and enrolment.lecturer else ""
        if given.get("lecturer", before).casefold() != before.casefold():
            does.append(f"lecturer: {before or 'none'} → {given['lecturer']}")
        before = self.teams.get(person.pk, "") if person else ""
        if given.get("team", before) != before:
            does.append(f"team: {before or 'none'} → {given['team']}")
        for name, held in (
            ("name", "display_name"),
            ("email", "email"),
            ("github", "github_login"),
        ):
            if person and given.get(name) and not getattr(person, held):
                does.append(f"{name}: {given[name]}")
        return does


def _unfit(line: Line) -> Iterable[str]:
    """What is wrong with a line by itself."""
    if not line.username:
        yield "no username"
    for name, value in line.given.items():
        if len(value) > LONGEST.get(name, 254):
            yield f"{name}: longer than {LONGEST.get(name, 254)} characters"
        if any(unicodedata.category(each) in {"Cc", "Cf", "Cs"} for each in value):
            yield f"{name}: holds characters that cannot be seen"
        if value.startswith(RUNS):
            yield f"{name}: begins with {value[0]}, which a spreadsheet would run"
    for name, check in (("username", UnicodeUsernameValidator()), ("email", validate_email)):
        try:
            if line.given.get(name):
                check(line.given[name])
        except ValidationError:
            yield f"{name}: “{line.given[name]}” cannot be one"
    if line.given.get("github") and not GITHUB.fullmatch(line.given["github"]):
        yield f"github: “{line.given['github']}” cannot be a name at GitHub"


def _mark_doubles(planned: Sequence[Planned]) -> None:
    """The same person, number or GitHub name on two lines: both are bad."""
    for name in ("username", "number", "github"):
        seen: dict[str, list[Planned]] = defaultdict(list)
        for each in planned:
            if each.line.given.get(name):
                seen[each.line.given[name].casefold()].append(each)
        for same in seen.values():
            for each in same if len(same) > 1 else ():
                others = [str(o.line.number) for o in same if o is not each]
                each.problems.append(f"the same {name} as on line {', '.join(others)}")


def _sizes(edition: Edition, planned: Sequence[Planned]) -> list[str]:
    """Teams that would be outside the bounds of the rules."""
    members = Membership.objects.filter(edition=edition, solo=False)
    now = {
        username.casefold(): team
        for username, team in members.values_list("person__username", "team__name")
    }
    now |= {
        each.line.username.casefold(): each.line.given["team"]
        for each in planned
        if "team" in each.line.given
    }
    bounds = teams.bounds(edition.file)
    return [
        f"{name} would have {size} members; the rules want {bounds}. Somebody has to agree to"
        " that on the page of the teams."
        for name, size in sorted(Counter(now.values()).items())
        if not bounds.holds(size)
    ]
