"""An edition of a course, its mini-projects and rubrics, who takes part, and what changed.

What the edition's file says is stored whole, as a `RuleVersion`; `Edition.file` reads it. Rows
exist for what people do, or move: nothing of the file is copied but rubrics and mini-projects.
"""

import secrets
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models import Q

from lab_specs.edition.file import EditionFile, MiniProjectFile
from portal.common.appendonly import AppendOnly
from portal.courses.rules import Role

SEED_BITS = 63  # a signed 64-bit column holds it
REASON_LENGTH = 500  # characters


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

    @cached_property
    def file(self) -> EditionFile:
        """What the newest rule version says; parsed once per process, read once per object.

        An edition that was made by hand has no version: then its rows alone, without any rules.
        """
        newest = self.rule_versions.order_by("-number").values_list("pk", "digest").first()
        return _parsed(*newest) if newest else _bare(self)


@lru_cache(maxsize=64)
def _parsed(pk: int, digest: str) -> EditionFile:
    """The file of a version. The digest tells versions of different databases apart."""
    body = RuleVersion.objects.values_list("body", flat=True).get(pk=pk, digest=digest)
    return EditionFile.model_validate_json(body)


def _bare(edition: Edition) -> EditionFile:
    return EditionFile.model_construct(
        course=edition.course.title,
        course_code=edition.course.code,
        edition=edition.name,
        timezone=edition.timezone,
        language=edition.language,
        levels=(),
        mini_projects=tuple(
            MiniProjectFile.model_construct(
                id=each.slug,
                title=each.title,
                labs=tuple(each.labs),
                deadline=each.deadline,
                by_team=each.by_team,
            )
            for each in edition.mini_projects.all()
        ),
    )


class RuleVersion(AppendOnly):
    """An edition's file as it was loaded, whole. The newest one holds; results name theirs."""

    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="rule_versions")
    number = models.PositiveIntegerField(help_text="1 for the first, then counting")
    rules_version = models.PositiveIntegerField(help_text="as the file says it")
    body = models.TextField(help_text="the file as JSON")
    digest = models.CharField(max_length=64, help_text="sha256 of the body")
    loaded_at = models.DateTimeField()
    loaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    change = models.TextField(blank=True, help_text="what differs from the one before, in words")

    class Meta:
        ordering = ["edition", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["edition", "number"], name="rule_version_numbered")
        ]

    def __str__(self) -> str:
        return f"rules {self.rules_version} of {self.edition}"


class MiniProject(models.Model):
    """A graded piece of work. A student takes any of its labs; without labs, rubric and demo."""

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="mini_projects")
    slug = models.SlugField(max_length=60)
    title = models.CharField(max_length=200)
    order = models.PositiveSmallIntegerField()
    deadline = models.DateTimeField(
        null=True, blank=True, help_text="for everybody, with sessions where they are held now"
    )
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
    track = models.SlugField(max_length=60, blank=True, help_text="a track of the edition's file")
    group = models.CharField(max_length=60, blank=True, help_text="the class that one sits in")
    lecturer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="assigned",
        help_text="who looks after this student",
    )
    number = models.CharField(max_length=40, blank=True, help_text="the student's number")
    scale = models.SlugField(
        max_length=60, blank=True, help_text="another scale of the file, asked for by the student"
    )
    scale_asked_on = models.DateField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["edition", "person"], name="one_role_per_edition"),
            models.UniqueConstraint(
                fields=["edition", "number"],
                condition=~Q(number=""),
                name="one_person_per_number",
            ),
            models.CheckConstraint(
                condition=Q(scale="", scale_asked_on__isnull=True)
                | (~Q(scale="") & Q(scale_asked_on__isnull=False)),
                name="scale_asked_on_a_day",
            ),
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


class Said(AppendOnly):
    """Something that a person decided, with the reason. The newest row holds."""

    reason = models.CharField(max_length=REASON_LENGTH)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        abstract = True
        ordering = ["-pk"]


class SessionDate(Said):
    """A session takes place on another day than before."""

    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="session_dates")
    session = models.SlugField(max_length=60)
    on = models.DateField()

    def __str__(self) -> str:
        return f"{self.session} on {self.on}"


class Answer(Said):
    """What a setting is that the edition's file leaves open."""

    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="answers")
    setting = models.SlugField(max_length=60)
    value = models.JSONField()

    def __str__(self) -> str:
        return f"{self.setting}: {self.value}"


class Contact(Said):
    """Staff spoke or wrote with a student; `reason` is what about and what came of it."""

    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="contacts")
    student = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    def __str__(self) -> str:
        return f"{self.student}: {self.reason}"


class Extension(Said):
    """A later deadline for one team, or for one student: the solo team."""

    mini_project = models.ForeignKey(
        MiniProject, on_delete=models.PROTECT, related_name="extensions"
    )
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="extensions")
    deliverable = models.SlugField(max_length=60, blank=True, help_text="empty: all of it")
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.team}: {self.mini_project} until {self.until}"


class SizeAgreed(Said):
    """A lecturer agrees that this team has so many members, whatever the rules say."""

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="sizes_agreed")
    size = models.PositiveSmallIntegerField()

    def __str__(self) -> str:
        return f"{self.team} may be {self.size}"


class TeamChange(AppendOnly):
    """Somebody joined a team, or left it. Memberships say who is in it now."""

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="changes")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    joined = models.BooleanField(help_text="no: left")
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.CharField(max_length=REASON_LENGTH, blank=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.person} {'joined' if self.joined else 'left'} {self.team}"
