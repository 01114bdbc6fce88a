"""Reads a table that somebody uploads, CSV or Excel, without trusting a byte of it."""

import csv
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from io import BytesIO, StringIO
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from portal.common.errors import Refused

MAX_BYTES = 2_000_000
MAX_UNPACKED = 10_000_000  # bytes of an Excel file once it is unpacked
MAX_ENTRIES = 200  # files inside an Excel file
MAX_ROWS = 5_000
MAX_COLUMNS = 40
MAX_CELL = 1_000  # characters
ZIP = b"PK\x03\x04"
OLD_EXCEL = b"\xd0\xcf\x11\xe0"
BYTE_ORDER = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
CHUNK = 65_536


@dataclass(frozen=True, slots=True)
class Row:
    """One line below the header; `number` counts as the file does, from 1."""

    number: int
    cells: Sequence[str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of texts. Empty lines are left out, cells are stripped."""

    header: Sequence[str]
    rows: Sequence[Row]
    notes: Sequence[str] = ()


def read(data: bytes) -> Sheet:
    """The first table of a CSV or Excel file. Raises `Refused`, which says what is wrong where."""
    if len(data) > MAX_BYTES:
        raise Refused(f"The file is larger than {MAX_BYTES // 1_000_000} MB.")
    if data.startswith(OLD_EXCEL):
        raise Refused("This is an old Excel file (.xls), or one with a password. Save it as .xlsx.")
    lines, notes = (_excel(data), []) if data.startswith(ZIP) else _csv(data)
    table = [(number, [cell.strip() for cell in cells]) for number, cells in _bounded(lines)]
    table = [(number, cells) for number, cells in table if any(cells)]
    if not table:
        raise Refused("The file is empty: expected a line with the names of the columns.")
    header = [name.casefold() for name in table[0][1]]
    while header and not header[-1]:
        header.pop()
    double = sorted({name for name in header if name and header.count(name) > 1})
    if double:
        raise Refused(f"Two columns have the same name: {', '.join(double)}.")
    rows = [Row(number, _fitted(number, cells, len(header))) for number, cells in table[1:]]
    return Sheet(header, rows, notes)


def _bounded(lines: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    for number, cells in lines:
        if number > MAX_ROWS + 1:
            raise Refused(f"The file has more than {MAX_ROWS} lines.")
        if len(cells) > MAX_COLUMNS:
            raise Refused(f"Line {number} has more than {MAX_COLUMNS} columns.")
        long = next((n for n, cell in enumerate(cells, start=1) if len(cell) > MAX_CELL), None)
        if long:
            raise Refused(f"Line {number}, column {long}: more than {MAX_CELL} characters.")
        yield number, cells


def _fitted(number: int, cells: list[str], width: int) -> list[str]:
    """As many cells as the header has names."""
    if any(cells[width:]):
        raise Refused(
            f"Line {number} has more cells than there are columns. Does a name hold a comma?"
            " Then put it between quotation marks."
        )
    return [*cells[:width], *[""] * (width - len(cells))]


def _csv(data: bytes) -> tuple[Iterator[tuple[int, list[str]]], list[str]]:
    text, notes = _text(data)
    if "\x00" in text:
        raise Refused("This is neither a CSV nor an Excel file.")
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)  # the comma, when there is none of them

    def lines() -> Iterator[tuple[int, list[str]]]:
        reader = csv.reader(StringIO(text), delimiter=delimiter, strict=True)
        began = 1
        try:
            for cells in reader:
                yield began, cells
                began = reader.line_num + 1
        except csv.Error as error:
            raise Refused(f"Line {reader.line_num}: {error}.") from None

    return lines(), notes


def _text(data: bytes) -> tuple[str, list[str]]:
    """The text with plain line ends, and what had to be guessed."""
    marked = next((name for mark, name in BYTE_ORDER.items() if data.startswith(mark)), None)
    notes: list[str] = []
    try:
        text = data.decode(marked or "utf-8")
    except UnicodeDecodeError:
        try:
            if marked:
                raise
            text = data.decode("cp1252")
        except UnicodeDecodeError:
            raise Refused("The file is not text. Save it as CSV in UTF-8, or as .xlsx.") from None
        notes = ["The file is not UTF-8; it was read as Windows-1252. Look at accents in names."]
    return text.replace("\r\n", "\n").replace("\r", "\n"), notes


def _excel(data: bytes) -> Iterator[tuple[int, list[str]]]:
    try:
        # Formulas are seen as such: nobody's cached value is taken for what somebody typed.
        book = load_workbook(_unpacked(data), read_only=True, data_only=False, keep_links=False)
        sheet = next(each for each in book.worksheets if each.sheet_state == "visible")
        # A forged size of the sheet would make millions of empty rows: bounded here.
        rows = sheet.iter_rows(max_row=MAX_ROWS + 2, max_col=MAX_COLUMNS + 1)
        for number, row in enumerate(rows, start=1):
            yield number, _trimmed([_cell(number, n, each) for n, each in enumerate(row, start=1)])
    except Refused:
        raise
    except Exception as error:  # noqa: BLE001 - a forged workbook makes the library raise anything
        raise Refused(f"The Excel file cannot be read ({type(error).__name__}).") from None


def _unpacked(data: bytes) -> BytesIO:
    """The same file without compression: no entry is larger than it claims to be."""
    plain = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as packed, zipfile.ZipFile(plain, "w") as copy:
        entries = packed.infolist()
        if len(entries) > MAX_ENTRIES or sum(each.file_size for each in entries) > MAX_UNPACKED:
            raise Refused("The Excel file is far larger inside than a table needs. Save it as CSV.")
        for each in entries:
            with packed.open(each) as entry:  # in pieces: a lie about the size is cut off
                copy.writestr(each.filename, b"".join(iter(partial(entry.read, CHUNK), b"")))
    plain.seek(0)
    return plain


def _cell(row: int, column: int, cell: Any) -> str:  # noqa: ANN401 - of a library
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f":
        place = f"{get_column_letter(column)}{row}"
        raise Refused(f"Cell {place} holds a formula. Paste its value instead.")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)


def _trimmed(cells: list[str]) -> list[str]:
    while cells and not cells[-1]:
        cells.pop()
    return cells
