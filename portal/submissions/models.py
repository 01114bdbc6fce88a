"""A submission, its attempts, their history; and links that are still being looked up.

State and verdict change only in `portal.submissions.domain`.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q

from lab_specs.report import Verdict
from portal.common.appendonly import AppendOnly
from portal.courses.dates import Calendar
from portal.courses.models import MiniProject, Team
from portal.submissions.lanes import Lane
from portal.submissions.states import ACTIVE, FINAL, LIVE, State

LOG_TAIL_BYTES = 16_384


REASON_LENGTH = 500  # characters of what a person or a worker gives as a reason


def _choices(names: type[State | Verdict]) -> list[tuple[str, str]]:
    return [(name.value, name.value.replace("_", " ")) for name in names]


class LookupStatus(models.TextChoices):
    """How far the look at a link has come."""

    WAITING = "waiting"
    FOUND = "found"
    FAILED = "failed"


class Place(models.Model):
    """Where work lies, as both a lookup and a submission say it."""

    mini_project = models.ForeignKey(
        MiniProject, on_delete=models.PROTECT, related_name="%(class)ss"
    )
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="%(class)ss")
    lab = models.CharField(max_length=60)
    repository = models.CharField(max_length=500)
    ref = models.CharField(max_length=250, blank=True, help_text="as typed; empty: the default")
    commit = models.CharField(max_length=40, blank=True)
    commit_title = models.CharField(max_length=200, blank=True)
    committed_at = models.DateTimeField(null=True, blank=True)
    context = models.CharField(max_length=500, default=".")
    dockerfile = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        abstract = True

    @property
    def short_commit(self) -> str:
        """The first characters of the commit, enough to recognise it."""
        return self.commit[:8]


class Submission(Place):
    """A team's work for a mini-project: always a resolved commit."""

    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        indexes = [models.Index(fields=["team", "mini_project", "-id"], name="submission_newest")]
        constraints = [
            models.CheckConstraint(
                condition=Q(commit__regex=r"^[0-9a-f]{40}$"), name="submission_commit_resolved"
            )
        ]

    def __str__(self) -> str:
        return f"{self.repository} at {self.short_commit}"

    @property
    def late(self) -> bool:
        """Whether the work came after its deadline. In a list, ask one `Calendar` instead."""
        calendar = Calendar.of(self.mini_project.edition)
        return calendar.late(self.mini_project, self.team_id, self.created_at)


class Rerun(AppendOnly):
    """Staff had the newest work of every team graded once more; its attempts say how far it is.

    What was queued since `since` is not queued again by the next one that continues it.
    """

    mini_project = models.ForeignKey(MiniProject, on_delete=models.PROTECT, related_name="reruns")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    since = models.DateTimeField(help_text="when the first of those that belong together was asked")
    reason = models.CharField(max_length=REASON_LENGTH)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.mini_project} again: {self.reason}"


class Attempt(models.Model):
    """One grading of a submission. A re-run is another attempt, never another submission."""

    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="attempts")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=_choices(State))
    verdict = models.CharField(  # noqa: DJ001 - null until it is known, never empty
        max_length=10, choices=_choices(Verdict), null=True, blank=True
    )
    fault = models.CharField(max_length=40, blank=True)
    facts = models.JSONField(default=dict, blank=True)
    # Who holds it
    token = models.UUIDField(null=True, blank=True, help_text="fences off a worker that was lost")
    lease_until = models.DateTimeField(null=True, blank=True)
    worker = models.CharField(max_length=120, blank=True)
    retries = models.PositiveSmallIntegerField(default=0)
    # Why and when
    priority = models.PositiveSmallIntegerField(
        default=Lane.INTERACTIVE.value, help_text="the lane: 0 first, 9 last"
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.CharField(max_length=500, blank=True)
    rerun = models.ForeignKey(
        Rerun, null=True, blank=True, on_delete=models.PROTECT, related_name="attempts"
    )
    queued_at = models.DateTimeField()
    not_before = models.DateTimeField(
        null=True, blank=True, help_text="when it is tried again after a failure of ours"
    )
    announced_at = models.DateTimeField(null=True, help_text="when the broker last took the news")
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    # What came out
    report = models.JSONField(null=True, blank=True)
    levels = models.JSONField(default=dict, blank=True, help_text="criterion: proposed level")
    phases = models.JSONField(default=list, blank=True, help_text="[{name, seconds}]")
    provenance = models.JSONField(default=dict, blank=True)
    log_tail = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["state", "priority", "queued_at"], name="attempt_queue"),
            models.Index(fields=["lease_until"], name="attempt_lease"),
            models.Index(fields=["started_at"], name="attempt_begun"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["submission", "number"], name="attempt_numbered"),
            models.UniqueConstraint(
                fields=["submission"], condition=Q(state__in=LIVE), name="one_live_attempt"
            ),
            models.CheckConstraint(
                condition=Q(state=State.DONE, verdict__isnull=False)
                | (~Q(state=State.DONE) & Q(verdict__isnull=True)),
                name="verdict_iff_done",
            ),
            models.CheckConstraint(
                condition=Q(state__in=ACTIVE, token__isnull=False, lease_until__isnull=False)
                | (~Q(state__in=ACTIVE) & Q(token__isnull=True, lease_until__isnull=True)),
                name="held_iff_active",
            ),
            models.CheckConstraint(
                condition=Q(state__in=FINAL, finished_at__isnull=False)
                | (Q(state__in=LIVE) & Q(finished_at__isnull=True)),
                name="finished_iff_final",
            ),
            models.CheckConstraint(
                condition=Q(verdict__isnull=True) | Q(verdict__in=list(Verdict)),
                name="attempt_verdict_known",
            ),
        ]

    def __str__(self) -> str:
        return f"attempt {self.number} of {self.submission}"

    @property
    def live(self) -> bool:
        """Whether something is still to happen."""
        return self.state in LIVE


class Worker(models.Model):
    """A process that grades, as it was last heard of. One that pauses says until when, and why."""

    name = models.CharField(max_length=120, unique=True)
    seen_at = models.DateTimeField()
    slots = models.PositiveSmallIntegerField(default=1, help_text="attempts at once")
    failures = models.PositiveIntegerField(default=0, help_text="of its own, in a row")
    paused_until = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=REASON_LENGTH, blank=True, help_text="why it pauses")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Transition(AppendOnly):
    """One step of an attempt's history."""

    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="transitions")
    source = models.CharField(max_length=10, blank=True)
    target = models.CharField(max_length=10)
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["attempt", "pk"]

    def __str__(self) -> str:
        return f"{self.source or 'new'} → {self.target}"


class Record(AppendOnly):
    """What an attempt came to, signed. The newest one holds; a new score adds another.

    `body` is the signed text itself, see `portal.submissions.records`.
    """

    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, related_name="records")
    number = models.PositiveIntegerField(help_text="1 for what the worker said, then counting")
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.CharField(max_length=500, blank=True)
    change = models.TextField(blank=True, help_text="what a new score changed, in words")
    lab_digest = models.CharField(max_length=64, blank=True, help_text="the lab that scored it")
    body = models.TextField()
    signature = models.CharField(max_length=64)
    key_id = models.CharField(max_length=12)

    class Meta:
        ordering = ["attempt", "number"]
        constraints = [
            models.UniqueConstraint(fields=["attempt", "number"], name="record_numbered")
        ]

    def __str__(self) -> str:
        return f"record {self.number} of {self.attempt}"


class Lookup(Place):
    """A link being resolved to a commit, for the person to confirm before anything counts."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    status = models.CharField(
        max_length=8, choices=LookupStatus.choices, default=LookupStatus.WAITING
    )
    fault = models.CharField(max_length=40, blank=True)
    facts = models.JSONField(default=dict, blank=True)
    announced_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    submission = models.OneToOneField(
        Submission, null=True, on_delete=models.SET_NULL, related_name="lookup"
    )

    class Meta:
        indexes = [models.Index(fields=["status", "created_at"], name="lookup_waiting")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(status=LookupStatus.FOUND) | Q(commit__regex=r"^[0-9a-f]{40}$"),
                name="lookup_found_has_commit",
            ),
            models.CheckConstraint(
                condition=~Q(status=LookupStatus.FAILED) | ~Q(fault=""),
                name="lookup_failed_has_fault",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.repository} {self.ref}"


class History(models.Model):
    """Who made the commits that lead to a submission, as a worker read it; information alone."""

    submission = models.OneToOneField(Submission, on_delete=models.PROTECT, related_name="history")
    created_at = models.DateTimeField()
    next_try = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    answered_at = models.DateTimeField(null=True)
    told = models.JSONField(null=True, help_text="see `History` in grader/history.py")
    fault = models.CharField(max_length=40, blank=True, help_text="of the last try")
    facts = models.JSONField(default=dict)

    class Meta:
        verbose_name_plural = "histories"
        indexes = [models.Index(fields=["answered_at", "next_try"], name="history_to_read")]
        constraints = [
            models.CheckConstraint(
                condition=Q(answered_at=None) | Q(told__isnull=False) | ~Q(fault=""),
                name="history_answer_says_something",
            )
        ]

    def __str__(self) -> str:
        return f"history of {self.submission}"
