"""Tables from strangers: what is read, and what is refused with its place."""

import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from portal.common.errors import Refused
from portal.courses import sheets

PLAIN = "Username,Name\nann,Ann Élan\n\nbob,\n"


def excel(*rows: tuple[object, ...]) -> bytes:
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def replaced(data: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The same Excel file with one of its inner files changed."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(out, "w", 8) as new:
        for each in old.namelist():
            content = old.read(each)
            new.writestr(each, change(content) if each == name else content)
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        PLAIN.encode(),
        PLAIN.encode("utf-8-sig"),
        PLAIN.encode("utf-16"),
        PLAIN.replace(",", ";").encode(),
        PLAIN.replace(",", "\t").replace("\n", "\r\n").encode(),
        PLAIN.replace("\n", "\r").encode(),
        excel(("Username", "Name"), ("ann", "Ann Élan"), (), ("bob", None)),
    ],
    ids=["utf-8", "marked", "utf-16", "semicolons", "tabs", "old lines", "excel"],
)
def test_the_same_table_from_any_program(data: bytes) -> None:
    sheet = sheets.read(data)
    assert (sheet.header, sheet.notes) == (["username", "name"], [])
    assert [(row.number, list(row.cells)) for row in sheet.rows] == [
        (2, ["ann", "Ann Élan"]),
        (4, ["bob", ""]),
    ]


def test_an_old_encoding_is_read_and_told() -> None:
    sheet = sheets.read(PLAIN.encode("cp1252"))
    assert sheet.rows[0].cells[1] == "Ann Élan"
    assert "Windows-1252" in sheet.notes[0]


def test_a_line_is_counted_as_the_file_does() -> None:
    sheet = sheets.read(b'username,name\nann,"two\nlines"\nbob,B\n')
    assert [row.number for row in sheet.rows] == [2, 4]


def test_numbers_and_days_of_excel_are_as_typed() -> None:
    sheet = sheets.read(excel(("a", "b", "c"), (20240001, 1.5, True)))
    assert list(sheet.rows[0].cells) == ["20240001", "1.5", "True"]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"a,a\n1,2\n", "same name: a"),
        (b"a,b\n1,2,3\n", "Line 2 has more cells"),
        (b'a,b\n"1,2\n', "Line 2: unexpected end"),
        (b"a\n" + b"1\n" * 5_001, "more than 5000 lines"),
        (b"," * 40 + b"\n", "Line 1 has more than 40 columns"),
        (b"a\n" + b"x" * 1_001, "Line 2, column 1: more than 1000"),
        (b"a\n" + b"x" * 200_000, "larger than field limit"),
        (b"x" * 2_000_001, "larger than 2 MB"),
        (b"a\n\x00\n", "neither a CSV nor an Excel"),
        (b"\x81\x8d\x8f", "is not text"),
        (b"\xff\xfe\x00\xd8", "is not text"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Excel"),
        (b"PK\x03\x04 nothing of the kind", "cannot be read"),
        (excel(("a",), ("=1+1",)), "Cell A2 holds a formula"),
        (excel(("a",), ('=HYPERLINK("x","y")',)), "Cell A2 holds a formula"),
    ],
)
def test_what_is_no_table_is_refused_with_its_place(data: bytes, says: str) -> None:
    with pytest.raises(Refused, match=says):
        sheets.read(data)


def test_a_zip_bomb_is_never_unpacked() -> None:
    bomb = replaced(excel(("a",)), "xl/styles.xml", lambda xml: xml + b" " * 20_000_000)
    assert len(bomb) < 100_000
    with pytest.raises(Refused, match="far larger inside"):
        sheets.read(bomb)


def test_an_entry_that_lies_about_its_size_is_cut_off() -> None:
    name, size = "xl/styles.xml", 60_000_000
    bomb = bytearray(replaced(excel(("a",)), name, lambda _: b" " * size))
    real, told = size.to_bytes(4, "little"), (10).to_bytes(4, "little")
    assert bomb.count(real) == 2  # beside the entry, and in the directory
    crc = zlib.crc32(b" " * size).to_bytes(4, "little")
    forged = (
        bytes(bomb).replace(real, told).replace(crc, zlib.crc32(b" " * 10).to_bytes(4, "little"))
    )
    tracemalloc.start()
    with suppress(Refused):
        sheets.read(forged)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10_000_000


def test_many_small_files_are_refused() -> None:
    out = BytesIO(excel(("a",)))
    with zipfile.ZipFile(out, "a") as archive:
        for number in range(300):
            archive.writestr(f"x/{number}", b"")
    with pytest.raises(Refused, match="far larger inside"):
        sheets.read(out.getvalue())


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("xl/worksheets/sheet1.xml", lambda xml: xml[: len(xml) // 2]),
        ("xl/worksheets/sheet1.xml", lambda _: b"<a/>"),
        ("xl/workbook.xml", lambda _: b""),
        ("xl/workbook.xml", lambda xml: xml.replace(b"sheet1", b"sheet9")),
        ("[Content_Types].xml", lambda _: b"<Types/>"),
    ],
)
def test_a_damaged_workbook_is_refused_or_read(name: str, change: Callable[[bytes], bytes]) -> None:
    with suppress(Refused):
        sheets.read(replaced(excel(("a",), ("b",)), name, change))


def test_entities_of_a_workbook_do_not_grow() -> None:
    entities = b"".join(
        b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10 if n else b"lol" * 99) for n in range(9)
    )

    def laugh(xml: bytes) -> bytes:
        start = xml.index(b"<worksheet")
        body = xml[start:].replace(b"<t>a</t>", b"<t>&l8;</t>").replace(b"<v>0</v>", b"<v>&l8;</v>")
        return b"<!DOCTYPE w [%s]>" % entities + body

    with pytest.raises(Refused):
        sheets.read(replaced(excel(("a",)), "xl/worksheets/sheet1.xml", laugh))


def test_a_forged_row_number_makes_no_million_rows() -> None:
    far = replaced(
        excel(("a",), ("b",)),
        "xl/worksheets/sheet1.xml",
        lambda xml: xml.replace(b'r="2"', b'r="1048576"').replace(b'r="A2"', b'r="A1048576"'),
    )
    with pytest.raises(Refused, match="more than 5000 lines"):
        sheets.read(far)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_table_or_refused(data: bytes) -> None:
    with suppress(Refused):
        sheets.read(data)


@settings(max_examples=60, deadline=None)
@given(at=st.floats(0, 1), byte=st.integers(0, 255))
def test_a_workbook_with_a_flipped_byte_is_a_table_or_refused(at: float, byte: int) -> None:
    data = bytearray(excel(("username", "name"), ("ann", "Ann")))
    data[int(at * (len(data) - 1))] = byte
    with suppress(Refused):
        sheets.read(bytes(data))
