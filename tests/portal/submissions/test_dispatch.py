"""The doorbell."""

from collections.abc import Callable
from typing import Any

import pytest
from celery import Celery
from redis.connection import UnixDomainSocketConnection

from portal.celery_app import app
from portal.courses.models import MiniProject, Team
from portal.people.models import User
from portal.submissions import dispatch, domain
from portal.submissions.states import State
from tests.conftest import Bell, Ring


@pytest.fixture
def no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    """The portal's own settings, but an address where nobody listens."""
    unheard = Celery("unheard", set_as_current=False)
    kept = ("broker_transport_options", "broker_connection_timeout", "task_routes")
    unheard.conf.update({name: app.conf[name] for name in kept})
    unheard.conf.broker_url = "redis+socket:///nowhere/redis.sock"
    monkeypatch.setattr(dispatch, "app", unheard)


def test_the_bell_says_that_there_is_work_and_not_which(bell: Bell) -> None:
    assert dispatch.ring_grade()
    assert dispatch.unanswered() == 1
    assert dispatch.ring_resolve(8)
    assert dispatch.unanswered() == 1
    assert bell.rings() == [
        Ring("grader.grade", {}),
        Ring("grader.resolve", {"lookup_id": 8}),
    ]


def test_without_a_broker_the_submission_is_safe(
    no_broker: None,
    mini_project: MiniProject,
    team: Team,
    alice: User,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        attempt = domain.submit(
            mini_project=mini_project,
            team=team,
            by=alice,
            lab="serving",
            repository="https://github.com/alice/digits",
            commit="a" * 40,
        ).attempt
    attempt.refresh_from_db()
    assert (attempt.state, attempt.announced_at) == (State.QUEUED, None)


def test_a_broker_that_is_away_is_not_waited_for(
    no_broker: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One more try, not two seconds of them: a person is looking at the page."""
    tries = []
    connect = UnixDomainSocketConnection._connect

    def counted(self: UnixDomainSocketConnection) -> Any:
        tries.append(self)
        return connect(self)

    monkeypatch.setattr(UnixDomainSocketConnection, "_connect", counted)
    assert not dispatch.ring_grade()
    assert len(tries) <= 2


def test_nobody_knows_what_a_broker_that_is_away_has_heard(no_broker: None) -> None:
    assert dispatch.unanswered() is None
