"""Numbers and years as people type them. What no person types is no number."""

import re
from datetime import date
from decimal import Decimal

WHOLE = re.compile(r"[0-9]{1,9}")
# Powers of ten are left out: to work with 1e-99999999 takes a hundred million digits.
NUMBER = re.compile(r"[+-]?(?:[0-9]{1,12}(?:[.,][0-9]{0,30})?|[.,][0-9]{1,30})")
YEARS = range(2000, 2101)  # outside of these, clocks and calendars run over


def whole(text: str) -> int | None:
    """A small whole number; None for anything else."""
    return int(text) if WHOLE.fullmatch(text) else None


def number(text: str) -> Decimal | None:
    """A number with a point or a comma, in ASCII digits; None for anything else."""
    text = text.strip()
    return Decimal(text.replace(",", ".")) if NUMBER.fullmatch(text) else None


def near(day: date) -> bool:
    """Whether somebody can mean this day, or this moment."""
    return day.year in YEARS
