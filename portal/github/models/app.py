"""The portal's GitHub App, and where it is installed."""

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet

from portal.courses.models import Course


class App(models.Model):
    """The GitHub App of this portal; at most one. Its secrets are stored sealed, never as text."""

    number = models.BigIntegerField(unique=True, help_text="the App's id on GitHub")
    slug = models.CharField(max_length=100)
    name = models.CharField(max_length=100)
    client_id = models.CharField(max_length=60, blank=True)
    sealed = models.TextField(help_text="private key, webhook secret, client secret")
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    checked_at = models.DateTimeField(null=True, blank=True)
    findings = models.JSONField(default=list, blank=True, help_text="of the self-test")
    only = models.BooleanField(default=True, unique=True, editable=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(only=True), name="one_github_app")]

    def __str__(self) -> str:
        return self.name


class Installation(models.Model):
    """The App as somebody installed it for an organisation or a person."""

    number = models.BigIntegerField(unique=True, help_text="the installation's id on GitHub")
    account = models.CharField(max_length=100, help_text="the organisation's or person's login")
    permissions = models.JSONField(default=dict, blank=True)
    events = models.JSONField(default=list, blank=True)
    all_repositories = models.BooleanField(default=False)
    suspended_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True, blank=True, help_text="newest news, GitHub's clock")
    courses = models.ManyToManyField(
        Course,
        blank=True,
        related_name="installations",
        help_text="whose lecturers may make repositories there",
    )

    class Meta:
        ordering = ["account"]

    def __str__(self) -> str:
        return self.account

    @property
    def lane(self) -> str:
        """Whose errands share one rate limit: GitHub counts by installation."""
        return f"installation {self.number}"

    @property
    def answers(self) -> bool:
        """Whether it is neither suspended nor removed."""
        return self.suspended_at is None and self.removed_at is None

    @classmethod
    def alive(cls) -> "QuerySet[Installation]":
        """Those that answer."""
        return cls.objects.filter(suspended_at=None, removed_at=None)
