"""Repositories that the App may see, and whose work lies in which of them."""

import secrets

from django.conf import settings
from django.db import models

from portal.courses.models import MiniProject, Team
from portal.github.models.app import Installation
from portal.submissions.models import Submission

NAME_LENGTH = 140  # "owner/name": 39 characters, a slash, 100 characters


def new_slug() -> str:
    """A name that nobody can guess."""
    return secrets.token_urlsafe(16)


class Repository(models.Model):
    """A repository of GitHub. Its number stays when it is renamed or moves."""

    number = models.BigIntegerField(unique=True, help_text="the repository's id on GitHub")
    installation = models.ForeignKey(
        Installation, null=True, on_delete=models.SET_NULL, related_name="repositories"
    )
    full_name = models.CharField(max_length=NAME_LENGTH, db_index=True, help_text="owner/name, now")
    private = models.BooleanField()
    default_branch = models.CharField(max_length=250, default="main")
    pushed_at = models.DateTimeField(null=True, blank=True, help_text="as GitHub last told it")
    removed_at = models.DateTimeField(null=True, blank=True, help_text="gone, or not ours to see")
    told_at = models.DateTimeField(null=True, blank=True, help_text="newest news, GitHub's clock")

    class Meta:
        verbose_name_plural = "repositories"
        ordering = ["full_name"]

    def __str__(self) -> str:
        return self.full_name

    @property
    def link(self) -> str:
        """The address that people open and git fetches from."""
        return f"{settings.GITHUB_URL}/{self.full_name}"

    @property
    def owner(self) -> str:
        """The login of the organisation or person that it belongs to."""
        return self.full_name.partition("/")[0]

    @property
    def name(self) -> str:
        """Its name within its owner's."""
        return self.full_name.partition("/")[2]

    @property
    def seen_by(self) -> Installation | None:
        """The installation by which it can be reached; None: by none that answers."""
        return self.installation if self.installation and self.installation.answers else None

    @property
    def lane(self) -> str:
        """Whose errands share one rate limit; "" where no installation sees it."""
        return self.installation.lane if self.installation else ""


class Watch(models.Model):
    """A team's work for a mini-project lies in this repository; perhaps every push is graded."""

    mini_project = models.ForeignKey(MiniProject, on_delete=models.CASCADE, related_name="watches")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="watches")
    repository = models.ForeignKey(Repository, on_delete=models.PROTECT, related_name="watches")
    lab = models.CharField(max_length=60, blank=True)
    branch = models.CharField(max_length=250, blank=True, help_text="empty: the default branch")
    context = models.CharField(max_length=500, default=".")
    dockerfile = models.CharField(max_length=500, blank=True)
    on_push = models.BooleanField(default=False, help_text="each push to the branch is graded")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    looked_at = models.DateTimeField(
        null=True, blank=True, help_text="the push until which the branch was looked at"
    )
    asked_at = models.DateTimeField(
        null=True, blank=True, help_text="when GitHub was last asked who may push"
    )
    lapsed_at = models.DateTimeField(
        null=True, blank=True, help_text="since then nobody of the team may push"
    )
    badge = models.CharField(max_length=40, unique=True, default=new_slug)

    class Meta:
        verbose_name_plural = "watches"
        constraints = [
            models.UniqueConstraint(fields=["mini_project", "team"], name="one_watch_per_work")
        ]

    def __str__(self) -> str:
        return f"{self.team}: {self.repository}"

    @property
    def work(self) -> "models.QuerySet[Submission]":
        """What the team handed in for this mini-project, newest first."""
        mine = Submission.objects.filter(mini_project=self.mini_project_id, team=self.team_id)
        return mine.order_by("-pk")

    @classmethod
    def holding(cls) -> models.QuerySet["Watch"]:
        """Those whose repository is there, and still the team's."""
        return cls._default_manager.filter(repository__removed_at=None, lapsed_at=None)
