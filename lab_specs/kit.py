"""What a lab's `test_acceptance.py` imports: checks, failures, and the student's work.

A check is a function. Its docstring is the line that the student reads; `expect` tells what
was expected, what happened and what to do next. Fixtures: `seed`, `student`, `show` for figures,
for a lab of kind service `service` and `launch`, and `sidecar` where the lab's file names one.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from lab_specs.faults import Code, StudentFault
from lab_specs.figures import Figure, Series
from lab_specs.report import TEXT_CAP
from lab_specs.service import Failure, Reply, Service
from lab_specs.sidecar import Sidecar
from lab_specs.student import Image, Process, Run, Volume

__all__ = [
    "Code",
    "Failure",
    "Figure",
    "Image",
    "Process",
    "Reply",
    "Run",
    "Series",
    "Service",
    "Sidecar",
    "StudentFault",
    "Volume",
    "check",
    "expect",
]

Function = TypeVar("Function", bound=Callable[..., None])


def check(
    criterion: str, level: str, *, after: str | None = None
) -> Callable[[Function], Function]:
    """Bind a test function to one cell of the rubric.

    `after` names a check above without which this one says nothing: it is then skipped.
    """

    def bind(function: Function) -> Function:
        function.__dict__["check"] = {"criterion": criterion, "level": level, "after": after}
        return function

    return bind


def expect(holds: object, *, expected: str, actual: object, hint: str = "") -> None:
    """Raise `Failure` unless `holds`. `hint` tells the student what to do next."""
    if not holds:
        raise Failure(expected=expected, actual=str(actual)[:TEXT_CAP], hint=hint)


def shorten(value: Any, limit: int = 200) -> str:  # noqa: ANN401 - anything can be shown
    """The value as a text of at most `limit` characters, for `actual=`."""
    text = str(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"
