"""Rows of demos for pages, made without asking the rules."""

from datetime import timedelta

from django.utils import timezone

from portal.demos.feed import address_of
from portal.demos.models import (
    Article,
    Booking,
    BookingEvent,
    DemoNote,
    Slot,
    Talk,
    VideoLink,
    Waiting,
)
from portal.demos.offers import Kind, Status
from portal.people.models import User
from portal.submissions.models import Submission

Arguments = dict[str, tuple[int | str, ...]]


def slot_of(work: Submission, by: User, *, days: int = 3, words: str = "B.1.015") -> Slot:
    now = timezone.now()
    return Slot.objects.create(
        edition=work.mini_project.edition,
        kind=Kind.CONTACT,
        starts_at=now + timedelta(days=days),
        minutes=10,
        place=words,
        by=by,
        published_at=now,
    )


def one_of_everything(work: Submission, by: User, *, words: str = "B.1.015") -> Arguments:
    """A free slot, one that is booked and has a sheet, somebody waiting, a video, a talk."""
    now = timezone.now()
    free, full = slot_of(work, by, days=4, words=words), slot_of(work, by, words=words)
    shows = {"team": work.team, "mini_project": work.mini_project, "item": "demo"}
    said = {"by": by, "at": now}
    booking = Booking.objects.create(slot=full, seat=1, status=Status.BOOKED, **shows, **said)
    BookingEvent.objects.create(booking=booking, deed="booked", reason=words, **said)
    DemoNote.objects.create(booking=booking, text=words, version=1, saved_at=now, by=by)
    waiting = Waiting.objects.create(slot=free, **shows, **said)
    video = VideoLink.objects.create(link="https://example.org/film", **shows, **said)
    edition = work.mini_project.edition
    article = Article.objects.create(edition=edition, title=words, **said)
    Article.objects.create(edition=edition, title=f"Another {words}", **said)
    talk = Talk.objects.create(edition=edition, article=article, student=by, order=1, **said)
    return {
        "shown": (work.mini_project_id, "demo"),
        "slot": (free.pk,),
        "booking": (booking.pk,),
        "waiting": (waiting.pk,),
        "video": (video.pk,),
        "talk": (talk.pk,),
        "feed": (address_of(by),),
    }
