"""How a commit came about on GitHub: evidence for people, never a verdict."""

from django.db import models

from portal.submissions.models import Submission


class Workflow(models.Model):
    """What GitHub told of a submission's pull request, reviews and Actions, and when."""

    submission = models.OneToOneField(Submission, on_delete=models.CASCADE, related_name="workflow")
    asked_at = models.DateTimeField()
    looked_at = models.DateTimeField(null=True)
    told = models.JSONField(default=dict, blank=True, help_text="as `grader.hub.pulls` says it")
    fault = models.CharField(max_length=40, blank=True, help_text="of the last look")
    facts = models.JSONField(default=dict, blank=True)

    def __str__(self) -> str:
        return f"workflow of {self.submission}"
