"""The gradebook as CSV and as Excel. No cell of it is ever run as a formula."""

import csv
import io
from collections.abc import Iterator, Sequence

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from portal.assessment.gradebook import Table
from portal.common.cells import harmless

FIRST = ("Name", "Number", "Sign-in name", "Track", "Group", "Team", "Lecturer")
LAST = ("Result", "Value", "Rules version", "To change")


def rows(table: Table) -> Iterator[Sequence[str]]:
    """The header, then a row per student; every cell harmless."""
    yield [harmless(title) for title in (*FIRST, *table.columns, *LAST)]
    for row in table.rows:
        who, result = row.line.student, row.line.result
        cells = [f"{cell.word} {cell.small}".strip() for cell in row.cells]
        yield [
            harmless(text)
            for text in (
                *(who.name, who.number, who.username, who.track, who.group),
                *(who.team, who.lecturer_name),
                *cells,
                row.line.word,
                row.value,
                str(result.rules_version) if result else "",
                "; ".join(result.to_change) if result else row.line.problem,
            )
        ]


def as_csv(table: Table) -> bytes:
    """UTF-8 with the mark by which Excel knows it."""
    out = io.StringIO()
    csv.writer(out).writerows(rows(table))
    return out.getvalue().encode("utf-8-sig")


def as_excel(table: Table) -> bytes:
    """A workbook of texts: nothing in it is a number that lost its zeros, or a formula."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Results")
    for row in rows(table):
        cells = []
        for text in row:
            cell = WriteOnlyCell(sheet, value=text)
            cell.data_type = "s"
            cells.append(cell)
        sheet.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
