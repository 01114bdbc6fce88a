"""What a person may know of their courses."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import QuerySet

from portal.courses.models import (
    Answer,
    Edition,
    Enrolment,
    Membership,
    MiniProject,
    RuleVersion,
    SessionDate,
)
from portal.courses.rules import Role, Standing
from portal.people.models import User


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody belongs in an edition: their track, and the teams that own their work."""

    track: str
    shared: int | None
    solo: int | None


def standing(person: User) -> Standing:
    """A person's roles and teams, in two queries. Who withdrew has none of either."""
    enrolled = Enrolment.objects.filter(person=person, withdrawn_at=None)
    roles = {pk: Role(role) for pk, role in enrolled.values_list("edition_id", "role")}
    teams = Membership.objects.filter(person=person, edition__in=roles)
    return Standing(
        person=person.pk,
        roles=roles,
        teams=frozenset(teams.values_list("team_id", flat=True)),
    )


def editions_of(person: User) -> QuerySet[Edition]:
    """The active editions in which the person is enrolled, newest first."""
    return (
        Edition.objects.filter(
            enrolments__person=person, enrolments__withdrawn_at=None, active=True
        )
        .select_related("course")
        .order_by("-pk")
    )


def mini_projects_of(person: User) -> QuerySet[MiniProject]:
    """The mini-projects of the person's active editions, in order."""
    return (
        MiniProject.objects.filter(
            edition__enrolments__person=person,
            edition__enrolments__withdrawn_at=None,
            edition__active=True,
        )
        .select_related("edition__course")
        .order_by("edition", "order")
    )


def students_of(edition: Edition) -> QuerySet[Enrolment]:
    """The enrolments of those who study in an edition and have not withdrawn."""
    return Enrolment.objects.filter(edition=edition, role=Role.STUDENT, withdrawn_at=None)


def without_a_way_in(edition: Edition) -> QuerySet[Enrolment]:
    """The students of an edition who have neither a password nor an account at GitHub.

    Whoever teaches anywhere is left out: they get theirs from an administrator.
    """
    fresh = {"person__password__startswith": UNUSABLE_PASSWORD_PREFIX, "person__github_id": None}
    teaching = Enrolment.objects.exclude(role=Role.STUDENT).values("person")
    return (
        students_of(edition)
        .filter(person__is_active=True, person__is_staff=False, person__is_superuser=False, **fresh)
        .exclude(person__in=teaching)
        .order_by("person__username")
    )


def student_called(edition: Edition, username: str) -> User | None:
    """The student of an edition who signs in with this name, however it is capitalised."""
    name = username.strip()
    called = User.objects.filter(enrolments__in=students_of(edition), username__iexact=name)
    return next((each for each in called if each.username == name), called.first())


def place_of(person: User, edition: Edition) -> Place:
    """A person's track and teams in an edition, in two queries."""
    enrolment = Enrolment.objects.filter(edition=edition, person=person, withdrawn_at=None)
    track = enrolment.values_list("track", flat=True).first()
    teams = Membership.objects.filter(edition=edition, person=person)
    by_kind = dict(teams.values_list("solo", "team_id"))
    return Place(track or "", by_kind.get(False), by_kind.get(True))


def held_on(edition: Edition) -> dict[str, date]:
    """The sessions of an edition that moved, and the day to which each was moved last."""
    rows = SessionDate.objects.filter(edition=edition).order_by("pk")
    return dict(rows.values_list("session", "on"))


def answers(edition: Edition) -> dict[str, Any]:
    """What people answered where the edition's file leaves a setting open; the last one holds.

    What the file itself says wins over an answer from before.
    """
    left_open = {each.id for each in edition.file.settings if each.value is None}
    rows = Answer.objects.filter(edition=edition).order_by("pk").values_list("setting", "value")
    return {setting: value for setting, value in rows if setting in left_open}


def rules_used(edition: Edition) -> RuleVersion | None:
    """The rule version that holds now, for a result to name; None for an edition without one."""
    return edition.rule_versions.order_by("-number").first()
