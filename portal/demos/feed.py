"""A person's demos as a calendar that other programs read, at an address that they can renew."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.core import signing
from icalendar import Calendar, Event, vText

from portal.common.errors import Refused
from portal.courses.queries import standing
from portal.demos.models import Booking, CalendarKey, Slot, new_key
from portal.demos.offers import SHOWN
from portal.people.models import User

SALT = "portal.demos.calendar"
PAST = timedelta(days=60)  # older demos leave the calendar


def address_of(person: User) -> str:
    """The signed part of a person's calendar address; made on first need."""
    row, _ = CalendarKey.objects.get_or_create(person=person)
    return signing.dumps([person.pk, row.key], salt=SALT)


def renew(person: User) -> None:
    """Give the person another address; the old one shows nothing any more."""
    CalendarKey.objects.update_or_create(person=person, defaults={"key": new_key()})


def reader(address: str) -> User:
    """Whose address it is. Refused for one that was renewed, or that nobody signed."""
    try:
        pk, key = signing.loads(address, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        raise Refused("This address is no calendar.") from None
    row = CalendarKey.objects.filter(person=pk, key=key, person__is_active=True)
    found = row.select_related("person").first()
    if found is None:
        raise Refused("This address was renewed.")
    return found.person


def calendar_of(person: User, *, host: str, now: datetime) -> bytes:
    """The person's bookings, and for staff the slots that they published, in four queries."""
    calendar = Calendar()
    calendar.add("prodid", "-//Course portal//Demos//EN")
    calendar.add("version", "2.0")
    calendar.add("name", "Demos")
    calendar.add("x-wr-calname", "Demos")
    who = standing(person)
    rows = Booking.objects.filter(
        team__in=who.teams, status__in=SHOWN, slot__starts_at__gte=now - PAST
    )
    for row in rows.select_related("slot__edition__course", "mini_project"):
        title = f"Demo: {row.mini_project.title}"
        calendar.add_component(_event(row.slot, title, uid=f"booking-{row.pk}@{host}"))
    slots = Slot.objects.filter(
        by=person, edition__in=who.staffed, withdrawn_at=None, starts_at__gte=now - PAST
    )
    for slot in slots.select_related("edition__course").prefetch_related("bookings__team"):
        taken = [each.team.name for each in slot.bookings.all() if each.status in SHOWN]
        title = f"Demo: {', '.join(sorted(taken))}" if taken else "Demo: free"
        calendar.add_component(_event(slot, title, uid=f"slot-{slot.pk}@{host}"))
    return bytes(calendar.to_ical())


def _event(slot: Slot, title: str, *, uid: str) -> Event:
    """Times are UTC, so that every calendar shows them right on both sides of a clock change."""
    event = Event()
    event.add("uid", uid)
    event.add("dtstamp", slot.published_at)
    event.add("dtstart", slot.starts_at)
    event.add("dtend", slot.starts_at + timedelta(minutes=slot.minutes))
    event.add("summary", plain(title))
    event.add("location", plain(slot.place))
    event.add("description", plain(str(slot.edition)))
    if urlsplit(slot.place).scheme == "https" and len(slot.place.split()) == 1:
        event.add("url", slot.place)
    return event


def plain(text: str) -> vText:
    """One line of text, without what a calendar could read as another line or as a tag."""
    words = "".join(each if each.isprintable() else " " for each in text).split()
    return vText(" ".join(words).replace("<", "(").replace(">", ")"))
