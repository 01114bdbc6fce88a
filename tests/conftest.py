"""The people whom every test of access knows, and the work that they do.

Alice owns the work and Bob is in her team; Charlie is a student in another one. Tina teaches
them and Amir assists her; Otto teaches another course and has no business here.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from celery import Celery
from django.apps import apps
from django.db import connection
from hypothesis import settings

from portal.celery_app import GRADE_QUEUE, RESOLVE_QUEUE
from portal.celery_app import app as celery_app
from portal.common.appendonly import EVENTS, SQLITE, AppendOnly
from portal.courses.models import Edition, MiniProject, Team
from portal.courses.rules import Role
from portal.people.models import User
from portal.submissions.models import Submission
from tests.factories import (
    EditionFactory,
    EnrolmentFactory,
    MiniProjectFactory,
    SubmissionFactory,
    TeamFactory,
    UserFactory,
)

pytest_plugins = ["tests.hub.fixtures"]

# No test is timed: a busy machine is no mistake.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(autouse=True, scope="session")
def _flush_what_is_only_ever_added() -> None:
    """A test with real transactions empties every table afterwards: triggers stand aside."""
    if connection.vendor != "sqlite":
        return  # TRUNCATE asks no trigger of a row
    tables = [model._meta.db_table for model in apps.get_models() if issubclass(model, AppendOnly)]
    operations = type(connection.ops)  # each thread has its own connection
    sql_flush = operations.sql_flush

    def flush(*args: Any, **kwargs: Any) -> list[str]:
        both = [(table, event) for table in tables for event in EVENTS]
        drop = [f"DROP TRIGGER {table}_no_{event}" for table, event in both]
        create = [SQLITE.format(table=table, event=event) for table, event in both]
        return [*drop, *sql_flush(*args, **kwargs), *create]

    operations.sql_flush = flush


@pytest.fixture
def edition(db: None) -> Edition:
    return EditionFactory()


@pytest.fixture
def enrolled(edition: Edition) -> Callable[[str, Role], User]:
    def enrol(username: str, role: Role = Role.STUDENT) -> User:
        person = UserFactory(username=username)
        EnrolmentFactory(edition=edition, person=person, role=role)
        return person

    return enrol


@pytest.fixture
def alice(enrolled: Callable[..., User]) -> User:
    return enrolled("alice")


@pytest.fixture
def bob(enrolled: Callable[..., User]) -> User:
    return enrolled("bob")


@pytest.fixture
def charlie(enrolled: Callable[..., User], edition: Edition) -> User:
    person = enrolled("charlie")
    TeamFactory(edition=edition, name="Birch", people=[person])
    return person


@pytest.fixture
def tina(enrolled: Callable[..., User]) -> User:
    return enrolled("tina", Role.LECTURER)


@pytest.fixture
def amir(enrolled: Callable[..., User]) -> User:
    return enrolled("amir", Role.ASSISTANT)


@pytest.fixture
def otto(db: None) -> User:
    person = UserFactory(username="otto")
    EnrolmentFactory(edition=EditionFactory(), person=person, role=Role.LECTURER)
    return person


@pytest.fixture
def team(edition: Edition, alice: User, bob: User) -> Team:
    return TeamFactory(edition=edition, name="Amber", people=[alice, bob])


@pytest.fixture
def mini_project(edition: Edition) -> MiniProject:
    return MiniProjectFactory(
        edition=edition, slug="serving", title="Serving", order=0, labs=["serving", "training"]
    )


@pytest.fixture
def work(mini_project: MiniProject, team: Team, alice: User) -> Submission:
    """Alice's team handed this in; it has no attempt yet."""
    return SubmissionFactory(mini_project=mini_project, team=team, submitted_by=alice)


class Ring(NamedTuple):
    """One message that a worker would have got."""

    task: str
    kwargs: dict[str, Any]


class Bell:
    """Reads what was sent to the broker in memory."""

    def __init__(self, app: Celery) -> None:
        self.app = app

    def rings(self) -> list[Ring]:
        """Everything sent since the last look, in the order of the queues."""
        found = []
        with self.app.connection_for_read() as connection:
            channel = connection.default_channel
            for queue in (GRADE_QUEUE, RESOLVE_QUEUE):
                channel.queue_declare(queue)
                while message := channel.basic_get(queue, no_ack=True):
                    _, kwargs, _ = message.decode()
                    found.append(Ring(message.headers["task"], kwargs))
        return found


@pytest.fixture
def bell() -> Iterator[Bell]:
    bell = Bell(celery_app)
    bell.rings()
    yield bell
    bell.rings()
