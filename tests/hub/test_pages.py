"""Signing in by GitHub, and making an app of a manifest, as a browser does it."""

import base64
import hashlib
import json
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import github
import pytest
import requests

from tests.hub.school import PERMISSIONS, School

BACK = "https://portal.example.edu/back"
MANIFEST: dict[str, Any] = {
    "name": "Ünï portal",
    "url": "https://portal.example.edu",
    "hook_attributes": {"url": "https://portal.example.edu/hook", "active": True},
    "redirect_url": BACK,
    "default_permissions": PERMISSIONS,
    "default_events": ["push"],
    "public": False,
}


def told(answer: requests.Response) -> dict[str, str]:
    """What the address says to which the browser is sent."""
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(BACK)
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))


def consent(school: School, **words: str) -> requests.Response:
    query = {"client_id": school.app.client_id, "redirect_uri": BACK, "state": "s", **words}
    address = f"{school.hub.web}/login/oauth/authorize?{urlencode(query)}"
    return requests.get(address, allow_redirects=False, timeout=5)


def exchange(school: School, code: str, **words: str) -> dict[str, str]:
    form = {"client_id": school.app.client_id, "client_secret": school.app.client_secret}
    address = f"{school.hub.web}/login/oauth/access_token"
    headers = {"Accept": "application/json"}
    answer = requests.post(address, form | {"code": code} | words, headers=headers, timeout=5)
    assert answer.status_code == 200
    return answer.json()


def test_signing_in(school: School) -> None:
    school.hub.browsing = school.ada
    back = told(consent(school, scope="user:email"))
    assert back["state"] == "s"
    token = exchange(school, back["code"])["access_token"]
    assert school.github(token).get_user().login == "ada"
    assert exchange(school, back["code"])["error"] == "bad_verification_code"


def test_a_token_without_the_scope_tells_no_addresses(school: School) -> None:
    school.hub.browsing = school.ada
    token = exchange(school, told(consent(school))["code"])["access_token"]
    with pytest.raises(github.UnknownObjectException):
        list(school.github(token).get_user().get_emails())


def test_whoever_refuses_or_guesses_gets_no_token(school: School) -> None:
    assert told(consent(school))["error"] == "access_denied"
    school.hub.browsing, school.hub.consents = school.ada, False
    assert told(consent(school))["error"] == "access_denied"
    school.hub.consents = True
    assert consent(school, client_id="guess").status_code == 404
    school.app.callbacks.append(BACK)
    assert consent(school, redirect_uri="https://evil.example/").status_code == 404
    code = told(consent(school))["code"]
    wrong = exchange(school, code, client_secret="guess")
    assert wrong["error"] == "incorrect_client_credentials"


def test_the_proof_key_must_fit(school: School) -> None:
    school.hub.browsing = school.ada
    digest = hashlib.sha256(b"verifier").digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    for verifier, worked in (("guess", False), ("verifier", True)):
        code = told(consent(school, code_challenge=challenge))["code"]
        assert ("access_token" in exchange(school, code, code_verifier=verifier)) == worked


def make(school: School, manifest: dict[str, Any]) -> requests.Response:
    address = f"{school.hub.web}/organizations/school/settings/apps/new?state=s"
    form = {"manifest": json.dumps(manifest)}
    return requests.post(address, form, allow_redirects=False, timeout=5)


def test_an_app_of_a_manifest(school: School) -> None:
    school.hub.browsing = school.ada
    back = told(make(school, MANIFEST))
    assert back["state"] == "s"
    address = f"{school.hub.api}/app-manifests/{back['code']}/conversions"
    answer = requests.post(address, timeout=5)
    assert answer.status_code == 201
    school.app = school.hub.world.apps[-1]
    assert school.integration(pem=answer.json()["pem"]).get_app().name == "Ünï portal"
    assert school.app.hook_url == "https://portal.example.edu/hook"
    assert requests.post(address, timeout=5).status_code == 404, "a code works once"


@pytest.mark.parametrize(
    "wrong",
    [
        {"webhook": {}},
        {"default_permissions": {"check": "write"}},
        {"default_permissions": {"checks": "wirte"}},
        {"hook_attributes": {"active": True}},
    ],
)
def test_a_manifest_that_github_would_not_take(school: School, wrong: dict[str, Any]) -> None:
    school.hub.browsing = school.ada
    assert make(school, MANIFEST | wrong).status_code == 422
    assert school.hub.violations
    school.hub.violations.clear()
