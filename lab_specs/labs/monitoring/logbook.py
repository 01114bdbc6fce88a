"""What a service wrote about its requests. The log is untrusted text."""

import json
import re
import secrets
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lab_specs.kit import Failure, Service, expect

LONGEST = 500  # characters of a line, so that the end of the log holds what is looked for
LEVELS = {"ok": "INFO", "refused": "WARNING", "failed": "ERROR"}
BRACKETS = 50  # in a line; more could nest deeper than anybody can print
LONGEST_SECONDS = 60  # of a request
PATIENCE = 5.0  # seconds until a line must have been written
LOOK_EVERY = 0.25
FLUSH = "Write one line of JSON per request to standard output, and flush it (PYTHONUNBUFFERED=1)."


@dataclass(frozen=True)
class Line:
    """One line of the log: its text, and its object if it is JSON."""

    text: str
    fields: dict[str, Any] | None

    @property
    def request_id(self) -> str | None:
        """The id of the request that the line is about."""
        said = (self.fields or {}).get("request_id")
        return said if isinstance(said, str) else None


def new_id() -> str:
    """An id that nobody can guess."""
    return secrets.token_hex(8)


def lines_of(log: str) -> list[Line]:
    """The lines of a log; one that was cut at its beginning is left out by who looks for ids."""
    return [Line(text, _object(text)) for text in log.splitlines() if text.strip()]


def _object(text: str) -> dict[str, Any] | None:
    if len(text) > 4 * LONGEST or len(re.findall(r"[\[{]", text)) > BRACKETS:
        return None
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


def read_log(service: Service, *ids: str) -> list[Line]:
    """The log once it holds a line for each of these ids, or after some seconds without."""
    end = time.monotonic() + PATIENCE
    while True:
        lines = lines_of(service.process.log())
        if set(ids) <= {line.request_id for line in lines} or time.monotonic() > end:
            return lines
        time.sleep(LOOK_EVERY)


def about(lines: list[Line], request_id: str) -> dict[str, Any]:
    """The fields of the one line about a request. Raises `Failure` unless there is one."""
    found = [line for line in lines if line.request_id == request_id]
    if len(found) == 1 and found[0].fields is not None and len(found[0].text) <= LONGEST:
        return found[0].fields
    if len(found) == 1:
        had = f"a line of {len(found[0].text)} characters, more than {LONGEST}"
    elif found:
        had = f"{len(found)} such lines, as {found[-1].text[:200]!r}"
    else:
        near = next((line for line in lines if request_id in line.text), None)
        last = lines[-1].text[:200] if lines else ""
        had = f"none; this comes near: {near.text[:300]!r}" if near else f"none; the end: {last!r}"
    raise Failure(
        expected=f'one line of JSON in the log with "request_id": {json.dumps(request_id)}',
        actual=had,
        hint=FLUSH,
    )


def demand_outcome(fields: dict[str, Any], outcome: str) -> None:
    """Raise `Failure` unless the line tells how the request ended, and how long it took."""
    seconds = fields.get("seconds")
    expect(
        fields.get("outcome") == outcome and _is_time(seconds),
        expected=f'"outcome": "{outcome}" and "seconds", a number, in the line of such a request',
        actual=json.dumps(fields, default=str)[:300],
        hint="Write the line when the answer is known. The brief lists its fields.",
    )


def demand_level(fields: dict[str, Any], outcome: str) -> None:
    """Raise `Failure` unless the line has the level that fits the outcome."""
    expect(
        fields.get("level") == LEVELS[outcome],
        expected=f"level {LEVELS[outcome]} for a request that is {outcome}",
        actual=str(fields.get("level"))[:80],
        hint="INFO for ok, WARNING for refused, ERROR for failed.",
    )


def seconds_of(fields: dict[str, Any]) -> float:
    """How long a good request took, as its line says. Raises `Failure` when it does not."""
    demand_outcome(fields, "ok")
    return float(fields["seconds"])


def _is_time(value: object) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and 0 <= value < LONGEST_SECONDS  # type: ignore[operator]


def between(lines: list[Line], first: str, last: str) -> list[Line]:
    """The lines from that of one request to that of another."""
    places = [n for n, line in enumerate(lines) if line.request_id in (first, last)]
    return lines[places[0] : places[-1] + 1] if places else []


def demand_structured(line: Line) -> None:
    """Raise `Failure` unless the line is an object with a time, a level and a message."""
    fields = line.fields or {}
    expect(
        _is_moment(fields.get("time"))
        and fields.get("level") in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
        and isinstance(fields.get("message"), str),
        expected='every line as one JSON object with "time" (ISO 8601 with its zone), "level" and '
        '"message"',
        actual=repr(line.text[:300]),
        hint="The web server has lines of its own: format them as JSON, too, or switch them off.",
    )


def _is_moment(value: object) -> bool:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9T:.+Z -]{20,40}", value):
        return False
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False
