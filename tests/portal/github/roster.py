"""A class whose repositories a lecturer orders, at the stand-in of GitHub."""

from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from pytest_django.fixtures import Settings

from grader import github_tasks
from portal.courses.models import Edition, MiniProject, Team
from portal.courses.rules import Role
from portal.github import provisions
from portal.github.models import (
    Errand,
    ErrandStatus,
    Installation,
    Provision,
    Room,
)
from portal.github.provisions import Order
from portal.people.models import User
from tests.factories import EnrolmentFactory, TeamFactory, UserFactory
from tests.hub.models import Account
from tests.hub.models import Installation as Installed
from tests.hub.school import EVENTS, PERMISSIONS
from tests.hub.standin import StandIn
from tests.portal.github.house import keep

ROUNDS = 12  # no story here takes more


@dataclass
class Classroom:
    """Teams of an edition, the organisation at GitHub, and a lecturer."""

    standin: StandIn
    edition: Edition
    project: MiniProject
    tina: User
    org: Account
    installed: Installed
    installation: Installation

    def student(self, login: str, *, proved: bool = True, known: bool = True) -> User:
        """Somebody of the edition; on GitHub, too, and known there by the portal or not."""
        account = self.standin.person(login, login.title(), f"{login}@example.org")
        person = UserFactory(
            username=f"s-{login}",
            display_name=login.title(),
            github_login=login if known else "",
            github_id=account.number if proved and known else None,
        )
        EnrolmentFactory(edition=self.edition, person=person)
        return person

    def team(self, name: str, *people: User) -> Team:
        """A shared team."""
        return TeamFactory(edition=self.edition, name=name, people=people)

    def order(self, **how: Any) -> Provision:
        """What Tina orders."""
        asked = {"mini_projects": [self.project], "pattern": "{team}"} | how
        return provisions.order(
            edition=self.edition, installation=self.installation, order=Order(**asked), by=self.tina
        )

    def at_github(self, name: str) -> Any:
        """The repository of this name, or None."""
        return self.standin.world.repository(f"school/{name}")


def furnished(
    standin: StandIn, settings: Settings, edition: Edition, project: MiniProject
) -> Classroom:
    """The portal's App is made and installed; nobody is in a team yet."""
    settings.GITHUB_URL, settings.GITHUB_API = standin.web, standin.api
    github_tasks._hub.cache_clear()  # tokens of another test's GitHub
    tina = UserFactory(username="tina-teaches")
    EnrolmentFactory(edition=edition, person=tina, role=Role.LECTURER)
    owner = standin.person("ada-owns", "Ada", "ada@example.org")
    org = standin.organisation("school", owners=[owner])
    app = standin.app(owner=org, permissions=PERMISSIONS, events=EVENTS)
    installed = standin.install(app, org)
    keep(app)
    installation = Installation.objects.create(
        number=installed.number, account="school", permissions=PERMISSIONS, seen_at=timezone.now()
    )
    installation.courses.add(edition.course)
    return Classroom(standin, edition, project, tina, org, installed, installation)


def work_off(*kinds: str) -> int:
    """Do what waits, whenever it is due, round after round. How many errands were done."""
    done = 0
    for _ in range(ROUNDS):
        waiting = Errand.objects.filter(status=ErrandStatus.WAITING)
        waiting = waiting.filter(kind__in=kinds) if kinds else waiting
        numbers = list(waiting.order_by("pk").values_list("pk", flat=True))
        if not numbers:
            return done
        for number in numbers:
            one_try(number)
            done += 1
    raise AssertionError(list(waiting.values_list("kind", "key", "fault")))


def one_try(number: int) -> Errand:
    """One try at an errand, as if its time had come."""
    Errand.objects.filter(pk=number).update(next_try=timezone.now())
    github_tasks.run_one(number)
    return Errand.objects.get(pk=number)


def told(provision: Provision) -> dict[str, str]:
    """How each room stands, by its name."""
    return dict(Room.objects.filter(provision=provision).values_list("name", "status"))
