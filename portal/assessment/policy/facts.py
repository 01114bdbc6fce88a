"""What is known about one student in one edition. A result is worked out from nothing else.

Parts are ids of mini-projects, marks ids of marks. Moments are aware datetimes. `ref` is free
for the caller, such as the key of a row; it never changes a result. Work of a team is told as
a fact of each member.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing that happened or was decided."""

    ref: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnTrack(Fact):
    """The student belongs to a track of the edition."""

    track: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InTeam(Fact):
    """The student's team, and how many it has."""

    name: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Took(Fact):
    """Which lab of a mini-project the student works on."""

    part: str
    lab: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessed(Fact):
    """An assessor's decision on one criterion. Chance 2 is the resit."""

    part: str
    criterion: str
    level: str
    chance: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked(Fact):
    """A mark given by hand, on the mark's own range. Chance 2 is the resit."""

    mark: str
    points: Decimal
    chance: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered(Fact):
    """A deliverable was there at this moment: the commit that counts, the upload, the link."""

    part: str
    item: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Demonstrated(Fact):
    """A demo or oral took place, or its video's link arrived.

    `shown`: ids of the criteria that a video shows; None for whom questions could be asked.
    """

    part: str
    at: datetime
    item: str = "demo"
    way: Literal["contact", "video", "call", "exam"] = "contact"
    shown: frozenset[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Present(Fact):
    """Whether the student was at an event: the id of a mark, of a session, or 'resit'."""

    event: str
    present: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked(Fact):
    """A question that the student asked at somebody else's talk."""

    talk: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticked(Fact):
    """An item of the edition's checklist that the team ticked."""

    item: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Extended(Fact):
    """A later deadline for this student, with a reason. Empty `item`: for the whole part."""

    part: str
    until: datetime
    reason: str
    item: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overridden(Fact):
    """A lecturer lifts a rule for this student, with a reason. Empty `part`: everywhere."""

    rule: str
    reason: str
    part: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held(Fact):
    """A session took place, or will, on another day than the edition's file says."""

    session: str
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved(Fact):
    """A lecturer's bonus (or the contrary) on the value, with a reason."""

    points: Decimal
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedScale(Fact):
    """The student asked to be graded on another scale of the edition."""

    scale: str
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointed(Fact):
    """An appointment for the resit was made on this day."""

    on: date


class Contradiction(ValueError):  # noqa: N818 - said as a person would
    """Two facts that cannot both hold, or one that the edition's file does not know."""


def ordered(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """The same facts, each once, in one order whatever order they came in."""
    return tuple(dict.fromkeys(sorted(facts, key=_place)))


def _place(fact: Fact) -> tuple[str, str, str]:
    names = (name for name in fact.__dataclass_fields__ if name != "ref")
    values = [(name, getattr(fact, name)) for name in names]
    told = [(n, sorted(v) if isinstance(v, frozenset) else v) for n, v in values]
    return type(fact).__name__, repr(told), fact.ref
