"""What is there, what came late and what is missing: by themselves, for a whole edition at once."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Max, Min

from lab_specs.edition.syllabus import Deliverable
from portal.courses.dates import Calendar
from portal.courses.deadlines import Due, code_of, late, to_second
from portal.courses.models import Edition, Membership, MiniProject
from portal.courses.queries import students_of
from portal.deliveries.domain import BY_HAND
from portal.deliveries.models import Delivery
from portal.submissions.models import Submission

CODE = "code"
Key = tuple[int, int]  # mini-project, team


class Standing(StrEnum):
    """How a deliverable stands."""

    THERE = "there"
    LATE = "late"
    MISSING = "missing"
    OPEN = "open"  # nothing yet, and there is time


@dataclass(frozen=True, slots=True)
class First:
    """When an item was there first, and the newest row that holds it (None for code)."""

    at: datetime
    newest: int | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One deliverable of one student's work. Demos are known elsewhere."""

    mini_project: MiniProject
    deliverable: Deliverable
    team: int | None
    due: Due
    first: First | None
    standing: Standing


def delivered(edition: Edition) -> dict[Key, dict[str, First]]:
    """Per mini-project and team: when each item was there first, to the second. Three queries.

    Whatever comes later is a better version of it, not a later hand-in.
    """
    found: dict[Key, dict[str, First]] = defaultdict(dict)
    rows = Delivery.objects.filter(mini_project__edition=edition).order_by()
    each = rows.values_list("mini_project", "team", "deliverable")
    for project, team, item, at, newest in each.annotate(first=Min("at"), newest=Max("pk")):
        found[project, team][item] = First(to_second(at), newest)
    code = {row.pk: _code(edition, row) for row in edition.mini_projects.all()}
    work = Submission.objects.filter(mini_project__edition=edition).order_by()
    pairs = work.values_list("mini_project", "team").annotate(first=Min("created_at"))
    for project, team, at in pairs:
        own, item = found[project, team], code[project]
        snapshot = own.get(item)
        own[item] = First(min(to_second(at), snapshot.at if snapshot else to_second(at)))
    return dict(found)


def standings(edition: Edition, *, now: datetime) -> dict[int, list[Item]]:
    """Per student (their key): how every deliverable stands that is handed in here.

    A dozen queries, whatever the size of the class.
    """
    calendar, handed = Calendar.of(edition), delivered(edition)
    projects = list(edition.mini_projects.order_by("order"))
    teams: dict[tuple[int, bool], int] = {
        (person, solo): team
        for person, solo, team in Membership.objects.filter(edition=edition).values_list(
            "person_id", "solo", "team_id"
        )
    }
    students = students_of(edition).values_list("person_id", "track")
    found: dict[int, list[Item]] = {}
    for person, track in students:
        alone, shared = teams.get((person, True)), teams.get((person, False))
        owners = [(p, calendar.owner(p, shared=shared, solo=alone)) for p in projects]
        found[person] = [
            item
            for project, team in owners
            for item in items(calendar, project, team, handed, now=now, track=track)
        ]
    return found


def items(
    calendar: Calendar,
    mini_project: MiniProject,
    team: int | None,
    handed: Mapping[Key, Mapping[str, First]],
    *,
    now: datetime,
    track: str = "",
) -> list[Item]:
    """How the deliverables of one mini-project stand for one team."""
    part = calendar.part(mini_project)
    own = handed.get((mini_project.pk, team), {}) if team else {}
    found = []
    for each in part.deliverables if part else ():
        if each.kind not in (*BY_HAND, "code"):
            continue
        due, first = calendar.due(mini_project, team, each.id, track), own.get(each.id)
        found.append(Item(mini_project, each, team, due, first, standing(due, first, now=now)))
    return found


def standing(due: Due, first: First | None, *, now: datetime) -> Standing:
    """How an item stands that was there at this moment, or never."""
    if first:
        return Standing.LATE if late(first.at, due.moment) else Standing.THERE
    return Standing.MISSING if late(now, due.moment) else Standing.OPEN


def incomplete(found: Iterable[Item]) -> Sequence[Item]:
    """What is not there; a mini-project is incomplete while this is not empty."""
    return [each for each in found if each.first is None]


def _code(edition: Edition, row: MiniProject) -> str:
    """The name of what is handed in as a commit, also where the file lists no such thing."""
    part = next((each for each in edition.file.mini_projects if each.id == row.slug), None)
    return (code_of(part) if part else "") or CODE
