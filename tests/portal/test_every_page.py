"""What every rendered page holds to: strict headers, nothing inline, nothing from elsewhere."""

from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from portal.people.models import User
from portal.submissions import domain
from portal.submissions.models import Attempt, Submission
from tests.factories import UserFactory
from tests.portal.test_access import PEOPLE, TABLE, admin_paths, as_one
from tests.worlds import SHELF

pytestmark = pytest.mark.slow

HOSTILE = """<script>alert(1)</script><img src=x onerror=alert(2)>"' onclick="alert(3)" """
LOADING = {"src", "srcset", "action", "formaction", "data", "poster", "hx-get", "hx-post"}
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
POLICY = {
    "default-src": "'self'",
    "img-src": "'self' data:",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}

# Pages whose forms may lead to GitHub; a browser follows no form there from any other.
TO_GITHUB = {
    "/login/",
    "/login/github/",
    "/login/github/callback/",
    "/account/",
    "/account/github/",
}


class Complaints(HTMLParser):
    """Reads a page and notes what the policy of the portal would forbid."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.open_form: list[str] | None = None  # names of the fields of a form that sends

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "style" or (tag == "script" and "src" not in given and not data(given)):
            self.found.append(f"inline <{tag}>")
        for name, value in given.items():
            if name.startswith(("on", "hx-on")) or name == "style":
                self.found.append(f"{name}={value!r} at <{tag}>")
            loads = name in LOADING or (tag == "link" and name == "href")
            if loads and urlsplit(value).netloc:
                self.found.append(f"<{tag}> loads from {value}")
            if value.strip().lower().startswith(("javascript:", "vbscript:")):
                self.found.append(f"<{tag}> runs {value}")
        if tag == "form" and given.get("method", "get").lower() == "post":
            self.open_form = []
        if tag == "input" and self.open_form is not None:
            self.open_form.append(given.get("name", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self.open_form is not None:
            if "csrfmiddlewaretoken" not in self.open_form:
                self.found.append("a form without its token")
            self.open_form = None


def data(attributes: dict[str, str]) -> bool:
    """Whether a script element only holds data, which no browser runs."""
    return attributes.get("type") == "application/json"


def complaints(page: str) -> list[str]:
    parser = Complaints()
    parser.feed(page)
    return parser.found


def leads(answer: HttpResponse, path: str) -> bool:
    """Whether a form of this answer may; a page asked for without signing in is not shown."""
    asks = answer.status_code == 302 and answer.headers["Location"].startswith("/login/")
    return path in TO_GITHUB and not asks


def assert_strict(answer: HttpResponse, path: str) -> None:
    told = {name: answer.headers.get(name) for name in HEADERS}
    assert told == HEADERS, path
    policy = answer.headers["Content-Security-Policy"]
    expected = POLICY | (
        {"form-action": "'self' https://github.com"} if leads(answer, path) else {}
    )
    assert dict(part.strip().split(" ", 1) for part in policy.split(";")) == expected, path
    permissions = answer.headers["Permissions-Policy"]
    assert all(f"{name}=()" in permissions for name in ("camera", "geolocation", "microphone"))
    if answer.headers.get("Content-Type", "").startswith("text/html"):
        assert complaints(answer.content.decode()) == [], path


@pytest.mark.parametrize(
    "page",
    [
        "<p onclick='x()'>",
        '<p style="color: red">',
        "<style>p {}</style>",
        "<script>alert(1)</script>",
        '<script src="https://cdn.example/x.js"></script>',
        '<img src="//elsewhere.example/x.png">',
        '<link rel="stylesheet" href="https://fonts.example/x.css">',
        '<form action="https://elsewhere.example/"></form>',
        '<a href=" JavaScript:alert(1)">x</a>',
        "<form method=post><input name=a></form>",
        '<div hx-get="https://elsewhere.example/">',
    ],
)
def test_the_reader_sees_what_it_looks_for(page: str) -> None:
    assert len(complaints(page)) == 1


def test_the_reader_lets_pass_what_is_fine() -> None:
    page = '<a href="https://github.com/a/b">x</a><script src="/static/x.js"></script>'
    form = '<form method="post"><input name="csrfmiddlewaretoken"></form><form><input></form>'
    assert complaints(page + form) == []


@pytest.fixture
def hostile(arguments: dict[str, tuple[int, ...]], settings: Settings, alice: User) -> None:
    """Whatever people can write stands on the pages."""
    settings.SHELF = SHELF
    attempt = Attempt.objects.get()
    domain.cancel(attempt=attempt, by=alice, reason=HOSTILE)
    Attempt.objects.update(log_tail=HOSTILE, worker=HOSTILE)
    Submission.objects.update(commit_title=HOSTILE[:200], ref=HOSTILE[:60], context=HOSTILE)
    User.objects.update(display_name=HOSTILE)


@pytest.mark.parametrize("who", PEOPLE)
def test_every_page_is_strict(
    who: str, arguments: dict[str, tuple[int, ...]], everybody: None, hostile: None
) -> None:
    seen = 0
    for name, rule in TABLE.items():
        path = reverse(name, args=arguments[rule.argument])
        for answer in (as_one(who).get(path), as_one(who).post(path, {"link": HOSTILE})):
            assert_strict(answer, path)
            seen += answer.headers.get("Content-Type", "").startswith("text/html")
    assert seen > 20


@pytest.mark.django_db
def test_the_admin_is_as_strict(client: Client, hostile: None) -> None:
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    shown = 0
    for path in admin_paths():
        answer = client.get(path)
        assert_strict(answer, path)
        shown += answer.status_code == 200
    assert shown > 15


@pytest.mark.parametrize("path", ["/nowhere/", "/attempts/999999/"])
def test_a_missing_page_is_as_strict(path: str, alice: User, client: Client) -> None:
    client.force_login(alice)
    assert_strict(client.get(path), path)
