"""Slots and who booked them, videos sent instead, the sheets beside demos, talks.

Rows change only in `portal.demos.domain`.
"""

import secrets

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from portal.common.appendonly import AppendOnly
from portal.courses.models import Edition, MiniProject, Team
from portal.demos.offers import SHOWN, Kind, Status

NAME = 60  # characters of a name in the edition's file
REASON = 500  # characters of a reason that a person gives
LIVE_KINDS = [kind for kind in Kind if kind is not Kind.VIDEO]
TAKEN = [*sorted(SHOWN), Status.ABSENT]  # a seat stays taken by whoever did not come


def new_key() -> str:
    """A fresh part of a calendar's address."""
    return secrets.token_urlsafe(16)


class Slot(models.Model):
    """A time at which work can be shown. Empty `tracks`, `parts` and `item` mean any."""

    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="slots")
    kind = models.CharField(max_length=10, choices=[(kind, kind) for kind in LIVE_KINDS])
    starts_at = models.DateTimeField()
    minutes = models.PositiveSmallIntegerField()
    place = models.CharField(max_length=300, help_text="a room, or the link of a call")
    tracks = models.JSONField(default=list, blank=True, help_text="ids of the edition's file")
    parts = models.JSONField(default=list, blank=True, help_text="slugs of mini-projects")
    item = models.CharField(max_length=NAME, blank=True, help_text="id of a deliverable or mark")
    capacity = models.PositiveSmallIntegerField(default=1)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="slots")
    published_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["starts_at", "pk"]
        indexes = [models.Index(fields=["edition", "starts_at"], name="slot_by_time")]
        constraints = [
            models.CheckConstraint(condition=Q(capacity__gte=1), name="slot_has_a_seat"),
            models.CheckConstraint(condition=Q(minutes__gte=1), name="slot_takes_time"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} at {self.starts_at}"


class Showing(models.Model):
    """Which work of whom is shown. `item` is a deliverable or a mark of the edition's file."""

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="%(class)ss")
    mini_project = models.ForeignKey(
        MiniProject, on_delete=models.PROTECT, related_name="%(class)ss"
    )
    item = models.CharField(max_length=NAME)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        abstract = True


class Booking(Showing):
    """A seat in a slot. The database gives each seat to one team only."""

    slot = models.ForeignKey(Slot, on_delete=models.PROTECT, related_name="bookings")
    seat = models.PositiveSmallIntegerField(help_text="1 up to the slot's capacity")
    status = models.CharField(max_length=10, choices=[(status, status) for status in Status])

    class Meta:
        ordering = ["slot", "seat"]
        constraints = [
            models.UniqueConstraint(
                fields=["slot", "seat"], condition=Q(status__in=TAKEN), name="one_team_per_seat"
            ),
            models.UniqueConstraint(
                fields=["team", "mini_project", "item"],
                condition=Q(status=Status.BOOKED),
                name="one_booking_to_come",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.team}: {self.mini_project}"


class BookingEvent(AppendOnly):
    """What happened to a booking, who did it, and why."""

    booking = models.ForeignKey(Booking, on_delete=models.PROTECT, related_name="events")
    deed = models.CharField(max_length=60)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=REASON, blank=True)
    lifted = models.CharField(max_length=200, blank=True, help_text="rules that staff set aside")

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.deed


class Waiting(Showing):
    """Somebody who takes a full slot when it gets free. First come, first served."""

    slot = models.ForeignKey(Slot, on_delete=models.CASCADE, related_name="waiting")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["slot", "team", "mini_project", "item"], name="waits_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.team} waits"


class VideoLink(AppendOnly, Showing):
    """A recording instead of a slot. Of several for the same work, the newest holds."""

    link = models.URLField(max_length=500)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"video of {self.team}"


class DemoNote(models.Model):
    """The lecturer's sheet beside a demo or a video. Theirs, until it is finished.

    `levels` holds {criterion: level} by their keys, `shown` {criterion: yes or no}, `asked` the
    theory questions that were put, `present` the members who were there.
    """

    booking = models.OneToOneField(
        Booking, null=True, on_delete=models.PROTECT, related_name="sheet"
    )
    video = models.OneToOneField(
        VideoLink, null=True, on_delete=models.PROTECT, related_name="sheet"
    )
    text = models.TextField(blank=True)
    levels = models.JSONField(default=dict, blank=True)
    shown = models.JSONField(default=dict, blank=True)
    asked = models.JSONField(default=list, blank=True)
    present = models.JSONField(default=list, blank=True)
    seconds = models.PositiveIntegerField(default=0, help_text="as the timer on the page counted")
    version = models.PositiveIntegerField(help_text="1 for the first, then counting")
    saved_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(booking__isnull=True, video__isnull=False)
                | Q(booking__isnull=False, video__isnull=True),
                name="note_of_one_demo",
            )
        ]

    def __str__(self) -> str:
        return f"sheet of {self.booking or self.video}"


class Article(models.Model):
    """A text that a student can present."""

    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="articles")
    title = models.CharField(max_length=300)
    link = models.URLField(max_length=500, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["edition", "title"], name="one_article_per_title")
        ]

    def __str__(self) -> str:
        return self.title


class Talk(models.Model):
    """A student presents an article, in a session of the edition, at a place in its order."""

    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="talks")
    article = models.OneToOneField(Article, on_delete=models.PROTECT, related_name="talk")
    student = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="talks"
    )
    session = models.SlugField(max_length=60, blank=True, help_text="id of the edition's file")
    order = models.PositiveSmallIntegerField(help_text="1 for the first of all talks")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["edition", "order", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["edition", "student"], name="one_talk_per_student")
        ]

    def __str__(self) -> str:
        return f"{self.student}: {self.article}"

    @property
    def name(self) -> str:
        """What other apps call it."""
        return f"talk-{self.pk}"


class CalendarKey(models.Model):
    """The part of a person's calendar address that they can renew, which ends the old one."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="calendar_key"
    )
    key = models.CharField(max_length=40, default=new_key)
    made_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"calendar of {self.person}"
