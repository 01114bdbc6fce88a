"""What GitHub told us by itself, and what became of each push; what we told it of each attempt."""

from django.db import models
from django.db.models import Q

from portal.github.models.repository import NAME_LENGTH, Repository, Watch
from portal.submissions.models import Attempt, Submission

WORDS_LENGTH = 500  # characters of a reason


class Hook(models.Model):
    """One message from GitHub. Its text is kept only until it has been handled."""

    guid = models.CharField(max_length=64, unique=True, help_text="GitHub's id of the delivery")
    event = models.CharField(max_length=60)
    action = models.CharField(max_length=60, blank=True)
    digest = models.CharField(max_length=64, db_index=True, help_text="of the whole text")
    received_at = models.DateTimeField(db_index=True)
    handled_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    acted = models.BooleanField(default=False, help_text="it made something happen")
    outcome = models.CharField(max_length=WORDS_LENGTH, blank=True)
    body = models.TextField(blank=True, help_text="JSON, until it is handled")

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.event} {self.action}".strip()


class PushStatus(models.TextChoices):
    """What became of a push."""

    WAITING = "waiting"
    TAKEN = "taken"
    SUPERSEDED = "superseded"
    IGNORED = "ignored"


class Push(models.Model):
    """A push to the branch that a watch asks for; one row for each watch that it concerns."""

    watch = models.ForeignKey(Watch, on_delete=models.CASCADE, related_name="pushes")
    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, related_name="pushes")
    branch = models.CharField(max_length=250)
    before = models.CharField(max_length=40, blank=True, help_text="empty: not known")
    head = models.CharField(max_length=40)
    forced = models.BooleanField(default=False)
    pushed_at = models.DateTimeField(help_text="by GitHub's clock, to the second")
    received_at = models.DateTimeField()
    due_at = models.DateTimeField(help_text="not taken before")
    title = models.CharField(max_length=200, blank=True)
    committed_at = models.DateTimeField(null=True, blank=True)
    author = models.CharField(max_length=120, blank=True)
    sender = models.CharField(max_length=100, blank=True, help_text="login")
    sender_number = models.BigIntegerField(null=True, blank=True)
    guid = models.CharField(max_length=64, blank=True, help_text="empty: found by looking")
    status = models.CharField(max_length=10, choices=PushStatus.choices, default=PushStatus.WAITING)
    reason = models.CharField(max_length=WORDS_LENGTH, blank=True)
    submission = models.ForeignKey(
        Submission, null=True, blank=True, on_delete=models.PROTECT, related_name="pushes"
    )

    class Meta:
        verbose_name_plural = "pushes"
        ordering = ["-pk"]
        indexes = [models.Index(fields=["status", "due_at"], name="push_due")]
        constraints = [
            models.UniqueConstraint(
                fields=["watch", "repository", "branch", "head", "pushed_at"], name="one_push"
            ),
            models.CheckConstraint(
                condition=Q(status=PushStatus.TAKEN, submission__isnull=False)
                | (~Q(status=PushStatus.TAKEN) & Q(submission__isnull=True)),
                name="submission_iff_taken",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.head[:8]} on {self.branch}"

    @property
    def short_commit(self) -> str:
        """The first characters of the commit, enough to recognise it."""
        return self.head[:8]

    @property
    def attempt(self) -> Attempt | None:
        """The newest attempt that came of it. In a list, prefetch `submission__attempts`."""
        attempts = self.submission.attempts.all() if self.submission else ()
        return max(attempts, key=lambda each: each.number, default=None)


class CheckRun(models.Model):
    """What GitHub was told of an attempt, so that nothing is told twice."""

    attempt = models.OneToOneField(Attempt, on_delete=models.CASCADE, related_name="check_run")
    full_name = models.CharField(max_length=NAME_LENGTH, help_text="owner/name, when it was told")
    number = models.BigIntegerField(
        null=True, unique=True, help_text="GitHub's id; none for a commit's status"
    )
    told = models.CharField(max_length=12, blank=True, help_text="the verdict or state told last")
    digest = models.CharField(max_length=64, blank=True, help_text="of all that was told last")
    told_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=WORDS_LENGTH, blank=True, help_text="why not run again")
    fault = models.CharField(max_length=40, blank=True, help_text="why GitHub could not be told")
    facts = models.JSONField(default=dict, blank=True)
    failed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"check run of {self.attempt}"
