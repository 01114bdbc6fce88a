"""What a person may know of their courses."""

from django.db.models import QuerySet

from portal.courses.models import Edition, Enrolment, Membership, MiniProject
from portal.courses.rules import Role, Standing
from portal.people.models import User


def standing(person: User) -> Standing:
    """A person's roles and teams, in two queries."""
    roles = Enrolment.objects.filter(person=person).values_list("edition_id", "role")
    teams = Membership.objects.filter(person=person).values_list("team_id", flat=True)
    return Standing(
        person=person.pk,
        roles={edition: Role(role) for edition, role in roles},
        teams=frozenset(teams),
    )


def editions_of(person: User) -> QuerySet[Edition]:
    """The active editions in which the person is enrolled, newest first."""
    return (
        Edition.objects.filter(enrolments__person=person, active=True)
        .select_related("course")
        .order_by("-pk")
    )


def mini_projects_of(person: User) -> QuerySet[MiniProject]:
    """The mini-projects of the person's active editions, in order."""
    return (
        MiniProject.objects.filter(edition__enrolments__person=person, edition__active=True)
        .select_related("edition__course")
        .order_by("edition", "order")
    )
