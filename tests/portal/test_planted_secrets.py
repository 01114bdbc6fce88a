"""A secret that a failure carries reaches neither the page nor the log."""

import io
import logging
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import Client

from portal.people.models import User

TYPED = "typed-by-somebody-4711"
LINK = "https://alice:ghp_planted0123@github.com/alice/digits"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What this process writes to its log, as it is configured."""
    (handler,) = (h for h in logging.getLogger().handlers if type(h) is logging.StreamHandler)
    stream = io.StringIO()
    before = handler.setStream(stream)
    yield stream
    handler.setStream(before)


def secrets() -> list[str]:
    return [settings.SECRET_KEY, *settings.SIGNING_KEYS]


@pytest.mark.django_db
def test_a_failure_while_signing_in_shows_no_secret(
    client: Client, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*args: object, password: str = "", **kwargs: object) -> None:
        raise RuntimeError(f"the keys are {secrets()} for {LINK}", len(password))

    monkeypatch.setattr("django.contrib.auth.forms.authenticate", breaks)
    client.raise_request_exception = False
    answer = client.post("/login/", {"username": "ann", "password": TYPED})
    assert answer.status_code == 500
    assert "the keys are" in log.getvalue()
    for secret in (*secrets(), TYPED, "ghp_planted0123"):
        assert secret not in answer.content.decode()
        assert secret not in log.getvalue()


@pytest.mark.django_db
def test_a_refused_link_is_shown_but_not_logged(
    alice: User, mini_project: object, client: Client, log: io.StringIO
) -> None:
    client.force_login(alice)
    answer = client.post(f"/projects/{mini_project.pk}/", {"lab": "serving", "link": LINK})
    assert answer.status_code == 422
    assert log.getvalue()
    assert "ghp_planted0123" not in log.getvalue()
