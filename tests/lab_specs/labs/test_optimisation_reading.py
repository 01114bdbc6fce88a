"""The table of variants is read strictly, and refused in words that help."""

import json

import pytest

from lab_specs.faults import Code, StudentFault
from lab_specs.labs.optimisation.reading import VARIANTS, Row, read_table

ROW = {"technique": "float32", "bytes": 100, "accuracy": 0.9, "agreement": 1}
TABLE = {"base": ROW, "optimised": ROW | {"bytes": 20}}


def refusal(content: bytes) -> str:
    with pytest.raises(StudentFault) as error:
        read_table(content)
    assert error.value.code is Code.OUTPUT_MALFORMED
    return str(error.value.facts["problem"])


def test_rows_are_read_by_name() -> None:
    table = read_table(json.dumps(TABLE).encode())
    assert table == {"base": Row("float32", 100, 0.9, 1.0), "optimised": Row("float32", 20, 0.9, 1)}


@pytest.mark.parametrize("row", [ROW | {"agreement": None}, {**ROW, "agreement": None, "more": []}])
def test_the_agreement_may_be_missing(row: dict[str, object]) -> None:
    assert read_table(json.dumps(TABLE | {"base": row}).encode())["base"].agreement is None


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\xff", "no JSON document"),
        (b"not JSON", "no JSON document"),
        (b"[" * 100_000, "no JSON document"),
        (b'{"base": NaN}', "no JSON document"),
        (b"[]", "a row for `base` and one for `optimised`"),
        (b'{"base": {}}', "a row for `base` and one for `optimised`"),
    ],
)
def test_what_is_no_table_is_refused(content: bytes, told: str) -> None:
    assert told in refusal(content)


@pytest.mark.parametrize("name", ["", "../base", "A", "x" * 31, "a/b", "a\n"])
def test_a_name_that_is_no_folder_is_refused(name: str) -> None:
    assert "is no name" in refusal(json.dumps(TABLE | {name: ROW}).encode())


def test_a_table_of_too_many_variants_is_refused() -> None:
    rows = TABLE | {f"v{i}": ROW for i in range(VARIANTS - 1)}
    assert "more than 6 variants" in refusal(json.dumps(rows).encode())


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"technique": " "}, "`technique` of base"),
        ({"technique": 3}, "`technique` of base"),
        ({"bytes": 0}, "`bytes` of base"),
        ({"bytes": 2.5}, "`bytes` of base"),
        ({"bytes": True}, "`bytes` of base"),
        ({"bytes": 10**13}, "`bytes` of base"),
        ({"accuracy": 97.2}, "`accuracy` of base"),
        ({"accuracy": "0.9"}, "`accuracy` of base"),
        ({"accuracy": None}, "`accuracy` of base"),
        ({"accuracy": 1e999}, "`accuracy` of base"),
        ({"agreement": -0.1}, "`agreement` of base"),
        ({"agreement": False}, "`agreement` of base"),
    ],
)
def test_a_value_that_cannot_be_is_refused(change: dict[str, object], told: str) -> None:
    content = json.dumps(TABLE | {"base": ROW | change}).replace("Infinity", "1e999")
    assert told in refusal(content.encode())


def test_a_row_that_is_no_object_is_refused() -> None:
    assert "expected a JSON object for base" in refusal(json.dumps(TABLE | {"base": 3}).encode())


def test_a_number_without_end_is_refused() -> None:
    content = json.dumps(TABLE).replace("100", "1" * 4000)
    assert "`bytes` of base" in refusal(content.encode()) or "JSON" in refusal(content.encode())
