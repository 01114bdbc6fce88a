"""What the page of an order shows: its rooms, who belongs into them, and what would be done.

As many queries for a large class as for a small one.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from lab_specs.messages import Explanation
from portal.courses.dates import Calendar
from portal.courses.deadlines import Due
from portal.courses.models import MiniProject
from portal.github.crowd import Crowd
from portal.github.guests import Guests
from portal.github.models import Errand, ErrandStatus, Provision, Room, RoomStatus
from portal.github.rooms import taken
from portal.github.roomwork import LOOK, MAKE, THERE, guests
from portal.github.troubles import explained

PLANS = {
    "unseen": ("", "not looked at yet"),
    "make": ("good", "would be made"),
    "adopt": ("good", "is there, and ours"),
    "taken": ("bad", "name is taken"),
}
STANDS = {
    RoomStatus.WAITING: ("live", "waits for its turn"),
    RoomStatus.MADE: ("warn", "made, not all invited"),
    RoomStatus.INVITED: ("warn", "made, all invited"),
    RoomStatus.DONE: ("good", "made, all are in"),
    RoomStatus.FAILED: ("bad", "failed"),
}
NOTES = {
    "not_found": "GitHub knows no account “{login}”.",
    "refused": "GitHub refused to invite “{login}”. It said: {said}",
    "elsewhere": "The team's work is known to lie elsewhere, and stays there: {said}",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A room, and what is to be said of it."""

    room: Room
    guests: Guests
    dues: Sequence[tuple[MiniProject, Due]]
    waits: Errand | None

    @property
    def place(self) -> str:
        """Its address on GitHub, once it is there."""
        return self.room.repository.link if self.room.repository else ""

    @property
    def pill(self) -> tuple[str, str]:
        """Tone and words for how it stands, or for what would be done."""
        if self.room.status != RoomStatus.PLANNED:
            return STANDS[RoomStatus(self.room.status)]
        return PLANS[self.plan]

    @property
    def plan(self) -> str:
        """What making it would come to."""
        if self.room.seen_at is None:
            return "unseen"
        if taken(self.room):
            return "taken"
        return "adopt" if self.room.seen.get("there") else "make"

    @property
    def trouble(self) -> Explanation | None:
        """Why it failed, or why it waits longer."""
        return explained(self.room) or explained(self.waits)

    @property
    def until(self) -> datetime | None:
        """When it is its turn, while it waits."""
        return self.waits.next_try if self.waits else None

    @property
    def notes(self) -> list[str]:
        """What is wrong with somebody's name, and the like."""
        return [NOTES[each["code"]].format(**each) for each in self.room.notes]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an order has come."""

    rooms: int
    seen: int
    waiting: int
    made: int
    invited: int
    complete: int
    failed: int
    to_make: int
    to_change: int
    unnamed: int  # members whose name on GitHub nobody knows
    claimed: int  # members whose name nobody has proved
    looking: bool

    @property
    def live(self) -> bool:
        """Whether something is still to happen by itself."""
        return self.looking or self.waiting > 0

    @property
    def begun(self) -> bool:
        """Whether anything has been done at GitHub."""
        return self.waiting + self.made + self.failed > 0


def progress(provision: Provision, crowd: Crowd) -> Progress:
    """The figures of an order, over all of its rooms."""
    rooms = list(provision.rooms.all())
    count = Counter(room.status for room in rooms)
    asked = provision.looked_for_at
    seen = sum(bool(asked and room.seen_at and room.seen_at >= asked) for room in rooms)
    changes = [guests(room, provision, crowd) for room in rooms if room.status in THERE]
    people = [guest for room in rooms for guest in crowd.team(room.team_id)]
    known = Counter(str(guest.known) for guest in people)
    return Progress(
        rooms=len(rooms),
        seen=seen,
        waiting=count[RoomStatus.WAITING],
        made=sum(count[status] for status in THERE),
        invited=count[RoomStatus.INVITED],
        complete=count[RoomStatus.DONE],
        failed=count[RoomStatus.FAILED],
        to_make=sum(
            room.status == RoomStatus.PLANNED and bool(room.seen_at) and not taken(room)
            for room in rooms
        ),
        to_change=sum(bool(each.to_add or each.to_remove) for each in changes),
        unnamed=known["unknown"],
        claimed=known["claimed"],
        looking=bool(asked) and seen < len(rooms) and not provision.fault,
    )


def rows(provision: Provision, rooms: Sequence[Room], crowd: Crowd) -> list[Row]:
    """The rooms of one page."""
    calendar = Calendar.of(provision.edition)
    projects = list(provision.mini_projects.order_by("order"))
    keys = [str(room.pk) for room in rooms]
    errands = Errand.objects.filter(kind=MAKE, key__in=keys, status=ErrandStatus.WAITING)
    waits: Mapping[str, Errand] = {each.key: each for each in errands}
    return [
        Row(
            room,
            guests(room, provision, crowd),
            [(each, calendar.code_due(each, room.team_id)) for each in projects],
            waits.get(str(room.pk)),
        )
        for room in rooms
    ]


def look_waits(provision: Provision) -> Errand | None:
    """The look that was put off, if one was: it says why."""
    return (
        Errand.objects.filter(
            kind=LOOK, key__startswith=f"{provision.pk}-", status=ErrandStatus.WAITING
        )
        .exclude(fault="")
        .first()
    )


def address(provision: Provision) -> dict[str, Any]:
    """Where the repositories lie, as a link."""
    account = provision.installation.account
    return {"account": account, "link": f"{settings.GITHUB_URL}/{account}"}
