"""An edition of a course, its mini-projects and rubrics, and who takes part."""

import secrets
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models import Q

from portal.courses.rules import Role

SEED_BITS = 63  # a signed 64-bit column holds it


def new_seed() -> int:
    """A fresh secret seed. All hidden data of an edition derive from it."""
    return secrets.randbits(SEED_BITS)


class Course(models.Model):
    """A course, whatever the year."""

    code = models.SlugField(max_length=60, unique=True)
    title = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.title


class Edition(models.Model):
    """One run of a course. Rules, rubrics and people belong to it."""

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="editions")
    name = models.CharField(max_length=60)
    timezone = models.CharField(max_length=60, default="UTC")
    language = models.CharField(max_length=10, default="en")
    active = models.BooleanField(default=True)
    secret_seed = models.BigIntegerField(default=new_seed, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["course", "name"], name="one_edition_per_name")
        ]

    def __str__(self) -> str:
        return f"{self.course} {self.name}"

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which deadlines are told."""
        return ZoneInfo(self.timezone)


class MiniProject(models.Model):
    """A graded piece of work. A student takes any of its labs; without labs, rubric and demo."""

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="mini_projects")
    slug = models.SlugField(max_length=60)
    title = models.CharField(max_length=200)
    order = models.PositiveSmallIntegerField()
    deadline = models.DateTimeField(null=True, blank=True)
    by_team = models.BooleanField(default=False)
    labs = models.JSONField(default=list, blank=True, help_text="slugs of labs of the shelf")

    class Meta:
        ordering = ["edition", "order"]
        constraints = [
            models.UniqueConstraint(fields=["edition", "slug"], name="one_mini_project_per_slug")
        ]

    def __str__(self) -> str:
        return self.title


class Criterion(models.Model):
    """A row of a rubric. `lab` is empty for what is judged whichever lab was taken."""

    mini_project = models.ForeignKey(MiniProject, on_delete=models.CASCADE, related_name="criteria")
    lab = models.CharField(max_length=60, blank=True)
    slug = models.SlugField(max_length=60)
    title = models.CharField(max_length=4_000)
    technical = models.BooleanField(default=True)
    order = models.PositiveSmallIntegerField()

    class Meta:
        verbose_name_plural = "criteria"
        ordering = ["mini_project", "order"]
        constraints = [
            models.UniqueConstraint(
                fields=["mini_project", "lab", "slug"], name="one_criterion_per_slug"
            )
        ]

    def __str__(self) -> str:
        return self.title


class Level(models.Model):
    """A cell of a rubric: what reaching this level takes. Order 0 is the lowest."""

    criterion = models.ForeignKey(Criterion, on_delete=models.CASCADE, related_name="levels")
    order = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=200)
    descriptor = models.TextField()

    class Meta:
        ordering = ["criterion", "order"]
        constraints = [
            models.UniqueConstraint(fields=["criterion", "order"], name="one_level_per_order"),
            models.UniqueConstraint(fields=["criterion", "name"], name="one_level_per_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Enrolment(models.Model):
    """What a person is in an edition."""

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="enrolments")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="enrolments"
    )
    role = models.CharField(max_length=10, choices=[(role, role) for role in Role])

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["edition", "person"], name="one_role_per_edition"),
            models.CheckConstraint(
                condition=Q(role__in=[role.value for role in Role]), name="enrolment_role_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}, {self.role}"


class Team(models.Model):
    """The owner of work, always: a student who works alone is a solo team of one."""

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="teams")
    name = models.CharField(max_length=120)
    solo = models.BooleanField()
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="Membership", related_name="teams"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["edition", "name"], condition=Q(solo=False), name="one_team_per_name"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A person in a team. Edition and kind repeat the team's, for the database to guard."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships"
    )
    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="+")
    solo = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["edition", "person", "solo"], name="one_team_per_person_and_kind"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person} in {self.team}"
