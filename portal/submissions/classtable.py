"""The class at a glance: students by mini-projects, in as many queries for 30 as for 1,000."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.courses.dates import Calendar
from portal.courses.models import Edition, Enrolment, Membership, MiniProject
from portal.courses.rules import Role
from portal.submissions.models import Attempt
from portal.submissions.queries import newest_per


@dataclass(frozen=True, slots=True)
class Cell:
    """The newest attempt of a team's newest submission for one mini-project."""

    attempt: int
    submission: int
    team: int
    mini_project: int
    state: str
    verdict: str | None
    fault: str
    lab: str
    commit: str
    submitted_at: datetime
    late: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One student. `cells` runs like the table's mini-projects; None: nothing handed in."""

    person: int
    username: str
    name: str
    team: str
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True)
class ClassTable:
    """Students by name, and one column per mini-project."""

    mini_projects: Sequence[MiniProject]
    rows: Sequence[Row]


def class_table(edition: Edition) -> ClassTable:
    """The table of an edition, in at most ten queries."""
    calendar = Calendar.of(edition)
    mini_projects = list(edition.mini_projects.order_by("order"))
    cells = {(cell.team, cell.mini_project): cell for cell in latest_cells(edition, calendar)}
    teams: dict[tuple[int, bool], tuple[int, str]] = {
        (person, solo): (team, name)
        for person, solo, team, name in Membership.objects.filter(edition=edition).values_list(
            "person_id", "solo", "team_id", "team__name"
        )
    }
    students = (
        Enrolment.objects.filter(edition=edition, role=Role.STUDENT, withdrawn_at=None)
        .values_list("person_id", "person__username", "person__display_name")
        .order_by("person__display_name", "person__username")
    )
    rows = []
    for person, username, name in students:
        alone, shared = (teams.get((person, solo), (0, "")) for solo in (True, False))
        owners = [calendar.owner(each, shared=shared[0], solo=alone[0]) for each in mini_projects]
        line = tuple(
            cells.get((owner or 0, each.pk))
            for owner, each in zip(owners, mini_projects, strict=True)
        )
        rows.append(Row(person, username, name or username, shared[1], line))
    return ClassTable(mini_projects, rows)


def latest_cells(edition: Edition, calendar: Calendar | None = None) -> list[Cell]:
    """What the newest attempts of an edition say, in few queries and columns."""
    calendar = calendar or Calendar.of(edition)
    mini_projects = {each.pk: each for each in edition.mini_projects.all()}
    attempts = Attempt.objects.filter(submission__mini_project__edition=edition)
    rows = newest_per(attempts, "submission__team", "submission__mini_project").values_list(
        "pk",
        "submission_id",
        "submission__team_id",
        "submission__mini_project_id",
        "state",
        "verdict",
        "fault",
        "submission__lab",
        "submission__commit",
        "submission__created_at",
    )
    return [
        Cell(*row, late=calendar.late(mini_projects[row[3]], team=row[2], at=row[9]))
        for row in rows
    ]
