"""Tokens: made once, shown once, ended at once."""

from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.api import tokens
from portal.api.models import Scope, Token
from portal.common.errors import Refused
from portal.people.models import User
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return UserFactory(username="ada")


def test_the_secret_is_not_stored(ada: User) -> None:
    token, secret = tokens.issue(person=ada, name="a script", scopes=["read"], days=30)
    assert secret.startswith("mlops_")
    assert len(secret) > 40
    assert not any(secret in str(value) for value in Token.objects.values_list()[0])
    found = tokens.find(secret)
    assert found == token
    assert tokens.find(secret[:-1]) is None
    assert tokens.find("") is None


def test_it_ends_by_itself_by_hand_and_with_its_owner(ada: User) -> None:
    _, first = tokens.issue(person=ada, name="ends", scopes=["read"], days=1)
    revoked, second = tokens.issue(person=ada, name="revoked", scopes=["read"], days=30)
    _, third = tokens.issue(person=ada, name="stays", scopes=["read"], days=30)
    assert tokens.revoke(token=revoked)
    assert not tokens.revoke(token=revoked)
    with time_machine.travel(timezone.now() + timedelta(days=1, seconds=1)):
        assert [tokens.find(secret) is not None for secret in (first, second, third)] == [
            False,
            False,
            True,
        ]
    ada.is_active = False
    ada.save()
    assert tokens.find(third) is None


def test_its_last_use_is_told_to_the_minute(ada: User) -> None:
    token, secret = tokens.issue(person=ada, name="a script", scopes=["read"], days=30)
    tokens.find(secret)
    token.refresh_from_db()
    first = token.used_at
    assert first is not None
    tokens.find(secret)
    token.refresh_from_db()
    assert token.used_at == first
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        tokens.find(secret)
    token.refresh_from_db()
    assert token.used_at is not None
    assert token.used_at > first


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"scopes": []}, "at least one"),
        ({"scopes": ["everything"]}, "at least one"),
        ({"name": " \x00 "}, "a name"),
        ({"days": 0}, "between one day"),
        ({"days": 400}, "between one day"),
    ],
)
def test_what_makes_no_sense_is_refused(ada: User, wrong: dict[str, object], words: str) -> None:
    given = {"name": "a script", "scopes": ["read"], "days": 30} | wrong
    with pytest.raises(Refused, match=words):
        tokens.issue(person=ada, **given)
    assert not Token.objects.exists()


def test_nobody_has_a_hundred_of_them(ada: User) -> None:
    for number in range(tokens.AT_MOST):
        tokens.issue(person=ada, name=f"script {number}", scopes=["read"], days=30)
    with pytest.raises(Refused, match="Revoke one"):
        tokens.issue(person=ada, name="one more", scopes=["read"], days=30)


def test_a_token_that_never_ends_cannot_be_stored(ada: User) -> None:
    now = timezone.now()
    with pytest.raises(IntegrityError, match="token_ends"):
        Token.objects.create(
            person=ada, name="x", scopes=[Scope.READ], digest="0", created_at=now, expires_at=now
        )


def test_the_page_shows_a_new_secret_once(client: Client, ada: User) -> None:
    client.force_login(ada)
    page = reverse("tokens")
    assert "You have no token" in client.get(page).text
    made = client.post(page, {"name": "my <b>script", "scopes": ["read", "submit"], "days": 30})
    assert made.headers["Cache-Control"].startswith("max-age=0")
    secret = made.text.split('class="secret">')[1].split("<")[0]
    token = tokens.find(secret)
    assert token is not None
    assert token.scopes == ["read", "submit"]
    again = client.get(page).text
    assert secret not in again
    assert "my &lt;b&gt;script" in again
    assert client.post(reverse("revoke-token", args=[token.pk])).status_code == 302
    assert tokens.find(secret) is None


def test_the_page_says_what_is_missing(client: Client, ada: User) -> None:
    client.force_login(ada)
    answer = client.post(reverse("tokens"), {"name": "x", "days": 30})
    assert answer.status_code == 422
    assert "Choose at least one thing" in answer.text
    assert not Token.objects.exists()
