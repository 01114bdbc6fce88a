"""What a team handed in that is not code, and commits that were taken at a deadline."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from portal.common.appendonly import AppendOnly
from portal.courses.models import MiniProject, Team
from portal.github.models import Errand
from portal.submissions.models import Lookup, Submission

COMMIT = r"^[0-9a-f]{40}$"
PROBLEM_LENGTH = 1_000  # characters of what a worker says about a document


class Delivery(AppendOnly):
    """One deliverable as it was handed in, by a person or by a snapshot. The newest is read."""

    mini_project = models.ForeignKey(
        MiniProject, on_delete=models.PROTECT, related_name="deliveries"
    )
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="deliveries")
    deliverable = models.SlugField(max_length=60)
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    link = models.CharField(max_length=500, blank=True, help_text="or a path in the repository")
    commit = models.CharField(max_length=40, blank=True)
    text = models.TextField(blank=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["mini_project", "team", "deliverable"], name="delivery_of_team")
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(link="") | ~Q(text=""), name="delivery_holds_something"
            ),
            models.CheckConstraint(
                condition=Q(commit="") | Q(commit__regex=COMMIT), name="delivery_commit_resolved"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.deliverable} of {self.team}"

    @property
    def is_link(self) -> bool:
        """Whether there is a page to go to."""
        return self.link.startswith(("https://", "http://"))


class Reading(models.Model):
    """A document of a team's repository, read by a worker for the delivery that names it."""

    delivery = models.OneToOneField(Delivery, on_delete=models.PROTECT, related_name="reading")
    repository = models.CharField(max_length=500)
    path = models.CharField(max_length=500)
    commit = models.CharField(max_length=40, blank=True, help_text="empty: not looked up yet")
    created_at = models.DateTimeField()
    announced_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    text = models.TextField(blank=True)
    advice = models.JSONField(default=list, help_text="[{fine, says}]")
    problem = models.CharField(max_length=PROBLEM_LENGTH, blank=True, help_text="of the document")
    fault = models.CharField(max_length=40, blank=True, help_text="of the repository; the last one")
    facts = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["answered_at", "created_at"], name="reading_waiting")]
        constraints = [
            models.CheckConstraint(
                condition=Q(commit="") | Q(commit__regex=COMMIT), name="reading_commit_resolved"
            ),
            models.CheckConstraint(
                condition=Q(answered_at=None) | ~Q(commit="") | ~Q(fault=""),
                name="reading_answer_says_where",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.path} of {self.repository}"


class Way(models.TextChoices):
    """How the portal knows what the default branch was."""

    ACTIVITY = "activity"  # GitHub's record of every push says what was there at the deadline
    BRANCH = "branch"  # the branch as it stood when the portal looked


class Snapshot(models.Model):
    """The default branch of a team's repository, looked at once when a deadline had passed.

    Where the App sees the repository, an errand asks GitHub what was there at that moment; else,
    or when GitHub does not tell, a look-up takes what is there now.
    """

    mini_project = models.ForeignKey(
        MiniProject, on_delete=models.PROTECT, related_name="snapshots"
    )
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="snapshots")
    deliverable = models.SlugField(max_length=60)
    due_at = models.DateTimeField()
    repository = models.CharField(max_length=500)
    lookup = models.ForeignKey(Lookup, null=True, on_delete=models.SET_NULL, related_name="+")
    errand = models.ForeignKey(Errand, null=True, on_delete=models.SET_NULL, related_name="+")
    way = models.CharField(max_length=8, choices=Way.choices, blank=True)
    told = models.JSONField(
        default=dict, blank=True, help_text="what GitHub told, as `grader.hub.collect` says it"
    )
    tries = models.PositiveSmallIntegerField(default=0)
    next_try = models.DateTimeField()
    fault = models.CharField(max_length=40, blank=True, help_text="of the last try")
    taken_at = models.DateTimeField(null=True)
    delivery = models.OneToOneField(Delivery, null=True, on_delete=models.PROTECT)
    submission = models.ForeignKey(
        Submission, null=True, on_delete=models.PROTECT, related_name="snapshots"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["mini_project", "team", "deliverable", "due_at"], name="one_snapshot"
            ),
            models.CheckConstraint(
                condition=Q(taken_at__isnull=True, delivery__isnull=True)
                | Q(taken_at__isnull=False, delivery__isnull=False),
                name="taken_iff_delivered",
            ),
        ]
        indexes = [models.Index(fields=["taken_at", "next_try"], name="snapshot_to_take")]

    def __str__(self) -> str:
        return f"{self.deliverable} of {self.team} at {self.due_at}"
