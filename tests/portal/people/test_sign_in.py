"""Signing in: sessions, passwords, and what happens to those who guess."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client
from pytest_django.fixtures import Settings

from portal.courses.rules import Role
from portal.people.models import User
from tests.factories import EnrolmentFactory, UserFactory

PASSWORD = "gooseberry-kettle-41"
pytestmark = pytest.mark.django_db


@pytest.fixture
def ann() -> User:
    return User.objects.create_user("ann", password=PASSWORD)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(datetime(2026, 10, 1, 9, tzinfo=UTC), tick=False) as clock:
        yield clock


def sign_in(client: Client, password: str, address: str = "192.0.2.7", name: str = "ann") -> int:
    typed = {"username": name, "password": password}
    return client.post("/login/", typed, REMOTE_ADDR=address).status_code


def test_a_wrong_password_is_told_and_the_right_one_lets_in(ann: User, client: Client) -> None:
    assert sign_in(client, "wrong") == 200
    assert sign_in(client, PASSWORD) == 302


def test_who_guesses_is_slowed_down_in_words(
    ann: User, client: Client, clock: time_machine.Traveller
) -> None:
    assert [sign_in(client, "wrong") for _ in range(5)] == [200] * 5
    answer = client.post(
        "/login/", {"username": "ann", "password": PASSWORD}, REMOTE_ADDR="192.0.2.7"
    )
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "30"
    page = answer.content.decode()
    assert "Nothing is locked: wait 30 seconds" in page
    assert 'value="ann"' in page
    assert PASSWORD not in page
    assert "_auth_user_id" not in client.session
    clock.shift(30)
    assert sign_in(client, PASSWORD) == 302


def test_a_stranger_cannot_keep_somebody_out(
    ann: User, client: Client, clock: time_machine.Traveller
) -> None:
    stranger = Client()
    answers = [sign_in(stranger, "wrong", address="203.0.113.9") for _ in range(100)]
    assert answers == [200] * 5 + [429] * 95
    assert sign_in(client, PASSWORD, address="192.0.2.7") == 302


def test_one_address_cannot_go_through_all_names(
    ann: User, client: Client, clock: time_machine.Traveller
) -> None:
    answers = [sign_in(client, "wrong", name=f"student{n}") for n in range(70)]
    assert answers == [200] * 60 + [429] * 10


def test_a_whole_class_signs_in_from_one_address(
    ann: User, client: Client, clock: time_machine.Traveller
) -> None:
    assert [sign_in(Client(), PASSWORD) for _ in range(70)] == [302] * 70


def test_capital_letters_make_no_second_allowance(
    ann: User, client: Client, clock: time_machine.Traveller
) -> None:
    answers = [sign_in(client, "wrong", name=name) for name in ("ann", "Ann", "ANN") * 2]
    assert answers[-1] == 429


def test_a_session_is_a_new_one_after_signing_in(ann: User, client: Client) -> None:
    client.cookies["sessionid"] = "chosen-by-somebody-else-0123456"
    assert sign_in(client, PASSWORD) == 302
    cookie = client.cookies["sessionid"]
    assert cookie.value != "chosen-by-somebody-else-0123456"
    before = cookie.value
    client.post("/logout/")
    assert sign_in(client, PASSWORD) == 302
    assert client.cookies["sessionid"].value != before


def test_the_session_cookie_is_for_this_site_and_no_script(ann: User, client: Client) -> None:
    sign_in(client, PASSWORD)
    cookie = client.cookies["sessionid"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert cookie["max-age"] == 7 * 24 * 3600


def test_a_session_ends_after_a_week(ann: User, client: Client) -> None:
    with time_machine.travel(datetime(2026, 10, 1, 9, tzinfo=UTC), tick=False) as clock:
        sign_in(client, PASSWORD)
        clock.shift(7 * 24 * 3600 - 1)
        assert client.get("/").status_code == 200
        clock.shift(2)
        assert client.get("/").url.startswith("/login/")


@pytest.mark.parametrize(
    "password", ["short-1-two", "qwertyuiop12", "123456789012", "annabel-annabel"]
)
def test_a_weak_password_is_refused(password: str) -> None:
    with pytest.raises(ValidationError):
        validate_password(password, User(username="annabel-annabel"))


def test_a_long_password_is_taken() -> None:
    validate_password(PASSWORD, User(username="ann"))


def test_a_demonstration_names_its_people_once(client: Client, settings: Settings) -> None:
    settings.DEMO = True
    tina = UserFactory(username="tina")
    for _ in "ab":
        EnrolmentFactory(person=tina, role=Role.LECTURER)
    EnrolmentFactory(person=UserFactory(username="alice"))
    shown = [(name, role) for name, _, role in client.get("/login/").context["demo_people"]]
    assert shown == [("tina", "lecturer"), ("alice", "student")]
