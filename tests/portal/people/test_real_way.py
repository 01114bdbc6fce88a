"""The whole way to GitHub and back, against the stand-in: no word of it is made up by a test."""

import pytest
import requests
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from portal.github.models import App
from portal.github.sealed import seal
from portal.people.models import User
from portal.people.troubles import Trouble
from tests.factories import UserFactory
from tests.hub import standin as hubs
from tests.hub.models import Account

pytestmark = pytest.mark.django_db
BACK = "http://testserver/login/github/callback/"


@pytest.fixture
def ada(standin: hubs.StandIn, settings: Settings) -> Account:
    """Ada sits at the browser; the portal has an App of hers, which its row tells of."""
    ada = standin.person("ada", "Ada Lovelace", "ada@example.org")
    app = standin.app("Portal", owner=ada, permissions={"contents": "read"}, callbacks=[BACK])
    secrets = {"private_key": app.pem, "webhook_secret": "", "client_secret": app.client_secret}
    App.objects.create(
        number=app.number,
        slug=app.slug,
        name=app.name,
        client_id=app.client_id,
        sealed=seal(secrets),
        made_at=timezone.now(),
    )
    settings.GITHUB_URL, settings.GITHUB_API = standin.web, standin.api
    standin.browsing = ada
    return ada


def go(client: Client, path: str = "/login/github/") -> HttpResponse:
    """Press the button, agree at GitHub, and come back."""
    away = client.post(path)
    at_github = requests.get(away.url, allow_redirects=False, timeout=10)
    assert at_github.status_code == 302, at_github.text
    back = at_github.headers["Location"]
    assert back.startswith(BACK)
    return client.get(back.removeprefix("http://testserver"))


def person(client: Client) -> str | None:
    return client.session.get("_auth_user_id")


def test_linked_by_the_app_then_signed_in_then_unlinked(
    ada: Account, standin: hubs.StandIn, client: Client
) -> None:
    ann = User.objects.create_user("ann", password="gooseberry-kettle-41", github_login="claim")
    client.force_login(ann)
    assert go(client, "/account/github/").url == "/account/"
    ann.refresh_from_db()
    assert (ann.github_id, ann.github_login) == (ada.number, "ada")
    client.post("/logout/")
    assert go(client).url == "/"
    assert person(client) == str(ann.pk)
    client.post("/account/github/unlink/")
    client.post("/logout/")
    assert go(client).status_code == 403
    assert person(client) is None
    asked = [(each.method, each.path) for each in standin.calls]
    assert asked == [("GET", "/user")] * 3
    assert all(token.scopes == () for token in standin.world.tokens.values())


def test_denied_there_nothing_happens_here(
    ada: Account, standin: hubs.StandIn, client: Client
) -> None:
    UserFactory(github_id=ada.number)
    standin.consents = False
    back = go(client)
    assert (back.status_code, person(client)) == (403, None)
    assert Trouble.CANCELLED.happened in back.content.decode()


def test_an_answer_to_another_browser_lets_nobody_in(ada: Account, client: Client) -> None:
    UserFactory(github_id=ada.number)
    away = Client().post("/login/github/")
    back = requests.get(away.url, allow_redirects=False, timeout=10).headers["Location"]
    answer = client.get(back.removeprefix("http://testserver"))
    assert (answer.status_code, person(client)) == (403, None)
    assert Trouble.STALE.happened in answer.content.decode()


def test_another_proof_key_gets_no_token(ada: Account, client: Client) -> None:
    UserFactory(github_id=ada.number)
    away = client.post("/login/github/")
    back = requests.get(away.url, allow_redirects=False, timeout=10).headers["Location"]
    session = client.session
    (kept,) = session["socialaccount_states"].values()
    kept[0]["pkce_code_verifier"] = "another"
    session.save()
    answer = client.get(back.removeprefix("http://testserver"))
    assert (answer.status_code, person(client)) == (403, None)
    assert Trouble.REFUSED.happened in answer.content.decode()


@pytest.mark.parametrize(
    ("pattern", "kind", "trouble"),
    [
        ("POST /login/oauth/access_token", "page", Trouble.BROKEN),
        ("POST /login/oauth/access_token", "closed", Trouble.UNREACHABLE),
        ("GET .*/user", "rate_limited", Trouble.BUSY),
        ("GET .*/user", "unauthorised", Trouble.REFUSED),
        ("GET .*/user", "cut", Trouble.BROKEN),
        ("GET .*/user", "unavailable", Trouble.BROKEN),
    ],
)
def test_what_fails_at_github_is_told(
    ada: Account,
    standin: hubs.StandIn,
    client: Client,
    pattern: str,
    kind: str,
    trouble: Trouble,
) -> None:
    UserFactory(github_id=ada.number)
    standin.fail(pattern, kind)
    back = go(client)
    assert [each for each, _ in standin.spoiled] == [kind]
    assert (back.status_code, person(client)) == (trouble.status, None)
    assert trouble.happened in back.content.decode()
