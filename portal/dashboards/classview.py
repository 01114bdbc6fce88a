"""The class table as a lecturer filters and pages it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from portal.assessment.queries import decided
from portal.courses.models import Criterion, Edition, MiniProject
from portal.submissions.classtable import Cell, Row, class_table
from portal.submissions.states import LIVE

STATES = {
    "none": "Nothing handed in",
    "live": "Being graded",
    "passed": "Passed",
    "failed": "Not there yet",
    "rejected": "Could not run",
    "crashed": "Failed on our side",
    "review": "To review",
    "late": "Late",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A cell with how far its review has come."""

    cell: Cell
    decided: int
    criteria: int

    @property
    def to_review(self) -> bool:
        """Whether checks have run and a lecturer has not decided on every criterion."""
        return self.cell.verdict in {"passed", "failed"} and self.decided < self.criteria

    @property
    def reviewed(self) -> bool:
        """Whether every criterion is decided."""
        return 0 < self.criteria <= self.decided

    def has(self, state: str) -> bool:
        """Whether the cell is what the filter asks for."""
        if state == "live":
            return self.cell.state in LIVE
        if state == "review":
            return self.to_review
        if state == "late":
            return self.cell.late
        return self.cell.verdict == state


@dataclass(frozen=True, slots=True)
class Student:
    """One row of the table."""

    row: Row
    cells: Sequence[Shown | None]


@dataclass(frozen=True, slots=True)
class ClassView:
    """The columns, and the rows that the filter lets through."""

    mini_projects: Sequence[MiniProject]
    students: Sequence[Student]
    total: int


def class_view(edition: Edition, *, name: str = "", state: str = "") -> ClassView:
    """Students by mini-projects, filtered, in six queries whatever their number."""
    table = class_table(edition)
    done = decided(edition)
    criteria = Counter(
        Criterion.objects.filter(mini_project__edition=edition).values_list(
            "mini_project_id", "lab"
        )
    )

    def shown(cell: Cell | None) -> Shown | None:
        if cell is None:
            return None
        own = criteria[cell.mini_project, cell.lab] + criteria[cell.mini_project, ""]
        return Shown(cell, done[cell.team, cell.mini_project], own)

    students = [
        Student(row, [shown(cell) for cell in row.cells])
        for row in table.rows
        if name.casefold() in f"{row.name} {row.username} {row.team}".casefold()
    ]
    kept = [each for each in students if _matches(each, state)]
    return ClassView(table.mini_projects, kept, total=len(table.rows))


def _matches(student: Student, state: str) -> bool:
    if state not in STATES:
        return True
    if state == "none":
        return None in student.cells
    return any(cell.has(state) for cell in student.cells if cell is not None)
