"""Orders of repositories for a whole roster: who gets one, and what it is to be called."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from portal.common.errors import Refused
from portal.courses.dates import Calendar
from portal.courses.models import Edition, MiniProject, Team
from portal.github import crowd
from portal.github.models import Installation, Permission, Provision, Room, RoomStatus
from portal.github.names import demand_pattern, named
from portal.people.models import User

TEMPLATE = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9_.-]{1,100}")
DEFAULT_PATTERN = "{course}-{edition}-{team}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a lecturer asks for."""

    mini_projects: Sequence[MiniProject]
    pattern: str
    template: str = ""
    private: bool = True
    permission: str = Permission.PUSH.value
    claimed: bool = False
    on_push: bool = False


def order(*, edition: Edition, installation: Installation, order: Order, by: User) -> Provision:
    """Note the order and plan a room for everybody; nothing is done at GitHub yet."""
    demand_allowed(installation, edition)
    _demand_place(installation)
    projects = list(order.mini_projects)
    pattern, template = demand_pattern(order.pattern), order.template.strip()
    if not projects:
        raise Refused("Choose the mini-projects that these repositories are for.")
    if not crowd.one_kind(projects, Calendar.of(edition)):
        raise Refused(
            "Some of these mini-projects are done alone and others by teams. Order their"
            " repositories one after the other."
        )
    if template and not TEMPLATE.fullmatch(template):
        raise Refused("That is no template. Expected owner/name, or nothing for an empty one.")
    if order.permission not in Permission.values:
        raise Refused("Choose what members may do.")
    with transaction.atomic():
        provision = Provision.objects.create(
            edition=edition,
            installation=installation,
            pattern=pattern,
            template=template,
            private=order.private,
            permission=order.permission,
            claimed=order.claimed,
            on_push=order.on_push,
            by=by,
            made_at=timezone.now(),
        )
        provision.mini_projects.set(projects)
        plan(provision)
    return provision


def plan(provision: Provision) -> list[str]:
    """A room for each team that has none; those there are keep theirs. Who is in no team yet."""
    edition = provision.edition
    project = provision.mini_projects.order_by("order").first()
    if project is None:
        raise Refused("The mini-projects that this was ordered for are gone. Order anew.")
    teams, alone = crowd.owners(edition, project)
    roomed = set(provision.rooms.values_list("team_id", flat=True))
    new = [team for team in teams if team.pk not in roomed]
    taken = Room.objects.filter(provision__installation=provision.installation)
    names = named(
        provision.pattern, _values(edition, provision, new), taken.values_list("name", flat=True)
    )
    rooms = [Room(provision=provision, team=t, name=n) for t, n in zip(new, names, strict=True)]
    Room.objects.bulk_create(rooms, ignore_conflicts=True)
    return alone


def discard(provision: Provision) -> None:
    """Forget an order of which nothing has been done. Refused for any other."""
    with transaction.atomic():
        rooms = provision.rooms.select_for_update()
        if rooms.exclude(status=RoomStatus.PLANNED).exists():
            raise Refused("Some of these repositories have been made; the order stays.")
        provision.delete()


def places(edition: Edition) -> QuerySet[Installation]:
    """Where an administrator lets the lecturers of the course make repositories."""
    return Installation.alive().filter(courses=edition.course_id)


def demand_allowed(installation: Installation, edition: Edition) -> None:
    """Refused where an administrator has not, or no longer, let the course make repositories."""
    if not installation.courses.filter(pk=edition.course_id).exists():
        raise Refused(
            f"{edition.course} may not make repositories for {installation.account}. An"
            " administrator of the portal allows it, on the page “GitHub”."
        )


def _values(edition: Edition, provision: Provision, teams: Sequence[Team]) -> list[dict[str, str]]:
    logins = crowd.logins(teams)
    if "{team}" not in provision.pattern and any(team.pk not in logins for team in teams):
        raise Refused("These mini-projects are done by teams: put {team} into the pattern.")
    both = {"course": edition.course.code, "edition": edition.name}
    return [both | {"team": each.name, "login": logins.get(each.pk, "")} for each in teams]


def _demand_place(installation: Installation) -> None:
    if installation.permissions.get("administration") != "write":
        raise Refused(
            f"The App may not make repositories for {installation.account}: it needs the"
            " permission “Administration: write”. An owner of the organisation grants it on"
            " GitHub, where the App is installed."
        )
