"""Results of an edition: its policy, evaluated on what is known now."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from lab_specs.edition.file import EditionFile
from portal.assessment.gather import Gathered, gather
from portal.assessment.policy.engine import evaluate
from portal.assessment.policy.facts import Assessed, Contradiction, Fact, Marked
from portal.assessment.policy.policy import Policy
from portal.assessment.policy.results import Outcome, Resit, ResitStatus, Result
from portal.assessment.students import Student
from portal.courses import catalog
from portal.courses.models import Edition
from portal.courses.queries import answers, rules_used
from portal.people.models import User
from portal.submissions.signing import canonical

NO_RESIT = {ResitStatus.NOT_NEEDED, ResitStatus.NONE}
NOT_BEFORE = {ResitStatus.OPEN, ResitStatus.UNKNOWN}


@dataclass(frozen=True, slots=True)
class _Rules:
    """What a policy is made of; equal when the digest, the answers and the shelf are."""

    digest: str
    answers: str
    shelf: tuple[Path, ...]
    file: EditionFile = field(compare=False)
    values: Mapping[str, Any] = field(compare=False)


@lru_cache(maxsize=64)
def _policy(made_of: _Rules) -> Policy:
    labs = catalog.shelf()
    policy = Policy.of(catalog.on_shelf(made_of.file, labs), labs)
    return policy.with_settings(made_of.values) if made_of.values else policy


def policy_of(edition: Edition) -> Policy | None:
    """The rules of an edition with what people answered; None when it has no file.

    Two queries, and worked out once per process and version.
    """
    used = rules_used(edition)
    if used is None:
        return None
    given = answers(edition)
    made_of = _Rules(
        used.digest, canonical(given), tuple(settings.SHELF), file=edition.file, values=given
    )
    return _policy(made_of)


@dataclass(frozen=True, slots=True)
class Line:
    """A student with their result, or why it cannot be worked out."""

    student: Student
    facts: Sequence[Fact]
    result: Result | None
    problem: str = ""

    @property
    def word(self) -> str:
        """The result in one or two words; see `outcome_word`."""
        return outcome_word(self.result)


def outcome_word(result: Result | None) -> str:
    """How it stands: passed, not passed, withheld; "not yet" while something is awaited."""
    if result is None:
        return "unclear"
    if result.outcome is Outcome.WITHHELD or result.final:
        return result.outcome.value
    return "passing so far" if result.outcome is Outcome.PASSED else "not yet"


@dataclass(frozen=True)
class Book:
    """A class with its facts; results are worked out as they are asked for."""

    edition: Edition
    policy: Policy | None
    gathered: Gathered
    as_of: datetime

    @cached_property
    def lines(self) -> list[Line]:
        """Everybody's result."""
        return [self.line(student) for student in self.gathered.students]

    def line(self, student: Student) -> Line:
        """One student's result."""
        known = self.gathered.facts[student.person]
        if self.policy is None:
            return Line(student, known, None, "This edition has no rules: load its file.")
        try:
            return Line(student, known, evaluate(self.policy, known, as_of=self.as_of))
        except Contradiction as contradiction:
            return Line(student, known, None, f"The facts contradict each other: {contradiction}.")


def resit_of(book: Book, line: Line) -> Resit | None:
    """The resit as it concerns a student; None for who needs none, and while none is due.

    Before the semester is over, somebody of whom work is still awaited needs no resit yet.
    """
    if line.result is None:
        return None
    file, resit = book.edition.file, line.result.resit
    end = file.end_of(file.ends)
    over = line.result.final or (end is not None and book.as_of > end)
    if resit.status in NO_RESIT or (resit.status in NOT_BEFORE and not over):
        return None
    return resit


def book_of(
    edition: Edition, *, people: Collection[int] | None = None, as_of: datetime | None = None
) -> Book:
    """The gradebook of an edition, of all students or of these people."""
    return Book(
        edition=edition,
        policy=policy_of(edition),
        gathered=gather(edition, people=people),
        as_of=as_of or timezone.now(),
    )


def results_of(
    edition: Edition, *, people: Collection[int] | None = None, as_of: datetime | None = None
) -> dict[int, Line]:
    """Each student's result now, by the person's key."""
    return {
        line.student.person: line for line in book_of(edition, people=people, as_of=as_of).lines
    }


def result_of(edition: Edition, person: User, *, as_of: datetime | None = None) -> Line | None:
    """One student's result now; None for who is no student of the edition."""
    return results_of(edition, people=[person.pk], as_of=as_of).get(person.pk)


def exchanged(
    known: Iterable[Fact],
    *,
    levels: Mapping[tuple[str, str], tuple[str, int]],
    marks: Mapping[str, tuple[Decimal, int]],
) -> list[Fact]:
    """The facts of a what-if: these levels and marks in the place of those of the same chance.

    `levels`: (part, criterion) to (level, chance); `marks`: mark to (points, chance).
    """
    kept = [
        fact
        for fact in known
        if not (
            isinstance(fact, Assessed)
            and levels.get((fact.part, fact.criterion), ("", 0))[1] == fact.chance
        )
        and not (isinstance(fact, Marked) and marks.get(fact.mark, (None, 0))[1] == fact.chance)
    ]
    told: list[Fact] = [
        Assessed(part=part, criterion=criterion, level=level, chance=chance)
        for (part, criterion), (level, chance) in levels.items()
    ]
    told += [
        Marked(mark=mark, points=points, chance=chance) for mark, (points, chance) in marks.items()
    ]
    return [*kept, *told]
