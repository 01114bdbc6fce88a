"""What people said about students by hand: marks, presence, overrides, demos that were held.

Of rows that are only ever added, the newest of its kind holds.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q

from portal.assessment.models.decisions import FIRST
from portal.common.appendonly import AppendOnly
from portal.courses.models import Edition, MiniProject, Team

NAME = 60  # characters of a name in the edition's file
REASON = 500  # characters of a reason that a person gives
ONE_OWNER = Q(student__isnull=True, team__isnull=False) | Q(
    student__isnull=False, team__isnull=True
)


class Note(models.Model):
    """Something that somebody said at some moment, and why."""

    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField()
    reason = models.CharField(max_length=REASON, blank=True)

    class Meta:
        abstract = True


class OfStudent(Note):
    """About one student of an edition."""

    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="%(class)ss")
    student = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="%(class)ss"
    )

    class Meta:
        abstract = True


class OfOwner(Note):
    """About one student of an edition, or about one of its teams."""

    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="%(class)ss")
    student = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="%(class)ss"
    )
    team = models.ForeignKey(Team, null=True, on_delete=models.PROTECT, related_name="%(class)ss")

    class Meta:
        abstract = True


class Given(OfOwner):
    """A mark by hand, on the mark's own range. `points` is empty once it was taken back."""

    mark = models.CharField(max_length=NAME, help_text="id of a mark in the edition's file")
    chance = models.PositiveSmallIntegerField(default=FIRST, help_text="2 is the resit")
    points = models.DecimalField(max_digits=9, decimal_places=3, null=True)
    version = models.PositiveIntegerField(help_text="1 for the first, then counting")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.mark}: {self.points}"


class Mark(Given):
    """The mark that holds now."""

    class Meta:
        constraints = [
            models.CheckConstraint(condition=ONE_OWNER, name="mark_has_one_owner"),
            models.UniqueConstraint(
                fields=["edition", "mark", "chance", "student"],
                condition=Q(team__isnull=True),
                name="one_mark_per_student",
            ),
            models.UniqueConstraint(
                fields=["edition", "mark", "chance", "team"],
                condition=Q(student__isnull=True),
                name="one_mark_per_team",
            ),
        ]


class MarkEvent(AppendOnly, Given):
    """Every mark that was ever given, changed or taken back."""

    class Meta:
        ordering = ["pk"]
        constraints = [models.CheckConstraint(condition=ONE_OWNER, name="mark_event_has_one_owner")]


class Presence(AppendOnly, OfStudent):
    """Whether a student was at an event: a session, a mark's exam, or 'resit'."""

    event = models.CharField(max_length=NAME)
    present = models.BooleanField(null=True, help_text="empty: what was noted is taken back")

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.event}: {self.present}"


class Override(AppendOnly, OfOwner):
    """A lecturer lifts a rule, or moves the value by some points, with a reason."""

    rule = models.CharField(max_length=20, help_text="id of the rule, such as HOG-20")
    part = models.CharField(max_length=NAME, blank=True, help_text="empty: everywhere")
    points = models.DecimalField(
        max_digits=9, decimal_places=3, null=True, help_text="of a bonus; empty: the rule is lifted"
    )
    holds = models.BooleanField(default=True, help_text="no: it is taken back")

    class Meta:
        ordering = ["pk"]
        constraints = [models.CheckConstraint(condition=ONE_OWNER, name="override_has_one_owner")]

    def __str__(self) -> str:
        return f"{self.rule} {self.part}".strip()


class Appointment(AppendOnly, OfStudent):
    """The student, or staff for them, arranged a resit: they take part in it."""

    on = models.DateField(help_text="the day on which it was arranged, in the edition's zone")
    holds = models.BooleanField(default=True, help_text="no: it is taken back")

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"resit of {self.student}"


class Question(AppendOnly, OfStudent):
    """A question that the student asked at somebody else's talk."""

    talk = models.CharField(max_length=NAME)
    holds = models.BooleanField(default=True, help_text="no: it is taken back")

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.talk


class DemoState(models.TextChoices):
    """How a demo ended."""

    HELD = "held"
    ABSENT = "absent"
    VOID = "void", "void: noted by mistake"


class DemoHeld(AppendOnly, Note):
    """A demo or oral that took place, or did not. The newest row of a `source` holds."""

    mini_project = models.ForeignKey(
        MiniProject, on_delete=models.PROTECT, related_name="demos_held"
    )
    student = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="demos_held"
    )
    team = models.ForeignKey(Team, null=True, on_delete=models.PROTECT, related_name="demos_held")
    item = models.CharField(max_length=NAME, default="demo", help_text="id of the deliverable")
    held_at = models.DateTimeField()
    way = models.CharField(
        max_length=10, choices=[(way, way) for way in ("contact", "video", "call", "exam")]
    )
    minutes = models.PositiveSmallIntegerField(null=True)
    state = models.CharField(max_length=10, choices=DemoState.choices)
    shown = models.JSONField(
        null=True, help_text="ids of the criteria that a video shows; empty: questions were asked"
    )
    source = models.CharField(max_length=NAME, help_text="what it was noted of: booking-7, video-3")

    class Meta:
        ordering = ["pk"]
        constraints = [models.CheckConstraint(condition=ONE_OWNER, name="demo_has_one_owner")]
        indexes = [models.Index(fields=["source"], name="demo_source")]

    def __str__(self) -> str:
        return f"{self.item} of {self.mini_project}: {self.state}"


class Tick(AppendOnly, Note):
    """A team ticks an item of the edition's checklist, or clears it."""

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="ticks")
    item = models.CharField(max_length=NAME)
    ticked = models.BooleanField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.item
