"""The gradebook as staff filter and page it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from portal.assessment.results import Book, Line
from portal.assessment.told import told

WORDS = ("passed", "passing so far", "not yet", "not passed", "withheld", "unclear")
TONES = {
    "passed": "good",
    "passing so far": "good",
    "not passed": "bad",
    "withheld": "warn",
    "not yet": "",
    "unclear": "bad",
}
DIFFERS = "differs"  # a filter beside the words


@dataclass(frozen=True, slots=True)
class Filters:
    """What staff ask for; empty lets everything through."""

    name: str = ""
    group: str = ""
    track: str = ""
    lecturer: str = ""
    outcome: str = ""

    def lets(self, row: "Row") -> bool:
        """Whether a row is what was asked for."""
        who = row.line.student
        wanted = self.name.casefold()
        return (
            wanted in f"{who.name} {who.username} {who.number} {who.team}".casefold()
            and self.group in {"", who.group}
            and self.track in {"", who.track}
            and self.lecturer in {"", str(who.lecturer)}
            and self.outcome in {"", row.line.word, DIFFERS if row.differs else ""}
        )


@dataclass(frozen=True, slots=True)
class Cell:
    """Where a student stands in one column."""

    word: str
    tone: str = ""
    small: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A student's line of the table."""

    line: Line
    cells: Sequence[Cell]
    value: str
    tone: str
    differs: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """The columns, the rows that the filters let through, and what can be filtered by."""

    columns: Sequence[str]
    rows: Sequence[Row]
    total: int
    groups: Sequence[str]
    tracks: Mapping[str, str]
    lecturers: Mapping[str, str]
    counts: Mapping[str, int] = field(default_factory=dict)


def table(book: Book, filters: Filters, *, changed: frozenset[int] = frozenset()) -> Table:
    """Everybody's components and result, filtered. `changed`: who differs from what was frozen."""
    file = book.edition.file
    rows = [_row(book, line, line.student.person in changed) for line in book.lines]
    students = [line.student for line in book.lines]
    titles = {each.id: each.title for each in file.tracks}
    used = sorted({each.track for each in students if each.track})
    lecturers = {str(s.lecturer): s.lecturer_name for s in students if s.lecturer is not None}
    words = [row.line.word for row in rows]
    return Table(
        columns=[*(each.title for each in file.mini_projects), *(m.title for m in file.marks)],
        rows=[row for row in rows if filters.lets(row)],
        total=len(rows),
        groups=sorted({each.group for each in students if each.group}),
        tracks={track: titles.get(track, track) for track in used},
        lecturers=dict(sorted(lecturers.items(), key=lambda item: item[1])),
        counts={word: words.count(word) for word in WORDS if word in words},
    )


def _row(book: Book, line: Line, differs: bool) -> Row:  # noqa: FBT001 - of a set
    data = told(book, line)
    if line.result is None:
        blank = [Cell("–")] * (len(book.edition.file.mini_projects) + len(book.edition.file.marks))  # noqa: RUF001
        return Row(line, blank, "", TONES["unclear"], differs)
    cells = [*(_part(each) for each in data["parts"]), *(_mark(each) for each in data["marks"])]
    return Row(line, cells, data["value"], TONES[line.word], differs)


def _part(part: Mapping[str, Any]) -> Cell:
    """The lowest technical level once all are decided; until then, how many are."""
    levels = part["levels"]
    if part["lost"]:
        return Cell(part["status"], "bad")
    decided = [each for each in levels if each["level"]]
    if not decided:
        return Cell("open")
    if len(decided) < len(levels):
        return Cell("open", small=f"{len(decided)} of {len(levels)} decided")
    technical = [each for each in levels if each["technical"]] or levels
    lowest = min(technical, key=lambda each: each["scale"].index(each["level"]))
    return Cell(lowest["level"], "good" if lowest["passes"] else "bad")


def _mark(mark: Mapping[str, Any]) -> Cell:
    if mark["points"]:
        resit = "resit" if mark["chance"] > 1 else ""
        return Cell(f"{mark['points']} / {mark['highest']}", small=resit)
    return Cell("absent", "bad") if mark["absent"] else Cell("–")  # noqa: RUF001 - a dash is meant
