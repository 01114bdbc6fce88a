"""Repositories that a lecturer orders for a whole roster, one room for each team."""

import secrets

from django.conf import settings
from django.db import models

from portal.courses.models import Edition, MiniProject, Team
from portal.github.models.app import Installation
from portal.github.models.repository import NAME_LENGTH, Repository

ROOM_LENGTH = 100  # characters of a repository's name on GitHub
PATTERN_LENGTH = 100


def new_mark() -> str:
    """A word by which a repository is known as ours, even if GitHub's answer never came."""
    return secrets.token_hex(6)


class Permission(models.TextChoices):
    """What members may do in their repository, by GitHub's names."""

    PUSH = "push", "Write: push, and merge pull requests"
    MAINTAIN = "maintain", "Maintain: write, and look after its settings"


class Provision(models.Model):
    """An order: repositories of this kind for everybody who works on these mini-projects."""

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="provisions")
    installation = models.ForeignKey(
        Installation, on_delete=models.PROTECT, related_name="provisions"
    )
    mini_projects = models.ManyToManyField(MiniProject, related_name="provisions")
    template = models.CharField(
        max_length=NAME_LENGTH, blank=True, help_text="owner/name; empty: an empty repository"
    )
    pattern = models.CharField(max_length=PATTERN_LENGTH)
    private = models.BooleanField(default=True)
    permission = models.CharField(
        max_length=8, choices=Permission.choices, default=Permission.PUSH.value
    )
    claimed = models.BooleanField(default=False, help_text="invite names that nobody proved, too")
    on_push = models.BooleanField(default=False, help_text="each push is graded")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    looked_for_at = models.DateTimeField(null=True, help_text="when GitHub was last asked")
    template_seen = models.CharField(
        max_length=10, blank=True, help_text="fine, plain (no template) or absent"
    )
    fault = models.CharField(max_length=40, blank=True, help_text="of the last look")
    facts = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"repositories of {self.edition} at {self.installation}"


class RoomStatus(models.TextChoices):
    """How far a room has come."""

    PLANNED = "planned"  # nothing was done yet
    WAITING = "waiting"  # a worker is to make it, or to bring it up to date
    MADE = "made"  # it is there; somebody of the team could not be invited
    INVITED = "invited"  # all are invited, and somebody has not come yet
    DONE = "done"  # all are in
    FAILED = "failed"


class Room(models.Model):
    """One team's repository of an order. `seen`: what GitHub last told of it."""

    provision = models.ForeignKey(Provision, on_delete=models.CASCADE, related_name="rooms")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="rooms")
    name = models.CharField(max_length=ROOM_LENGTH)
    mark = models.CharField(max_length=12, unique=True, default=new_mark)
    status = models.CharField(
        max_length=8, choices=RoomStatus.choices, default=RoomStatus.PLANNED.value
    )
    repository = models.ForeignKey(
        Repository, null=True, on_delete=models.SET_NULL, related_name="rooms"
    )
    seen = models.JSONField(default=dict, blank=True)
    seen_at = models.DateTimeField(null=True)
    notes = models.JSONField(default=list, blank=True, help_text="[{login, code, said}]")
    fault = models.CharField(max_length=40, blank=True)
    facts = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["provision", "name"]
        constraints = [
            models.UniqueConstraint(fields=["provision", "team"], name="one_room_per_team"),
            models.UniqueConstraint(fields=["provision", "name"], name="one_room_per_name"),
            models.CheckConstraint(
                condition=models.Q(status__in=RoomStatus.values), name="room_status_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name
