"""A day of demos as staff see it, and the videos that wait for them. Constant queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from portal.courses.models import Edition
from portal.demos.models import TAKEN, Booking, DemoNote, Slot, VideoLink
from portal.demos.queries import Desk, newest_videos, slots_of


@dataclass(frozen=True, slots=True)
class Line:
    """A booking with what is shown and by whom."""

    booking: Booking
    title: str
    names: Sequence[str]


@dataclass(frozen=True, slots=True)
class Row:
    """A slot of the day with its bookings; `free` seats are left."""

    slot: Slot
    lines: Sequence[Line]
    free: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Day:
    """The slots of one day, and the nearest days before and after that have some."""

    on: date
    rows: Sequence[Row]
    before: date | None
    after: date | None

    @property
    def minutes(self) -> int:
        """How long those who booked take together."""
        return sum(row.slot.minutes for row in self.rows if row.lines)


@dataclass(frozen=True, slots=True)
class Film:
    """A video, and whether somebody has reviewed it."""

    video: VideoLink
    title: str
    reviewed: bool


def titles(desk: Desk) -> Mapping[tuple[str, str], str]:
    """The words for each thing that can be shown, by mini-project and item."""
    return {(each.part, each.item): each.title for each in desk.terms.occasions()}


def day_of(desk: Desk, on: date | None, *, now: datetime) -> Day:
    """A day, or without one the next that has slots, else the last; at most seven queries."""
    edition = desk.edition
    slots = slots_of(edition).filter(withdrawn_at=None)
    if on is None:
        start = _midnight(now.astimezone(edition.zone).date(), edition)
        near = slots.filter(starts_at__gte=start).first() or slots.last()
        on = (near.starts_at if near else now).astimezone(edition.zone).date()
    begins, ends = _midnight(on, edition), _midnight(on + timedelta(days=1), edition)
    today = list(
        slots.filter(starts_at__gte=begins, starts_at__lt=ends).prefetch_related("waiting")
    )
    lines: dict[int, list[Line]] = {}
    words = titles(desk)
    bookings = Booking.objects.filter(slot__in=today, status__in=TAKEN)
    for each in bookings.select_related("team", "mini_project").prefetch_related("team__members"):
        names = [person.name for person in each.team.members.all()]
        title = words.get((each.mini_project.slug, each.item), each.mini_project.title)
        lines.setdefault(each.slot_id, []).append(Line(each, title, names))
    before = slots.filter(starts_at__lt=begins).last()
    after = slots.filter(starts_at__gte=ends).first()
    return Day(
        on=on,
        rows=[
            Row(
                slot=slot,
                lines=lines.get(slot.pk, []),
                free=slot.capacity - len(lines.get(slot.pk, [])),
                waiting=len(slot.waiting.all()),
            )
            for slot in today
        ],
        before=before.starts_at.astimezone(edition.zone).date() if before else None,
        after=after.starts_at.astimezone(edition.zone).date() if after else None,
    )


def films(desk: Desk) -> list[Film]:
    """The videos of an edition, those that nobody reviewed first, in two queries."""
    rows = newest_videos(VideoLink.objects.filter(mini_project__edition=desk.edition))
    done = set(
        DemoNote.objects.filter(video__in=rows, finished_at__isnull=False).values_list(
            "video_id", flat=True
        )
    )
    words = titles(desk)
    found = [
        Film(row, words.get((row.mini_project.slug, row.item), str(row)), row.pk in done)
        for row in rows
    ]
    return sorted(found, key=lambda film: film.reviewed)


def _midnight(day: date, edition: Edition) -> datetime:
    return datetime.combine(day, time(), edition.zone).astimezone(UTC)
