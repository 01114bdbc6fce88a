"""Signing in with GitHub: for who proved an account there, and for nobody else."""

import base64
import hashlib
import io
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import parse_qs

import pytest
import requests
import time_machine
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.test import Client
from pytest_django.fixtures import Settings

from portal.people.models import User
from portal.people.troubles import Trouble
from portal.people.with_github import AT_GITHUB
from tests.factories import UserFactory
from tests.portal.people.hub import TOKEN, Hub, answer, come_back, leave

pytestmark = pytest.mark.django_db
STATES = "socialaccount_states"


@pytest.fixture
def ann() -> User:
    return UserFactory(username="ann", github_id=7, github_login="ann-at-hub")


def signed_in(client: Client) -> str:
    return str(client.session.get("_auth_user_id", ""))


def test_who_proved_an_account_gets_in_with_it(ann: User, hub: Hub, client: Client) -> None:
    assert "Sign in with GitHub" in client.get("/login/").content.decode()
    told = leave(client, next="/calendar/")
    assert (told["client_id"], told["scope"], told["response_type"]) == ("Iv1.tests", "", "code")
    assert told["redirect_uri"] == "http://testserver/login/github/callback/"
    back = come_back(client, told)
    assert (back.status_code, back.url) == (302, "/calendar/")
    assert signed_in(client) == str(ann.pk)
    exchange, profile = hub.asked
    sent = {name: value[0] for name, value in parse_qs(exchange.body).items()}
    proof = base64.urlsafe_b64encode(hashlib.sha256(sent["code_verifier"].encode()).digest())
    assert (proof.decode().rstrip("="), told["code_challenge_method"]) == (
        told["code_challenge"],
        "S256",
    )
    assert (sent["code"], sent["client_secret"]) == ("c0de", "not-much-of-a-secret")
    assert (profile.method, profile.url) == ("GET", "https://api.github.com/user")
    assert profile.headers["Authorization"] == f"Bearer {TOKEN}"


def test_nothing_of_github_is_kept(ann: User, hub: Hub, client: Client) -> None:
    come_back(client, leave(client))
    assert SocialAccount.objects.count() == SocialToken.objects.count() == 0
    assert TOKEN not in repr(dict(client.session.items()))


def test_a_new_session_begins(ann: User, hub: Hub, client: Client) -> None:
    told = leave(client)
    before = client.cookies["sessionid"].value
    come_back(client, told)
    assert client.cookies["sessionid"].value != before


def test_an_account_that_nobody_proved_makes_nobody(hub: Hub, client: Client) -> None:
    UserFactory(username="bob", github_login="ann-at-hub")  # a list says so, nothing more
    back = come_back(client, leave(client))
    page = back.content.decode()
    assert back.status_code == 403
    assert "people come from a course&#x27;s list" in page
    assert "Sign in with your university name" in page
    assert "<code>ann-at-hub</code>" in page
    assert signed_in(client) == ""
    assert User.objects.count() == 1


def test_who_may_not_sign_in_may_not_with_github(ann: User, hub: Hub, client: Client) -> None:
    User.objects.update(is_active=False)
    back = come_back(client, leave(client))
    assert (back.status_code, signed_in(client)) == (403, "")
    assert Trouble.CLOSED.happened in back.content.decode()


def test_staff_still_prove_their_second_factor(
    tina: User, hub: Hub, client: Client, settings: Settings
) -> None:
    settings.STAFF_TWO_FACTOR = True
    User.objects.filter(pk=tina.pk).update(github_id=7)
    back = come_back(client, leave(client))
    assert client.get(back.url).url == "/second-factor/?next=%2F"
    assert client.get("/account/").url == "/second-factor/?next=%2Faccount%2F"
    assert client.post("/account/github/").url == "/second-factor/?"


def test_a_new_name_at_github_is_learnt(ann: User, hub: Hub, client: Client) -> None:
    claims = UserFactory(username="cas", github_login="ANN-new")
    other = UserFactory(username="dan", github_id=8, github_login="ann-new")  # renamed
    hub.is_(7, "Ann-New")
    come_back(client, leave(client))
    for each in (ann, claims, other):
        each.refresh_from_db()
    assert (ann.github_login, claims.github_login, claims.github_lost) == ("Ann-New", "", "ANN-new")
    assert (other.github_login, other.github_id, other.github_lost) == ("", 8, "")


@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_nobody_is_sent_elsewhere(ann: User, hub: Hub, client: Client, wanted: str) -> None:
    assert come_back(client, leave(client, next=wanted)).url == "/"


def test_no_link_asks_github_for_more(client: Client) -> None:
    told = leave(client, "/login/github/?scope=repo&auth_params=scope%3Drepo&process=connect")
    assert told["scope"] == ""
    ((state, *_),) = client.session[STATES].values()
    assert state["process"] == "login"


def test_only_a_form_starts_it(client: Client) -> None:
    assert client.get("/login/github/").status_code == 405
    assert STATES not in client.session


def test_who_is_in_already_goes_home(ann: User, client: Client) -> None:
    client.force_login(ann)
    assert client.post("/login/github/").url == "/"


@pytest.mark.parametrize("state", ["", "wrong", "{of somebody else}"])
def test_only_what_this_browser_started_counts(
    ann: User, hub: Hub, client: Client, state: str
) -> None:
    told = leave(client)
    if state.startswith("{"):
        state = leave(Client())["state"]
    back = come_back(client, told, state=state)
    assert (back.status_code, signed_in(client), hub.asked) == (403, "", [])
    assert Trouble.STALE.happened in back.content.decode()


def test_a_start_counts_once_and_for_ten_minutes(ann: User, hub: Hub, client: Client) -> None:
    with time_machine.travel(datetime(2026, 10, 1, 9, tzinfo=UTC), tick=False) as clock:
        told = leave(client)
        come_back(client, told)
        assert come_back(client, told).status_code == 403
        client.post("/logout/")
        told = leave(client)
        clock.shift(601)
        assert come_back(client, told).status_code == 403
    assert signed_in(client) == ""


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        ("access_denied", Trouble.CANCELLED),
        ("redirect_uri_mismatch", Trouble.REFUSED),
        ("<script>", Trouble.REFUSED),
    ],
)
def test_what_github_says_no_to_is_told(
    ann: User, hub: Hub, client: Client, error: str, trouble: Trouble
) -> None:
    told = leave(client)
    back = client.get("/login/github/callback/", {"error": error, "state": told["state"]})
    page = back.content.decode()
    assert (back.status_code, signed_in(client), hub.asked) == (403, "", [])
    assert trouble.happened in page
    assert trouble.next_step in page
    assert "<script>" not in page.replace("<script src", "")


DOWN = requests.ConnectionError("no way to host")
NO_TOKEN = {"error": "bad_verification_code", "error_description": "expired"}


@pytest.mark.parametrize(
    ("step", "given", "trouble"),
    [
        ("token", answer(502, "<html>unicorn"), Trouble.BROKEN),
        ("token", answer(200, NO_TOKEN), Trouble.REFUSED),
        ("token", answer(200, "", {}), Trouble.BROKEN),
        ("token", answer(200, "[1, 2]"), Trouble.REFUSED),
        ("token", answer(200, "7"), Trouble.BROKEN),
        ("token", answer(200, "{"), Trouble.BROKEN),
        ("token", answer(200, {"access_token": ["x"]}), Trouble.BROKEN),
        ("token", answer(302, "", {"Location": "https://evil.example/"}), Trouble.BROKEN),
        ("token", answer(307, "", {"Location": "https://evil.example/"}), Trouble.BROKEN),
        ("token", answer(404, "{}"), Trouble.REFUSED),
        ("token", requests.ReadTimeout("slow"), Trouble.UNREACHABLE),
        ("token", DOWN, Trouble.UNREACHABLE),
        ("profile", DOWN, Trouble.UNREACHABLE),
        ("profile", answer(401, {"message": "Bad credentials"}), Trouble.REFUSED),
        ("profile", answer(403, "", {"X-RateLimit-Remaining": "0"}), Trouble.BUSY),
        ("profile", answer(429, ""), Trouble.BUSY),
        ("profile", answer(500, ""), Trouble.BROKEN),
        ("profile", answer(200, "not json"), Trouble.BROKEN),
        ("profile", answer(200, "[]"), Trouble.BROKEN),
        ("profile", answer(200, {"id": 7}), Trouble.BROKEN),
        ("profile", answer(200, {"id": 2**63, "login": "ann"}), Trouble.BROKEN),
        ("profile", answer(200, {"id": 0, "login": "ann"}), Trouble.BROKEN),
        ("profile", answer(200, {"id": 7, "login": "a" * 40}), Trouble.BROKEN),
        ("profile", answer(200, {"id": 7, "login": "<b>"}), Trouble.BROKEN),
    ],
)
def test_whatever_github_answers_there_is_a_page_in_words(
    ann: User, hub: Hub, client: Client, step: str, given: object, trouble: Trouble
) -> None:
    setattr(hub, step, given)
    told = leave(client)
    back = come_back(client, told)
    page = back.content.decode()
    assert (back.status_code, signed_in(client)) == (trouble.status, "")
    for words in trouble[:3]:
        assert words.replace("'", "&#x27;") in page
    assert not any("evil" in request.url for request in hub.asked)


def test_a_slow_github_keeps_few_pages_waiting(ann: User, hub: Hub, client: Client) -> None:
    told = leave(client)
    for _ in range(3):
        assert AT_GITHUB.acquire(blocking=False)
    try:
        slow = come_back(client, told)
    finally:
        AT_GITHUB.release(3)
    assert (slow.status_code, hub.asked) == (503, [])
    assert "Load this page again" in slow.content.decode()
    assert come_back(client, told).url == "/"
    for _ in range(3):
        assert AT_GITHUB.acquire(blocking=False)  # whoever came back has gone on
    AT_GITHUB.release(3)


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What this process writes to its log."""
    (handler,) = (h for h in logging.getLogger().handlers if type(h) is logging.StreamHandler)
    stream = io.StringIO()
    before = handler.setStream(stream)
    yield stream
    handler.setStream(before)


def test_no_secret_reaches_the_log(
    ann: User, hub: Hub, client: Client, written: io.StringIO
) -> None:
    hub.profile = answer(500, TOKEN)
    come_back(client, leave(client))
    hub.token = answer(200, {"error": "not-much-of-a-secret", "error_uri": TOKEN})
    come_back(client, leave(client))
    assert "github_sign_in" in written.getvalue()
    for secret in (TOKEN, "not-much-of-a-secret", "c0de"):
        assert secret not in written.getvalue()


def test_starting_again_and_again_is_slowed_down(ann: User, hub: Hub, client: Client) -> None:
    with time_machine.travel(datetime(2026, 10, 1, 9, tzinfo=UTC), tick=False):
        for _ in range(60):
            assert client.post("/login/github/").status_code == 302
        slow = client.post("/login/github/")
        assert (slow.status_code, slow.headers["Retry-After"]) == (429, "3")
        assert "Nothing is locked" in slow.content.decode()


def test_a_whole_class_gets_in_from_one_address(ann: User, hub: Hub) -> None:
    with time_machine.travel(datetime(2026, 10, 1, 9, tzinfo=UTC), tick=False):
        for _ in range(62):
            client = Client()
            assert come_back(client, leave(client)).url == "/"


def test_without_a_client_nobody_is_asked(client: Client, ann: User, settings: Settings) -> None:
    settings.GITHUB_CLIENT_ID = ""
    assert "GitHub" not in client.get("/login/").content.decode()
    assert client.post("/login/github/").status_code == 404
    assert client.get("/login/github/callback/").status_code == 404
    client.force_login(ann)
    assert client.post("/account/github/").status_code == 404
    assert "no sign-in with GitHub" in client.get("/account/").content.decode()


def test_a_github_of_ones_own_is_asked(
    ann: User, hub: Hub, client: Client, settings: Settings
) -> None:
    settings.GITHUB_URL = "https://git.school.example"
    settings.GITHUB_API = "https://git.school.example/api/v3"
    page = client.get("/login/")
    assert (
        "form-action 'self' https://git.school.example" in page.headers["Content-Security-Policy"]
    )
    away = client.post("/login/github/").url
    assert away.startswith("https://git.school.example/login/oauth/authorize?")
    state = parse_qs(away.partition("?")[2])["state"][0]
    client.get("/login/github/callback/", {"code": "c", "state": state})
    assert [each.url for each in hub.asked] == [
        "https://git.school.example/login/oauth/access_token",
        "https://git.school.example/api/v3/user",
    ]
