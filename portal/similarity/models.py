"""Comparisons of the groups of a mini-project: who asked for them, and what came of them."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from portal.courses.models import MiniProject
from portal.submissions.models import Submission


class Comparison(models.Model):
    """The newest work of every team, compared once. It waits for a worker until it is finished."""

    mini_project = models.ForeignKey(
        MiniProject, on_delete=models.PROTECT, related_name="comparisons"
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    template = models.CharField(max_length=500, blank=True, help_text="whose code counts for none")
    template_ref = models.CharField(max_length=200, blank=True, help_text="empty: the default")
    template_commit = models.CharField(max_length=40, blank=True, help_text="what that was")
    next_try = models.DateTimeField(help_text="when it is taken up again, unless its worker lives")
    tries = models.PositiveSmallIntegerField(
        default=0, help_text="fences off a worker that was lost"
    )
    finished_at = models.DateTimeField(null=True)
    said = models.JSONField(default=dict, help_text="numbers: what counts for nobody, pairs")
    fault = models.CharField(max_length=40, blank=True)
    facts = models.JSONField(default=dict)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["finished_at", "next_try"], name="comparison_waiting")]
        constraints = [
            models.UniqueConstraint(
                fields=["mini_project"],
                condition=Q(finished_at=None),
                name="one_comparison_at_once",
            )
        ]

    def __str__(self) -> str:
        return f"groups of {self.mini_project} compared"


class Part(models.Model):
    """One team's work in a comparison, and how far a worker has come with it."""

    comparison = models.ForeignKey(Comparison, on_delete=models.PROTECT, related_name="parts")
    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="+")
    read_at = models.DateTimeField(null=True)
    files = models.PositiveIntegerField(default=0, help_text="of code, that were compared")
    commits = models.PositiveIntegerField(default=0)
    left_out = models.PositiveIntegerField(default=0, help_text="files: too large or too many")
    whole = models.BooleanField(default=True, help_text="the history, back to its beginning")
    fault = models.CharField(max_length=40, blank=True)
    facts = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["comparison", "submission"], name="one_part_each")
        ]

    def __str__(self) -> str:
        return f"{self.submission} in {self.comparison}"


class Pair(models.Model):
    """Two teams' work with something in common, and the evidence."""

    comparison = models.ForeignKey(Comparison, on_delete=models.PROTECT, related_name="pairs")
    number = models.PositiveSmallIntegerField(help_text="1 for most in common")
    left = models.ForeignKey(Part, on_delete=models.PROTECT, related_name="+")
    right = models.ForeignKey(Part, on_delete=models.PROTECT, related_name="+")
    percent = models.PositiveSmallIntegerField(help_text="of the smaller one's fingerprints")
    shared = models.PositiveIntegerField(help_text="fingerprints")
    commits = models.PositiveIntegerField(help_text="in both histories")
    evidence = models.JSONField(help_text="see `evidence` in grader/comparing.py")

    class Meta:
        ordering = ["comparison", "number"]
        constraints = [
            models.UniqueConstraint(fields=["comparison", "number"], name="pair_numbered")
        ]

    def __str__(self) -> str:
        return f"pair {self.number} of {self.comparison}"
