"""HOGENT's edition in rows, a week after its first session, with two students and staff."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine

from portal.courses import catalog
from portal.courses.models import Edition, Enrolment, MiniProject, Team
from portal.courses.rules import Role
from portal.demos.domain import publish
from portal.demos.models import Slot
from portal.demos.offers import Kind
from portal.people.models import User
from tests.factories import EnrolmentFactory, UserFactory
from tests.portal.demos.offering import file_of, local

NOW = local(2024, 9, 27, 9)  # a Friday


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def hogent(db: None, clock: time_machine.Traveller) -> Edition:
    edition, _ = catalog.load_edition(file_of("hogent-2024-25"), catalog.shelf())
    return edition


def enrol(edition: Edition, name: str, role: Role = Role.STUDENT, track: str = "gent") -> User:
    person = UserFactory(username=name)
    track = track if role is Role.STUDENT else ""
    EnrolmentFactory(edition=edition, person=person, role=role, track=track)
    return person


@pytest.fixture
def alice(hogent: Edition) -> User:
    return enrol(hogent, "alice")


@pytest.fixture
def bob(hogent: Edition) -> User:
    return enrol(hogent, "bob")


@pytest.fixture
def tina(hogent: Edition) -> User:
    return enrol(hogent, "tina", Role.LECTURER)


@pytest.fixture
def amir(hogent: Edition) -> User:
    return enrol(hogent, "amir", Role.ASSISTANT)


@pytest.fixture
def docker(hogent: Edition) -> MiniProject:
    return hogent.mini_projects.get(slug="docker")


@pytest.fixture
def cicd(hogent: Edition) -> MiniProject:
    return hogent.mini_projects.get(slug="cicd")


Publish = Callable[..., Slot]


@pytest.fixture
def published(hogent: Edition, tina: User) -> Publish:
    def one(at: datetime | None = None, **kwargs: Any) -> Slot:
        given = {"kind": Kind.CONTACT, "minutes": 10, "place": "B.1.015", "by": tina} | kwargs
        start = at or NOW + timedelta(days=4)
        (slot,) = publish(edition=hogent, starts=[start], **given)
        return slot

    return one


def own_team(person: User) -> Team:
    return person.teams.get(solo=True)


def on_track(person: User, track: str) -> None:
    Enrolment.objects.filter(person=person).update(track=track)
