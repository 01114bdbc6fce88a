"""Lecturers publish slots, and take them back."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from django.db import transaction
from django.utils import timezone

from portal.assessment.domain.people import demand_reason
from portal.common.errors import Refused
from portal.common.text import storable
from portal.common.typed import near
from portal.courses.access import demand_staff
from portal.courses.models import Edition
from portal.demos.domain.bookings import call_off
from portal.demos.models import Booking, Slot
from portal.demos.offers import Kind, Status
from portal.demos.queries import Desk, desk_of
from portal.people.models import User

AT_ONCE = 200
LONGEST = 600  # minutes
MOST_SEATS = 100
PLACE = 300  # characters


def publish(
    *,
    edition: Edition,
    by: User,
    kind: Kind,
    starts: Sequence[datetime],
    minutes: int,
    place: str,
    tracks: Collection[str] = (),
    parts: Collection[str] = (),
    item: str = "",
    capacity: int = 1,
) -> list[Slot]:
    """Publish slots at these moments; all of them or none.

    Refused, in words, when nobody could ever book one, or when the lecturer would be in two
    places at once.
    """
    demand_staff(by, edition)
    desk = desk_of(edition)
    place = storable(place).strip()[:PLACE]
    _demand_sense(starts, minutes=minutes, place=place, capacity=capacity)
    _demand_known(desk, kind=kind, tracks=tracks, parts=parts, item=item)
    _demand_length(desk, kind=kind, minutes=minutes)
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=by.pk)
        _demand_free(by, starts, minutes=minutes)
        now = timezone.now()
        return [
            Slot.objects.create(
                edition=edition,
                kind=kind,
                starts_at=start,
                minutes=minutes,
                place=place,
                tracks=sorted(tracks),
                parts=sorted(parts),
                item=item,
                capacity=capacity,
                by=by,
                published_at=now,
            )
            for start in sorted(starts)
        ]


def withdraw(*, slot: Slot, by: User, reason: str) -> int:
    """Take a slot back, with a reason for those who had booked it; how many those were."""
    demand_staff(by, slot.edition)
    demand_reason(reason)
    with transaction.atomic():
        found = Slot.objects.select_for_update(no_key=True).get(pk=slot.pk)
        if found.withdrawn_at is not None:
            return 0
        if found.starts_at <= timezone.now():
            raise Refused("This slot has begun. Note who came and who did not instead.")
        found.withdrawn_at = timezone.now()
        found.save(update_fields=["withdrawn_at"])
        found.waiting.all().delete()
        coming = list(Booking.objects.filter(slot=found, status=Status.BOOKED))
        for booking in coming:
            call_off(booking, by=by, reason=reason)
    return len(coming)


def _demand_sense(starts: Sequence[datetime], *, minutes: int, place: str, capacity: int) -> None:
    if not starts:
        raise Refused("There is not one slot between these times. Look at the length.")
    if len(starts) > AT_ONCE:
        raise Refused(f"These would be {len(starts)} slots; publish at most {AT_ONCE} at once.")
    if min(starts) <= timezone.now():
        raise Refused("A slot that has begun already can be booked by nobody. Look at the day.")
    if not near(max(starts)):
        raise Refused(f"Nobody can mean the year {max(starts).year}. Look at the day.")
    if not 1 <= minutes <= LONGEST:
        raise Refused(f"A slot lasts from 1 to {LONGEST} minutes.")
    if not 1 <= capacity <= MOST_SEATS:
        raise Refused(f"A slot has from 1 to {MOST_SEATS} seats.")
    if not place:
        raise Refused("Say where it is: a room, or the link of the call.")


def _demand_known(
    desk: Desk, *, kind: Kind, tracks: Collection[str], parts: Collection[str], item: str
) -> None:
    known = {each.id for each in desk.terms.file.tracks}
    if unknown := sorted(set(tracks) - known):
        raise Refused(f"This edition has no track {', '.join(unknown)}.")
    occasions = desk.terms.occasions()
    if unknown := sorted(set(parts) - {each.part for each in occasions}):
        raise Refused(f"This edition has no mini-project {', '.join(unknown)}.")
    chosen = [each for each in occasions if not parts or each.part in parts]
    if item and item not in {each.item for each in chosen}:
        raise Refused(f"There is no {item!r} to be shown of these mini-projects.")
    demos = desk.terms.demos
    if kind is Kind.VIDEO:
        raise Refused("A video needs no slot: students send its link.")
    if demos and kind is not Kind.RESIT and kind.value not in set(demos.ways):
        cites = ", ".join(desk.terms.cites("ways"))
        raise Refused(f"Work is shown here by: {', '.join(demos.ways)} ({cites}).")


def _demand_length(desk: Desk, *, kind: Kind, minutes: int) -> None:
    demos, resit = desk.terms.demos, desk.terms.resit
    limits = []
    if demos and demos.most_minutes:
        limits.append((demos.most_minutes, desk.terms.cites("most_minutes")))
    if demos and demos.exam_minutes and kind is Kind.EXAM:
        limits.append((demos.exam_minutes, desk.terms.cites("exam_minutes")))
    if resit and resit.minutes and kind is Kind.RESIT:
        limits = [(resit.minutes, resit.cite)]
    for most, cites in limits:
        if minutes > most:
            raise Refused(f"A slot of this kind lasts {most} minutes at most ({', '.join(cites)}).")


def _demand_free(by: User, starts: Sequence[datetime], *, minutes: int) -> None:
    """Neither two of the new slots nor an older one of the same person may overlap."""
    length = timedelta(minutes=minutes)
    spans = sorted((start, start + length) for start in starts)
    older = Slot.objects.filter(
        by=by,
        withdrawn_at=None,
        starts_at__lt=spans[-1][1],
        starts_at__gt=spans[0][0] - timedelta(minutes=LONGEST),
    )
    spans += [(each.starts_at, each.starts_at + timedelta(minutes=each.minutes)) for each in older]
    spans.sort()
    for (_, end), (start, _) in pairwise(spans):
        if start < end:
            raise Refused(
                "You would be at two slots at once. Look at your other slots of that day."
            )
