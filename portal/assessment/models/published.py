"""Results as they were frozen, signed and shown; and requests to look again."""

from django.conf import settings
from django.db import models

from portal.assessment.models.given import NAME, REASON
from portal.common.appendonly import AppendOnly
from portal.courses.models import Edition


class Step(models.TextChoices):
    """What is done with the results of an edition, one after the other."""

    FREEZE = "freeze"
    PUBLISH = "publish"
    UNFREEZE = "unfreeze"


class Publication(AppendOnly):
    """One such step. Results belong to the freeze; `of` names it for the later steps."""

    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="publications")
    number = models.PositiveIntegerField(help_text="1 for the first step, then counting")
    kind = models.CharField(max_length=10, choices=Step.choices)
    of = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="steps")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    reason = models.CharField(max_length=REASON, blank=True)
    rules_version = models.PositiveIntegerField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["edition", "number"], name="one_publication_per_number")
        ]

    def __str__(self) -> str:
        return f"{self.edition}: {self.kind} {self.number}"


class PublishedResult(AppendOnly):
    """A student's result as it was frozen. `body` is the signed text itself.

    The other columns repeat what it says, for tables.
    """

    publication = models.ForeignKey(Publication, on_delete=models.PROTECT, related_name="results")
    student = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="published_results"
    )
    outcome = models.CharField(max_length=20)
    value = models.CharField(max_length=40, blank=True)
    rules_version = models.PositiveIntegerField()
    rules_digest = models.CharField(max_length=64)
    body = models.TextField()
    signature = models.CharField(max_length=64)
    key_id = models.CharField(max_length=12)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["publication", "student"], name="one_result_per_publication"
            )
        ]

    def __str__(self) -> str:
        return f"{self.student}: {self.outcome} {self.value}".strip()


class ReviewRequest(AppendOnly):
    """A student asks to look again at an assessment, or at the whole result."""

    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="review_requests")
    student = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="review_requests"
    )
    part = models.CharField(max_length=NAME, blank=True, help_text="empty: the whole result")
    words = models.TextField(help_text="what the student writes")
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.student} on {self.part or 'the result'}"


class ReviewAnswer(AppendOnly):
    """The answer to a request: one, on the record."""

    request = models.OneToOneField(ReviewRequest, on_delete=models.PROTECT, related_name="answer")
    words = models.TextField()
    changed = models.BooleanField(help_text="whether the assessment was changed for it")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"answer to {self.request}"
