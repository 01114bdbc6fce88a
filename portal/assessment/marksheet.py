"""Marks from a file: first a plan that names each bad line, then all of it at once or nothing."""

import csv
import hashlib
import io
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from django.db import transaction

from lab_specs.edition.syllabus import MarkFile
from portal.assessment import domain
from portal.assessment.domain.given import demand_mark, mark_file
from portal.assessment.domain.people import Owner
from portal.assessment.models import Mark
from portal.assessment.models.decisions import FIRST
from portal.common.errors import Refused
from portal.common.typed import number
from portal.courses.models import Edition, Enrolment, Team
from portal.courses.rules import Role
from portal.courses.sheets import Row, Sheet
from portal.people.models import User

WHO = ("number", "student number", "username", "sign-in name", "team", "id")
POINTS = ("points", "mark", "score", "grade")
COMMENT = ("comment", "reason", "note")


@dataclass(frozen=True, slots=True)
class Planned:
    """What a line would do, or why it cannot."""

    number: int
    who: str
    owner: Owner | None
    points: Decimal | None
    comment: str
    before: Mark | None
    problem: str = ""

    @property
    def same(self) -> bool:
        """Whether the mark is there already."""
        return self.before is not None and self.before.points == self.points


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole file."""

    mark: MarkFile
    chance: int
    lines: Sequence[Planned]

    @property
    def problems(self) -> list[Planned]:
        """The lines that cannot be taken."""
        return [line for line in self.lines if line.problem]

    @property
    def changes(self) -> list[Planned]:
        """The lines that would change something."""
        return [line for line in self.lines if not line.problem and not line.same]

    @property
    def digest(self) -> str:
        """Equal for two plans that would do the same to the same marks."""
        told = [
            (str(line.owner), line.points, line.before.version if line.before else 0, line.problem)
            for line in self.lines
        ]
        return hashlib.sha256(repr((self.mark.id, self.chance, told)).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class _Known:
    """Who can be meant, and what they have."""

    mark: MarkFile
    owners: dict[str, set[Owner]]
    held: dict[tuple[str, int], Mark]
    who: int
    points: int
    comment: int | None


def plan(edition: Edition, mark: str, sheet: Sheet, *, chance: int = FIRST) -> Plan:
    """What a file would do. Refused when a column is missing; bad lines are named in the plan."""
    file = mark_file(edition, mark)
    who, points = _column(sheet, WHO), _column(sheet, POINTS)
    if who is None or points is None:
        raise Refused(
            "The first line must name a column `number`, `username` or `team`, and one `points`."
        )
    held = Mark.objects.filter(edition=edition, mark=mark, chance=chance)
    known = _Known(
        mark=file,
        owners=_owners(edition, file),
        held={key_of(each): each for each in held},
        who=who,
        points=points,
        comment=_column(sheet, COMMENT),
    )
    lines: list[Planned] = []
    seen: dict[tuple[str, int], int] = {}
    for row in sheet.rows:
        line = _line(row, known)
        first = seen.setdefault(owner_key(line.owner), row.number) if line.owner else row.number
        if first != row.number:
            line = replace(line, problem=f"the same {file.by} as in line {first}")
        lines.append(line)
    return Plan(file, chance, lines)


def store(plan_: Plan, *, edition: Edition, by: User) -> int:
    """Give all marks of a plan, or none. Refused when a line is bad or somebody was faster."""
    if plan_.problems:
        raise Refused("Nothing was stored: some lines cannot be taken.")
    with transaction.atomic():
        for line in plan_.changes:
            if line.owner is None:
                continue
            domain.give_mark(
                edition=edition,
                mark=plan_.mark.id,
                owner=line.owner,
                points=line.points,
                by=by,
                reason=line.comment or "from a file",
                chance=plan_.chance,
                seen=line.before.version if line.before else 0,
            )
    return len(plan_.changes)


def as_csv(sheet: Sheet) -> str:
    """The same table as text, for the preview to send back."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(sheet.header)
    for row in sheet.rows:
        writer.writerow(row.cells)
    return out.getvalue()


def _column(sheet: Sheet, names: Sequence[str]) -> int | None:
    return next((sheet.header.index(name) for name in names if name in sheet.header), None)


def _owners(edition: Edition, mark: MarkFile) -> dict[str, set[Owner]]:
    """Students by number and sign-in name, or teams by name; as people write them."""
    found: dict[str, set[Owner]] = defaultdict(set)
    if mark.by == "team":
        teams = Team.objects.filter(edition=edition, solo=False)
        for each in teams:
            found[each.name.casefold()].add(each)
        return found
    rows = Enrolment.objects.filter(edition=edition, role=Role.STUDENT, withdrawn_at=None)
    for row in rows.select_related("person"):
        for name in (row.person.username, row.number):
            if name:
                found[name.casefold()].add(row.person)
    return found


def _line(row: Row, known: _Known) -> Planned:
    who, text = row.cells[known.who], row.cells[known.points]
    comment = row.cells[known.comment] if known.comment is not None else ""
    meant = known.owners.get(who.casefold(), set())
    owner = next(iter(meant)) if len(meant) == 1 else None
    before = known.held.get(owner_key(owner)) if owner else None
    points, problem = _points(text, known.mark)
    if owner is None:
        kind = "team" if known.mark.by == "team" else "student"
        problem = f"no {kind} {who!r} in this edition" if who else f"no {kind} is named"
        if meant:
            problem = f"{who!r} can mean {' or '.join(sorted(str(each) for each in meant))}"
    return Planned(row.number, who, owner, points, comment, before, problem)


def _points(text: str, mark: MarkFile) -> tuple[Decimal | None, str]:
    if not text:
        return None, "no points; leave the line out if there is no mark"
    points = number(text)
    if points is None:
        return None, f"{text[:40]!r} is not a number"
    try:
        demand_mark(mark, points)
    except Refused as refusal:
        return None, str(refusal)
    return points, ""


def owners_of(edition: Edition, file: MarkFile) -> list[Owner]:
    """Those who get a mark: the students who take part, or the teams; by name."""
    if file.by == "team":
        return list(Team.objects.filter(edition=edition, solo=False).order_by("name"))
    rows = Enrolment.objects.filter(edition=edition, role=Role.STUDENT, withdrawn_at=None)
    people: list[Owner] = [row.person for row in rows.select_related("person")]
    return sorted(people, key=lambda each: (each.name.casefold(), each.pk))


def owner_key(owner: Owner | None) -> tuple[str, int]:
    """A student or a team, as marks name them."""
    return ("team" if isinstance(owner, Team) else "student", owner.pk if owner else 0)


def key_of(mark: Mark) -> tuple[str, int]:
    """Whose mark it is."""
    return ("team", mark.team_id) if mark.team_id else ("student", mark.student_id or 0)
