"""What holds for every page: kind errors, a strict policy, nothing inline, no other host."""

import re
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.template.loader import render_to_string
from django.test import Client
from pytest_django.fixtures import Settings

TEMPLATES = sorted(Path(django_settings.BASE_DIR).glob("portal/**/templates/**/*.html"))
INLINE = re.compile(r"<style|\sstyle=|\son[a-z]+=|javascript:|<script(?![^>]*\ssrc=)")


def test_the_policy_allows_this_portal_only(client: Client, db: None) -> None:
    policy = client.get("/login/").headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_nothing_is_inline_and_nothing_comes_from_elsewhere(path: Path) -> None:
    text = path.read_text()
    assert INLINE.search(text) is None
    assert re.search(r"(src|href)=\"(https?:)?//", text) is None


def test_a_missing_page_is_told_kindly(client: Client, admin_user: object) -> None:
    client.force_login(admin_user)
    response = client.get("/attempts/1/")
    assert response.status_code == 404
    assert "There is nothing here for you" in response.content.decode()


@pytest.mark.parametrize("code", ["400", "403", "403_csrf", "404", "500"])
def test_error_pages_stand_without_a_request(code: str) -> None:
    page = render_to_string(f"{code}.html")
    assert "<h1>" in page
    assert 'href="/"' in page


def test_our_own_failure_is_told_as_ours(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*args: object, **kwargs: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("portal.people.views.SignIn.get_context_data", breaks)
    client.raise_request_exception = False
    response = client.get("/login/")
    assert response.status_code == 500
    assert "That was our mistake" in response.content.decode()


def test_a_nul_in_the_address_or_in_a_form_makes_no_sense(client: Client, db: None) -> None:
    answers = [
        client.get("/login/", {"next": "a\x00b"}),
        client.get("/login/?a%00b=c"),
        client.post("/login/", {"username": "ann\x00", "password": "x"}),
        client.post("/login/", "username=ann%00", content_type="application/x-www-form-urlencoded"),
    ]
    assert [each.status_code for each in answers] == [400] * 4
    assert "That request made no sense to us" in answers[0].content.decode()
    assert client.get("/login/", {"next": "/"}).status_code == 200


def test_a_stale_form_is_told_kindly(db: None) -> None:
    response = Client(enforce_csrf_checks=True).post("/login/", {"username": "a"})
    assert response.status_code == 403
    assert "The page was open for too long" in response.content.decode()


def test_sign_in_names_people_only_in_a_demonstration(
    client: Client, alice: object, settings: Settings
) -> None:
    del alice
    assert "<code>alice</code>" in client.get("/login/").content.decode()
    settings.DEMO = False
    assert "alice" not in client.get("/login/").content.decode()


def test_a_poll_after_the_session_has_ended_loads_the_page_anew(client: Client, db: None) -> None:
    response = client.get("/attempts/1/live/", headers={"HX-Request": "true"}, follow=True)
    assert response.headers["HX-Refresh"] == "true"
