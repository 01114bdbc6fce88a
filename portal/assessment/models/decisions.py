"""What assessors decided per criterion, and the history of it."""

from django.conf import settings
from django.db import models

from portal.common.appendonly import AppendOnly
from portal.courses.models import Criterion, Level, MiniProject, Team
from portal.submissions.models import Attempt

FIRST, RESIT = 1, 2  # the chances that a student has


class Decision(models.Model):
    """A level for a team's work on one criterion, and who says so, and why."""

    mini_project = models.ForeignKey(
        MiniProject, on_delete=models.PROTECT, related_name="%(class)ss"
    )
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="%(class)ss")
    criterion = models.ForeignKey(Criterion, on_delete=models.PROTECT, related_name="%(class)ss")
    chance = models.PositiveSmallIntegerField(default=FIRST, help_text="2 is the resit")
    level = models.ForeignKey(Level, on_delete=models.PROTECT, related_name="+")
    proposed = models.CharField(max_length=200, blank=True, help_text="what the grader proposed")
    comment = models.TextField(blank=True)
    assessor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    attempt = models.ForeignKey(Attempt, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()
    version = models.PositiveIntegerField(help_text="1 for the first decision, then counting")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.criterion}: {self.level}"

    @property
    def overrides(self) -> bool:
        """Whether the lecturer decided otherwise than the grader proposed."""
        return bool(self.proposed) and self.level.name != self.proposed


class Assessment(Decision):
    """The decision that holds now; where an edition asks for two assessors, the first one's."""

    settled = models.BooleanField(
        default=True, help_text="no: a second assessor has not agreed (yet), so it counts nothing"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "criterion", "chance"], name="one_assessment")
        ]


class AssessmentEvent(AppendOnly, Decision):
    """Every decision that was ever taken."""

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["team", "criterion", "chance", "version"], name="one_event_per_version"
            )
        ]


class SecondOpinion(Decision):
    """What the second assessor decided, of whom the first is not the same person."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "criterion", "chance"], name="one_second_opinion"
            )
        ]


class SecondOpinionEvent(AppendOnly, Decision):
    """Every second opinion that was ever given."""

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["team", "criterion", "chance", "version"], name="one_opinion_per_version"
            )
        ]


class Draft(models.Model):
    """What an assessor has typed into the review form and not decided yet. Theirs alone."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="drafts")
    criterion = models.ForeignKey(Criterion, on_delete=models.CASCADE, related_name="drafts")
    chance = models.PositiveSmallIntegerField(default=FIRST)
    assessor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    level = models.ForeignKey(Level, null=True, on_delete=models.CASCADE, related_name="+")
    comment = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "criterion", "chance", "assessor"], name="one_draft"
            )
        ]

    def __str__(self) -> str:
        return f"draft of {self.assessor} for {self.criterion}"
