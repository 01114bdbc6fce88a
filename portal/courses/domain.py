"""Enrolling people and making teams: the only place that does."""

from collections.abc import Sequence

from django.db import IntegrityError, transaction

from portal.common.errors import Refused
from portal.courses.models import Edition, Enrolment, Membership, MiniProject, Team
from portal.courses.queries import students_of
from portal.courses.rules import Role
from portal.people.models import User


def enrol(*, edition: Edition, person: User, role: Role) -> Enrolment:
    """Give a person their role in an edition, in place of an earlier one."""
    enrolment, _ = Enrolment.objects.update_or_create(
        edition=edition, person=person, defaults={"role": role}
    )
    return enrolment


def make_team(*, edition: Edition, name: str, people: Sequence[User]) -> Team:
    """A shared team of students. Refused when one of them is in another one already."""
    enrolled = set(
        students_of(edition).filter(person__in=people).values_list("person_id", flat=True)
    )
    strangers = sorted(person.name for person in people if person.pk not in enrolled)
    if strangers:
        raise Refused(f"Not a student of this edition: {', '.join(strangers)}.")
    try:
        return _team(edition=edition, name=name, people=people, solo=False)
    except IntegrityError:
        raise Refused(
            "That name is taken, or one of these people is in another team already."
        ) from None


def team_for(*, person: User, mini_project: MiniProject) -> Team:
    """The team that owns what this person hands in; a solo team is made on first need.

    Refused for those who are no students of the edition, and where work is done by teams for
    a student who is in none.
    """
    edition = mini_project.edition
    if not students_of(edition).filter(person=person).exists():
        raise Refused("Only the students of this edition hand in work.")
    solo = not mini_project.by_team
    teams = Team.objects.filter(edition=edition, memberships__person=person)
    if any(
        part.id == mini_project.slug and part.alone_or_team for part in edition.file.mini_projects
    ):
        found = teams.order_by("solo").first()  # who is in a team works in it
    else:
        found = teams.filter(solo=solo).first()
    if found is not None:
        return found
    if not solo:
        raise Refused("This work is done by teams, and you are in none yet. Ask your lecturer.")
    try:
        return _team(edition=edition, name=person.name, people=[person], solo=True)
    except IntegrityError:  # a second request of the same person was faster
        return Team.objects.get(edition=edition, memberships__person=person, solo=True)


def _team(*, edition: Edition, name: str, people: Sequence[User], solo: bool) -> Team:
    with transaction.atomic():
        team = Team.objects.create(edition=edition, name=name, solo=solo)
        Membership.objects.bulk_create(
            Membership(team=team, person=person, edition=edition, solo=solo) for person in people
        )
    return team
