"""The App's page: made, tested and forgotten by whoever runs the portal, and by nobody else."""

import html
import json
import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import time_machine
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from grader import github_tasks
from portal.github import setup
from portal.github.credentials import keys, oauth_client
from portal.github.models import App, Errand, ErrandStatus, Installation
from portal.github.views.app import OPTIONAL
from portal.people.models import User
from tests.factories import CourseFactory, UserFactory
from tests.hub.standin import StandIn
from tests.portal.test_every_page import complaints

pytestmark = pytest.mark.django_db
PAGE = "/github/"
PUBLIC = "https://portal.school.example"


@pytest.fixture
def root(client: Client) -> User:
    person = UserFactory(username="root", is_superuser=True, is_staff=True)
    client.force_login(person)
    return person


@pytest.fixture
def school(standin: StandIn, settings: Settings) -> StandIn:
    """An organisation whose owner sits at the browser."""
    ada = standin.person("ada")
    standin.organisation("school", owners=[ada])
    standin.browsing = ada
    settings.GITHUB_URL, settings.GITHUB_API = standin.web, standin.api
    settings.PUBLIC_URL = PUBLIC
    github_tasks._hub.cache_clear()  # its tokens were another stand-in's
    return standin


def shown(client: Client) -> str:
    return html.unescape(client.get(PAGE).content.decode())


def begin(client: Client, **fields: Any) -> HttpResponse:
    wanted = [name for name, _ in OPTIONAL]
    typed = {"organisation": "school", "name": "School portal", "wanted": wanted}
    return client.post("/github/new/", typed | fields)


def form_of(page: HttpResponse) -> tuple[str, dict[str, Any]]:
    """Where the page's form goes, and the manifest in it."""
    text = page.content.decode()
    (address,) = re.findall(r'action="(https://[^"]+)"', text)
    (manifest,) = re.findall(r'name="manifest" value="([^"]+)"', text)
    return html.unescape(address), json.loads(html.unescape(manifest))


def at_github(page: HttpResponse) -> str:
    """Press the button there; the path that the browser comes back by."""
    address, manifest = form_of(page)
    told = {"manifest": json.dumps(manifest)}
    answer = requests.post(address, told, allow_redirects=False, timeout=10)
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"].removeprefix("http://testserver")


def work() -> None:
    """A worker does what waits."""
    for _ in range(5):
        waiting = Errand.objects.filter(status=ErrandStatus.WAITING).first()
        if waiting is None:
            return
        github_tasks.run_errand(errand_id=waiting.pk)


def make(client: Client) -> App:
    client.get(at_github(begin(client)))
    work()
    return App.objects.get()


@pytest.mark.parametrize("path", ["", "new/", "made/", "test/", "forget/"])
def test_it_is_for_nobody_else(tina: User, client: Client, path: str) -> None:
    tina.is_staff = True
    tina.save()
    client.force_login(tina)
    assert client.get(PAGE + path).status_code == 404
    assert client.post(PAGE + path).status_code == 404
    assert f'href="{PAGE}"' not in client.get("/").content.decode()


def test_the_whole_way(root: User, school: StandIn, client: Client) -> None:
    assert f'href="{PAGE}"' in client.get("/").content.decode()
    assert "Set up the App" in shown(client)
    page = begin(client)
    policy = page.headers["Content-Security-Policy"]
    assert f"form-action 'self' {school.web}" in policy
    assert "csrfmiddlewaretoken" not in page.content.decode().partition("<main")[2]
    address, manifest = form_of(page)
    assert address.startswith(f"{school.web}/organizations/school/settings/apps/new?state=")
    assert manifest["hook_attributes"] == {"url": setup.hook_address(), "active": True}
    back = at_github(page)
    assert client.get(back).url == PAGE
    assert "Its keys are being fetched." in shown(client)
    work()
    app, made = App.objects.get(), school.world.apps[-1]
    assert (app.number, app.slug, app.name) == (made.number, "school-portal", "School portal")
    assert (app.made_by, oauth_client()) == (root, (made.client_id, made.client_secret))
    found = keys()
    assert found is not None
    assert (found.private_key, found.webhook_secret) == (made.pem, made.webhook_secret)
    text = shown(client)
    assert "The App is installed nowhere" in text
    assert f"{school.web}/github-apps/school-portal/installations/new" in text
    assert "GitHub knows the App as School portal, of school." in text


def test_no_secret_lies_in_an_errand(root: User, school: StandIn, client: Client) -> None:
    code = parse_qs(urlsplit(at_github(begin(client))).query)["code"][0]
    setup.made_at_github(code, by=root)
    work()
    made, app = school.world.apps[-1], App.objects.get()
    rows = json.dumps(list(Errand.objects.values_list("arguments", "answer", "facts")))
    for secret in (made.pem[60:100], made.client_secret, made.webhook_secret, code):
        assert secret not in rows
        assert secret not in app.sealed


def test_the_self_test_finds_what_is_there(root: User, school: StandIn, client: Client) -> None:
    app = make(client)
    org = school.world.account("school")
    ada = school.world.account("ada")
    assert org is not None
    assert ada is not None
    for name in ("one", "two"):
        school.repository(org, name, private=True)
    school.install(school.world.apps[-1], org)
    other = school.install(school.world.apps[-1], ada)
    other.suspended_at = timezone.now()
    assert client.post("/github/test/").url == PAGE
    work()
    text = shown(client)
    assert "It sees all of its repositories: 2 now." in text
    assert "It is suspended: nothing works there." in text
    app.refresh_from_db()
    assert app.checked_at is not None
    rows = {row.account: row.suspended_at for row in Installation.objects.all()}
    assert rows["school"] is None
    assert rows["ada"] is not None


def test_what_the_owner_changed_at_github_is_found(
    root: User, school: StandIn, client: Client
) -> None:
    make(client)
    at_hub = school.world.apps[-1]
    at_hub.permissions.pop("contents")
    at_hub.permissions["checks"] = "read"
    at_hub.events.remove("push")
    at_hub.hook_url = "https://elsewhere.example/"
    setup.look_over(by=root)
    work()
    missing = {each["what"] for each in App.objects.get().findings if each["ok"] is False}
    assert missing == {
        "Permission: Contents, read",
        "Address for messages",
        "Installations",
    }
    notes = {each["what"] for each in App.objects.get().findings if each["ok"] is None}
    assert "Permission: Checks, write" in notes


def test_an_app_that_was_deleted_at_github_is_found(
    root: User, school: StandIn, client: Client
) -> None:
    make(client)
    school.world.apps.clear()
    setup.look_over(by=root)
    work()
    assert "GitHub did not accept the portal's key." in shown(client)


def test_github_away_is_told_and_tried_again(root: User, school: StandIn, client: Client) -> None:
    make(client)
    school.fail("GET .*/app$", "unavailable")
    setup.look_over(by=root)
    work_once = Errand.objects.get(kind="selftest", status=ErrandStatus.WAITING)
    github_tasks.run_errand(errand_id=work_once.pk)
    text = shown(client)
    assert "GitHub itself failed, with status 503." in text
    assert "Asking GitHub" in text
    Errand.objects.update(next_try=timezone.now())
    work()
    assert "Asking GitHub" not in shown(client)


def test_a_code_that_is_used_up_is_told(root: User, school: StandIn, client: Client) -> None:
    back = at_github(begin(client))
    school.conversions.clear()
    client.get(back)
    work()
    text = shown(client)
    assert "GitHub tells an App's keys once, within an hour." in text
    assert "Set up the App" in text
    assert not App.objects.exists()


@pytest.mark.parametrize("state", ["", "wrong"])
def test_only_what_this_browser_started_makes_an_app(
    root: User, client: Client, state: str
) -> None:
    begin(client)
    assert client.get("/github/made/", {"code": "abc", "state": state}).url == PAGE
    assert "does not belong to a start in this browser" in shown(client)
    assert not Errand.objects.exists()


def test_a_start_counts_once_and_for_an_hour(root: User, client: Client) -> None:
    def state() -> str:
        return parse_qs(urlsplit(form_of(begin(client))[0]).query)["state"][0]

    told = {"code": "abc", "state": state()}
    with time_machine.travel(timezone.now() + timedelta(seconds=3601)):
        client.get("/github/made/", told)
        assert not Errand.objects.exists()
    told["state"] = state()
    client.get("/github/made/", told | {"code": "../../user"})
    assert "GitHub sent no code" in shown(client)
    told["state"] = state()
    for _ in "ab":
        client.get("/github/made/", told)
    assert Errand.objects.count() == 1


def test_a_second_app_is_refused(root: User, school: StandIn, client: Client) -> None:
    back = at_github(begin(client))
    make(client)
    assert begin(client).url == PAGE
    client.get(back)
    assert App.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"organisation": "../evil"}, "This cannot be a name at GitHub"),
        ({"name": "x" * 35}, "at most 34 characters"),
        ({"name": ""}, "This field is required"),
        ({"wanted": ["everything"]}, ""),
    ],
)
def test_what_cannot_be_is_refused(
    root: User, client: Client, fields: dict[str, Any], says: str
) -> None:
    page = begin(client, **fields)
    assert page.status_code == 422
    assert says in page.content.decode()


def test_one_s_own_account_and_less(root: User, client: Client, settings: Settings) -> None:
    settings.PUBLIC_URL = ""
    address, manifest = form_of(begin(client, organisation="", wanted=["actions"]))
    assert address.startswith("https://github.com/settings/apps/new?state=")
    assert set(manifest["default_permissions"]) == {"contents", "metadata", "actions"}
    assert "hook_attributes" not in manifest
    assert manifest["redirect_url"] == "http://testserver/github/made/"
    assert "PORTAL_PUBLIC_URL" in shown(client)


def test_forgetting_takes_its_name_and_all_its_keys(
    root: User, school: StandIn, client: Client
) -> None:
    make(client)
    client.post("/github/forget/", {"name": "another"})
    assert App.objects.exists()
    client.post("/github/forget/", {"name": "School portal"})
    assert (App.objects.count(), oauth_client()) == (0, None)
    assert "At GitHub it is still there" in shown(client)


def test_courses_are_let_in_and_out(root: User, client: Client) -> None:
    App.objects.create(number=1, slug="school", name="School", made_at=timezone.now())
    mlops, other = CourseFactory(title="MLOps"), CourseFactory(title="Another")
    at = {
        name: Installation.objects.create(number=number, account=name, seen_at=timezone.now())
        for number, name in enumerate(("school", "lab"))
    }
    at["lab"].courses.add(other)

    def ticked() -> list[str]:
        return re.findall(r'value="(\d+)"[^>]* checked', shown(client))

    assert ticked() == [str(other.pk)]
    sent = {f"courses-{at['school'].pk}": [mlops.pk, other.pk]}
    client.post("/github/courses/", sent)
    assert {name: set(row.courses.all()) for name, row in at.items()} == {
        "school": {mlops, other},
        "lab": set(),
    }
    client.post("/github/courses/", {f"courses-{at['lab'].pk}": ["999"]})
    assert "one of these courses is gone" in shown(client)
    assert at["school"].courses.count() == 2


def test_a_changed_key_of_the_portal_is_told(
    root: User, school: StandIn, client: Client, settings: Settings
) -> None:
    make(client)
    sealed = App.objects.get().sealed
    App.objects.update(sealed="A" + sealed[1:])
    assert "cannot read the App's keys any more" in shown(client)


def test_what_github_says_is_no_markup(root: User, school: StandIn, client: Client) -> None:
    make(client)
    school.world.apps[-1].name = "<script>alert(1)</script>"
    setup.look_over(by=root)
    work()
    page = client.get(PAGE).content.decode()
    assert "&lt;script&gt;alert(1)" in page
    assert complaints(page) == []
