"""What people type as numbers and days."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from portal.common.typed import near, number, whole


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("12", "12"),
        ("12,5", "12.5"),
        (" 0.125 ", "0.125"),
        (".5", "0.5"),
        ("3.", "3"),
        ("-1", "-1"),
    ],
)
def test_a_number_has_a_point_or_a_comma(text: str, means: str) -> None:
    assert number(text) == Decimal(means)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "NaN",
        "Infinity",
        "1e5",
        "1e-99999999",
        "1_0",
        "\u0663",
        "1.000,5",
        "9" * 13,
        ".",
        "1\x00",
    ],
)
def test_what_no_person_types_is_no_number(text: str) -> None:
    assert number(text) is None


def test_a_whole_number_is_small_and_in_ascii() -> None:
    assert (whole("7"), whole("9" * 9)) == (7, 10**9 - 1)
    assert [whole(text) for text in ("", "-1", "\u0663", "\u00b2", "9" * 5_000, "1.0")] == [
        None
    ] * 6


def test_a_day_is_of_this_century() -> None:
    assert near(date(2026, 11, 21))
    assert near(datetime(2100, 12, 31, tzinfo=UTC))
    assert not any(near(day) for day in (date.min, date(1999, 12, 31), date.max))
