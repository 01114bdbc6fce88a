"""What lecturers decided per criterion, and the history of it."""

from django.conf import settings
from django.db import models

from portal.common.appendonly import AppendOnly
from portal.courses.models import Criterion, Level, MiniProject, Team
from portal.submissions.models import Attempt


class Decision(models.Model):
    """A level for a team's work on one criterion, and who says so, and why."""

    mini_project = models.ForeignKey(
        MiniProject, on_delete=models.PROTECT, related_name="%(class)ss"
    )
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="%(class)ss")
    criterion = models.ForeignKey(Criterion, on_delete=models.PROTECT, related_name="%(class)ss")
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
    """The decision that holds now."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "criterion"], name="one_assessment")]


class AssessmentEvent(AppendOnly, Decision):
    """Every decision that was ever taken."""

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["team", "criterion", "version"], name="one_event_per_version"
            )
        ]
