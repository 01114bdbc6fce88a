"""The words of demos: ways to show work, slots on offer, bookings, wishes, reasons. Plain data."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from portal.demos.terms import Occasion


class Kind(StrEnum):
    """How something is shown. A video is no slot; a talk has an order of its own."""

    CONTACT = "contact"
    CALL = "call"
    EXAM = "exam"
    RESIT = "resit"
    VIDEO = "video"


class Status(StrEnum):
    """Where a booking is."""

    BOOKED = "booked"
    HELD = "held"
    ABSENT = "absent"
    CANCELLED = "cancelled"


SHOWN = frozenset({Status.BOOKED, Status.HELD})  # done, or still to come
EXAM_PERIOD = frozenset({Kind.EXAM, Kind.RESIT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A slot as the rules see it. `parts` and `item` empty: whatever can be shown."""

    kind: Kind
    starts_at: datetime
    minutes: int
    capacity: int = 1
    taken: int = 0
    tracks: frozenset[str] = frozenset()
    parts: frozenset[str] = frozenset()
    item: str = ""
    withdrawn: bool = False

    @property
    def ends_at(self) -> datetime:
        """When it is over."""
        return self.starts_at + timedelta(minutes=self.minutes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """A booking, or a video that was sent, with the people who show their work in it."""

    kind: Kind
    status: Status
    part: str
    item: str
    starts_at: datetime
    minutes: int
    people: frozenset[int]

    @property
    def ends_at(self) -> datetime:
        """When it is over."""
        return self.starts_at + timedelta(minutes=self.minutes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Who wants to show what.

    `tracks`: of the team, "" for none. `until`: an extension. `lifted`: rules set aside for them.
    """

    occasion: Occasion
    people: frozenset[int]
    team: frozenset[int]
    tracks: frozenset[str] = frozenset({""})
    until: datetime | None = None
    lifted: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """One reason: its rules (none where it is only a matter of time and place), and words."""

    cites: tuple[str, ...] = ()
    says: str
    todo: str
    full: bool = False  # the only reason that a waiting list can mend
    hard: bool = False  # no lecturer can make an exception: there is no such seat
