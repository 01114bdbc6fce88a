"""Reads the table of variants. Every surprise is a `StudentFault` in clear words."""

import json
import math
import re
from dataclasses import dataclass
from typing import NoReturn

from lab_specs.faults import Code, StudentFault

TABLE = "variants.json"
BASE, OPTIMISED = "base", "optimised"
NAME = r"[a-z0-9][a-z0-9_-]{0,29}"
VARIANTS = 6  # the brief promises that no table needs more
WHOLE_CAP = 10**12  # bytes; nothing honest is larger
SHOWN = 60  # characters of a value that an explanation quotes


@dataclass(frozen=True)
class Row:
    """What the table says of a variant. Shares lie in 0..1; the agreement may be left out."""

    technique: str
    size: int  # bytes
    accuracy: float
    agreement: float | None


def read_table(content: bytes) -> dict[str, Row]:
    """The rows by name, the base and the optimised variant among them."""
    try:
        said = json.loads(content.decode(), parse_constant=_no_number)
    except (ValueError, RecursionError):
        _refuse("it is no JSON document in UTF-8")
    if not isinstance(said, dict) or not {BASE, OPTIMISED} <= set(said):
        _refuse(f"expected one JSON object with a row for `{BASE}` and one for `{OPTIMISED}`")
    if len(said) > VARIANTS:
        _refuse(f"more than {VARIANTS} variants")
    for name in said:
        if not re.fullmatch(NAME, name):
            _refuse(f"{_shown(name)} is no name: small letters, digits, - and _, up to 30")
    return {name: _row(name, row) for name, row in said.items()}


def _row(name: str, said: object) -> Row:
    if not isinstance(said, dict):
        _refuse(f"expected a JSON object for {name}, not {_shown(said)}")
    technique, size = said.get("technique"), said.get("bytes")
    if not isinstance(technique, str) or not technique.strip():
        _refuse(f"`technique` of {name} must say in words how it was made")
    if type(size) is not int or not 0 < size < WHOLE_CAP:
        _refuse(f"`bytes` of {name} must be a whole number above 0, not {_shown(size)}")
    agreement = None if said.get("agreement") is None else _share(name, said, "agreement")
    return Row(technique, size, _share(name, said, "accuracy"), agreement)


def _share(name: str, said: dict[str, object], field: str) -> float:
    value = said.get(field)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        _refuse(f"`{field}` of {name} must be a number from 0 to 1, not {_shown(value)}")
    assert math.isfinite(value)
    return float(value)


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number of JSON")


def _shown(value: object) -> str:
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # a number of more digits than Python prints
        text = type(value).__name__
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def _refuse(problem: str) -> NoReturn:
    raise StudentFault(Code.OUTPUT_MALFORMED, file=TABLE, problem=problem)
