"""Tokens: how a program says for whom it asks. The token itself is shown once and never stored."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q


class Scope(models.TextChoices):
    """What a token may be used for, within what its owner may do at all."""

    READ = "read", "read what I may see"
    SUBMIT = "submit", "hand in and cancel work"
    TEACH = "teach", "do what staff do: run again, mark, decide"


class Token(models.Model):
    """A token of a person. `digest` is the SHA-256 of its secret, in hexadecimal."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tokens"
    )
    name = models.CharField(max_length=80, help_text="what it is for, in its owner's words")
    scopes = models.JSONField(help_text="values of Scope")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, help_text="to the minute")
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=models.F("created_at")), name="token_ends"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.person}"

    def holds(self, *, now: datetime) -> bool:
        """Whether it opens anything now."""
        return self.revoked_at is None and self.expires_at > now
