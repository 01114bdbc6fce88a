"""What a judge reports of one attempt, and the levels and verdict that follow from it.

A report is stored whole, so levels can be computed again later without a new run.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from lab_specs.faults import plain_text
from lab_specs.figures import FIGURES, Figure

TEXT_CAP = 4_000  # characters of any text that a student's work can influence


class Outcome(StrEnum):
    """How one check ended. `error` is our own failure, never the student's."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    ERROR = "error"


class Verdict(StrEnum):
    """What came out of an attempt; a database column that is null until it is known."""

    PASSED = "passed"
    FAILED = "failed"
    REJECTED = "rejected"
    CRASHED = "crashed"


# Whatever a check says is made to fit: a report is never lost over the words in it.
Words = Annotated[str, BeforeValidator(lambda said: plain_text(str(said), TEXT_CAP))]


class CheckResult(BaseModel):
    """One acceptance check: what was expected, what happened, what to do next."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    title: Words
    criterion: str
    level: str
    outcome: Outcome
    expected: Words = ""
    actual: Words = ""
    hint: Words = ""
    seconds: float = Field(0.0, ge=0)


class Report(BaseModel):
    """All checks of one attempt, in the order in which the lab lists them, and its figures.

    A figure decides nothing. It is stored and signed with the checks all the same: who decides
    on a level may have looked at it, so it must not change unseen afterwards.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    checks: tuple[CheckResult, ...]
    figures: tuple[Figure, ...] = Field((), max_length=FIGURES)


def levels_reached(
    checks: Sequence[CheckResult], criteria: Sequence[str], levels: Sequence[str]
) -> dict[str, str]:
    """The level of each criterion: the highest whose checks, and all below, passed.

    `levels` runs from the lowest, which needs no check, to the highest. A level above it that
    no check speaks for is not reached: a report with nothing in it proves nothing.
    """
    passed = {(c.criterion, c.level) for c in checks if c.outcome is Outcome.PASSED}
    passed -= {(c.criterion, c.level) for c in checks if c.outcome is not Outcome.PASSED}
    reached = {}
    for criterion in criteria:
        top = 0
        while top + 1 < len(levels) and (criterion, levels[top + 1]) in passed:
            top += 1
        reached[criterion] = levels[top]
    return reached


def verdict_of(
    report: Report, reached: Mapping[str, str], levels: Sequence[str], need: str
) -> Verdict:
    """`passed` when every criterion reaches the level `need`; `crashed` when a check broke."""
    if any(check.outcome is Outcome.ERROR for check in report.checks):
        return Verdict.CRASHED
    floor = levels.index(need)
    enough = all(levels.index(level) >= floor for level in reached.values())
    return Verdict.PASSED if enough else Verdict.FAILED
