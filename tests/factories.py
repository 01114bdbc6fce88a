"""Rows for tests. Nothing surprising: a factory makes what it is asked for, and no more."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import factory
from factory.django import DjangoModelFactory

from lab_specs.report import Verdict
from portal.assessment.models import Assessment
from portal.courses.models import (
    Course,
    Criterion,
    Edition,
    Enrolment,
    Level,
    Membership,
    MiniProject,
    Team,
)
from portal.courses.rules import Role
from portal.people.models import User
from portal.submissions.models import Attempt, Lookup, Submission
from portal.submissions.states import ACTIVE, FINAL, State

LEVELS = ("not yet proficient", "proficient", "advanced", "expert")
MOMENT = datetime(2024, 10, 1, 12, 0, tzinfo=UTC)  # past, whatever the clock says


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User
        django_get_or_create = ("username",)

    username = factory.Sequence(lambda n: f"person{n}")
    display_name = factory.LazyAttribute(lambda user: user.username.title())


class CourseFactory(DjangoModelFactory[Course]):
    class Meta:
        model = Course

    code = factory.Sequence(lambda n: f"course-{n}")
    title = "MLOps"


class EditionFactory(DjangoModelFactory[Edition]):
    class Meta:
        model = Edition

    course = factory.SubFactory(CourseFactory)
    name = "2026-27"
    timezone = "Europe/Brussels"


class MiniProjectFactory(DjangoModelFactory[MiniProject]):
    class Meta:
        model = MiniProject

    edition = factory.SubFactory(EditionFactory)
    slug = factory.Sequence(lambda n: f"project-{n}")
    title = factory.LazyAttribute(lambda each: each.slug.replace("-", " ").title())
    order = factory.Sequence(lambda n: n % 1000)
    by_team = True
    labs = factory.LazyFunction(lambda: ["serving"])


class CriterionFactory(DjangoModelFactory[Criterion]):
    class Meta:
        model = Criterion
        skip_postgeneration_save = True

    mini_project = factory.SubFactory(MiniProjectFactory)
    lab = "serving"
    slug = factory.Sequence(lambda n: f"criterion-{n}")
    title = factory.LazyAttribute(lambda each: each.slug)
    order = factory.Sequence(lambda n: n % 1000)

    @factory.post_generation
    def levels(self: Criterion, create: bool, extracted: Any) -> None:
        for order, name in enumerate(extracted or LEVELS):
            Level.objects.create(criterion=self, order=order, name=name, descriptor=f"is {name}")


class EnrolmentFactory(DjangoModelFactory[Enrolment]):
    class Meta:
        model = Enrolment

    edition = factory.SubFactory(EditionFactory)
    person = factory.SubFactory(UserFactory)
    role = Role.STUDENT


class TeamFactory(DjangoModelFactory[Team]):
    class Meta:
        model = Team
        skip_postgeneration_save = True

    edition = factory.SubFactory(EditionFactory)
    name = factory.Sequence(lambda n: f"Team {n}")
    solo = False

    @factory.post_generation
    def people(self: Team, create: bool, extracted: Any) -> None:
        for person in extracted or ():
            Membership.objects.create(
                team=self, person=person, edition=self.edition, solo=self.solo
            )


class SubmissionFactory(DjangoModelFactory[Submission]):
    class Meta:
        model = Submission

    mini_project = factory.SubFactory(MiniProjectFactory)
    team = factory.SubFactory(TeamFactory, edition=factory.SelfAttribute("..mini_project.edition"))
    submitted_by = factory.SubFactory(UserFactory)
    lab = "serving"
    repository = "https://github.com/alice/digits"
    commit = "a" * 40
    created_at = MOMENT


class AttemptFactory(DjangoModelFactory[Attempt]):
    """`state` alone is enough: what must go with it comes by itself."""

    class Meta:
        model = Attempt

    submission = factory.SubFactory(SubmissionFactory)
    number = 1
    state = State.QUEUED
    queued_at = MOMENT
    requested_by = factory.SelfAttribute("submission.submitted_by")
    verdict = factory.LazyAttribute(
        lambda each: Verdict.PASSED if each.state == State.DONE else None
    )
    token = factory.LazyAttribute(lambda each: uuid4() if each.state in ACTIVE else None)
    lease_until = factory.LazyAttribute(
        lambda each: MOMENT + timedelta(minutes=1) if each.state in ACTIVE else None
    )
    finished_at = factory.LazyAttribute(
        lambda each: MOMENT + timedelta(seconds=10) if each.state in FINAL else None
    )


class LookupFactory(DjangoModelFactory[Lookup]):
    class Meta:
        model = Lookup

    mini_project = factory.SubFactory(MiniProjectFactory)
    team = factory.SubFactory(TeamFactory, edition=factory.SelfAttribute("..mini_project.edition"))
    person = factory.SubFactory(UserFactory)
    lab = "serving"
    repository = "https://github.com/alice/digits"
    created_at = MOMENT


class AssessmentFactory(DjangoModelFactory[Assessment]):
    class Meta:
        model = Assessment

    team = factory.SubFactory(TeamFactory)
    criterion = factory.SubFactory(CriterionFactory)
    mini_project = factory.SelfAttribute("criterion.mini_project")
    level = factory.LazyAttribute(lambda each: each.criterion.levels.get(order=1))
    assessor = factory.SubFactory(UserFactory)
    decided_at = MOMENT
    version = 1
