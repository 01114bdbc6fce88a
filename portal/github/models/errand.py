"""What the portal wants done at GitHub: an outbox, worked off by workers."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class ErrandStatus(models.TextChoices):
    """How far an errand has come."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


class Errand(models.Model):
    """One thing to be done at GitHub. At most one of a kind and key waits at any time.

    A worker holds it by `token` until `held_until`; whoever comes later with another token has
    nothing to say. `asked_again`: something changed meanwhile, so it is done once more.
    """

    kind = models.CharField(max_length=30)
    key = models.CharField(max_length=200, help_text="what it is about")
    arguments = models.JSONField(default=dict, blank=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    lane = models.CharField(max_length=40, blank=True, help_text="what shares one rate limit")
    status = models.CharField(
        max_length=8, choices=ErrandStatus.choices, default=ErrandStatus.WAITING
    )
    tries = models.PositiveSmallIntegerField(default=0)
    next_try = models.DateTimeField()
    announced_at = models.DateTimeField(null=True)
    token = models.UUIDField(null=True)
    held_until = models.DateTimeField(null=True)
    asked_again = models.BooleanField(default=False)
    fault = models.CharField(max_length=40, blank=True, help_text="of the last try")
    facts = models.JSONField(default=dict, blank=True)
    answer = models.JSONField(null=True, blank=True)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["status", "next_try"], name="errand_due")]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "key"],
                condition=Q(status=ErrandStatus.WAITING),
                name="one_waiting_errand",
            ),
            models.CheckConstraint(
                condition=Q(status=ErrandStatus.WAITING, ended_at__isnull=True)
                | (~Q(status=ErrandStatus.WAITING) & Q(ended_at__isnull=False)),
                name="errand_ended_iff_not_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"
