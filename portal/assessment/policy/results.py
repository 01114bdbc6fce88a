"""What comes out: a value, whether it passes, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from portal.assessment.policy.facts import Fact


class Outcome(StrEnum):
    """How a course ends, as far as the facts go."""

    PASSED = "passed"
    NOT_PASSED = "not passed"
    WITHHELD = "withheld"


class Effect(StrEnum):
    """What a reason does to the result; listed in the order in which reasons are told."""

    WITHHOLDS = "withholds"  # the result, until a gap is filled
    BLOCKS = "blocks"  # passing
    AWAITS = "awaits"  # something that is still to come
    CAPS = "caps"  # the value
    COUNTS = "counts"  # its amount is part of the value
    MEETS = "meets"  # a condition for passing
    NOTES = "notes"  # nothing but worth telling


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """What must be known first, and who can say it."""

    name: str  # of a setting of the edition, or of the mark or override that is missing
    asks: str
    who: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One step of the way to a result."""

    cites: tuple[str, ...]  # ids of the course's rules, the deciding one first
    effect: Effect
    says: str
    part: str = ""  # mini-project or mark that it is about
    facts: tuple[Fact, ...] = ()  # those given that it rests on
    to_change: str = ""  # what would change it, such as "to pass: reach proficient in *Serving*"
    amount: Fraction | None = None  # what it adds to the value, or caps it at
    gap: Gap | None = None
    ours: str = ""  # what in the rule is not the source's

    @property
    def rule(self) -> str:
        """The id of the rule that decided."""
        return self.cites[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """Where a student stands on one criterion. `level` is None while nobody decided."""

    criterion: str
    title: str
    technical: bool
    levels: tuple[str, ...]
    passing: int  # index of the lowest level that passes
    level: str | None
    fact: Fact | None = None
    hidden: Reason | None = None  # why the level is the lowest whatever was decided

    @property
    def place(self) -> int:
        """Index of the level; undecided counts as the lowest."""
        return self.levels.index(self.level) if self.level else 0

    @property
    def passes(self) -> bool:
        """Whether the level is enough."""
        return self.place >= self.passing


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a student stands on one mini-project."""

    part: str
    title: str
    status: str  # "open", "assessed", or the word of the rule that cost it, such as "absent"
    reached: tuple[Reached, ...]
    lost: Reason | None = None
    notes: tuple[Reason, ...] = ()

    @property
    def proficient(self) -> bool:
        """Whether every technical criterion passes, and at least one is there."""
        technical = [each for each in self.reached if each.technical]
        return not self.lost and bool(technical) and all(each.passes for each in technical)


class ResitStatus(StrEnum):
    """What the second opportunity is for this student."""

    NOT_NEEDED = "not needed"
    UNKNOWN = "unknown"  # whether there is one is a gap
    NONE = "none"
    OPEN = "open"  # an appointment can still be made
    APPOINTED = "appointed"
    DECLINED = "declined"
    ABSENT = "absent"
    TAKEN = "taken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resit:
    """The second opportunity: which parts, live or as a video, and the state of it."""

    status: ResitStatus
    parts: tuple[str, ...] = ()
    videos: tuple[str, ...] = ()
    minutes: int | None = None
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A student's result in an edition, as far as the facts go."""

    outcome: Outcome
    value: str  # as told on the scale; empty when it cannot be told
    number: Decimal | None
    scale: str  # "points", "grades", "words", or the name of another scale of the edition
    reasons: tuple[Reason, ...]
    standings: Mapping[str, Standing]
    resit: Resit
    rules_version: int
    rules_digest: str
    gaps: tuple[Gap, ...] = field(default=())

    @property
    def final(self) -> bool:
        """Whether nothing is awaited any more."""
        return all(reason.effect is not Effect.AWAITS for reason in self.reasons)

    @property
    def to_change(self) -> tuple[str, ...]:
        """What the student, or somebody else, can still do about it; each once, in order."""
        return tuple(dict.fromkeys(each.to_change for each in self.reasons if each.to_change))
