"""To GitHub and back in a real browser, which follows no form to where the pages do not allow."""

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from grader import github_tasks
from portal.courses.models import Course
from portal.github import setup
from portal.github.models import App, Errand, ErrandStatus
from portal.people.models import User
from tests.browser.conftest import Opened, shoot
from tests.browser.steps import sign_in, sign_out
from tests.browser.test_look import fits
from tests.hub.standin import StandIn
from tests.worlds import PASSWORD, person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LOOKS = [("phone", "dark"), ("desktop", "light")]


@pytest.fixture
def root() -> User:
    root = person("rosa", "Rosa Root")
    User.objects.filter(pk=root.pk).update(is_superuser=True, is_staff=True)
    return root


@pytest.fixture
def school(standin: StandIn, settings: Settings, live_server: LiveServer) -> StandIn:
    ada = standin.person("ada", "Ada Lovelace", "ada@example.org")
    standin.organisation("school", owners=[ada])
    standin.browsing = ada
    settings.GITHUB_URL, settings.GITHUB_API = standin.web, standin.api
    github_tasks._hub.cache_clear()  # its tokens were another stand-in's
    settings.PUBLIC_URL = live_server.url
    return standin


def work() -> None:
    for errand in Errand.objects.filter(status=ErrandStatus.WAITING):
        github_tasks.run_errand(errand_id=errand.pk)


def set_up(page: Page, base: str) -> None:
    """From the App's page to GitHub and back, with the keys fetched."""
    page.goto(f"{base}/github/")
    page.get_by_label("Organisation at GitHub").fill("school")
    page.get_by_label("Name of the App").fill("School portal")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Go on at").click()
    expect(page.get_by_text("Its keys are being fetched.")).to_be_visible()
    work()
    expect(page.get_by_text("speaks for this portal")).to_be_visible()
    work()
    expect(page.get_by_role("heading", name="Self-test")).to_be_visible()


def test_an_app_then_a_link_then_a_sign_in(
    root: User, school: StandIn, live_server: LiveServer, open_page: Opened
) -> None:
    base, page = live_server.url, open_page(ignore_https_errors=True)
    sign_in(page, base, "rosa", PASSWORD)
    set_up(page, base)
    expect(page.get_by_text("The App is installed nowhere")).to_be_visible()
    page.get_by_role("link", name="Account").click()
    page.get_by_role("button", name="Link GitHub").click()
    expect(page.get_by_text("You are ada at GitHub, and can sign in with it.")).to_be_visible()
    sign_out(page)
    page.get_by_role("button", name="Sign in with GitHub").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.goto(f"{base}/account/")
    page.get_by_role("button", name="Unlink").click()
    expect(page.get_by_text("is not linked to you any more")).to_be_visible()
    sign_out(page)
    school.consents = False
    page.get_by_role("button", name="Sign in with GitHub").click()
    expect(page.get_by_text("You stopped at GitHub")).to_be_visible()


@pytest.fixture(params=LOOKS, ids="-".join)
def look(request: pytest.FixtureRequest) -> tuple[str, str]:
    size, scheme = request.param
    return size, scheme


def test_how_it_looks(
    root: User,
    school: StandIn,
    live_server: LiveServer,
    open_page: Opened,
    look: tuple[str, str],
) -> None:
    base, name = live_server.url, "-".join(look)
    page = open_page(*look, ignore_https_errors=True)
    wide = []

    def picture(what: str) -> None:
        page.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")
        shoot(page, f"github-{what}-{name}")
        if not fits(page):
            wide.append(what)

    page.goto(f"{base}/login/")
    picture("login")
    sign_in(page, base, "rosa", PASSWORD)
    User.objects.filter(pk=root.pk).update(github_lost="rosa-the-root")
    page.goto(f"{base}/account/")
    picture("account")
    page.goto(f"{base}/account/password/")
    picture("password")
    page.goto(f"{base}/github/")
    picture("none")
    page.get_by_label("Organisation at GitHub").fill("school")
    page.get_by_role("button", name="Continue").click()
    picture("begin")
    set_up(page, base)
    school.install(school.world.apps[-1], school.world.accounts["school"])
    other = school.install(school.world.apps[-1], school.world.accounts["ada"])
    other.suspended_at = timezone.now()
    Course.objects.create(code="mlops", title="MLOps for everybody")
    Course.objects.create(code="other", title="Another course")
    school.world.apps[-1].permissions.pop("checks")
    setup.look_over(by=root)
    work()
    page.goto(f"{base}/github/")
    expect(page.get_by_text("It is suspended")).to_be_visible()
    picture("findings")
    page.get_by_label("MLOps for everybody").check()
    page.get_by_role("button", name="Keep this").click()
    expect(page.get_by_text("Kept: lecturers of these courses")).to_be_visible()
    expect(page.get_by_label("MLOps for everybody")).to_be_checked()
    App.objects.update(sealed="unreadable")
    Errand.objects.update(status="failed", ended_at=timezone.now(), fault="no_app")
    page.goto(f"{base}/github/")
    picture("failed")
    assert wide == []


def test_how_a_stranger_is_told(
    school: StandIn, live_server: LiveServer, open_page: Opened
) -> None:
    page = open_page("phone", "dark", ignore_https_errors=True)
    page.goto(f"{live_server.url}/login/github/callback/?state=x&code=y")
    shoot(page, "github-trouble-phone-dark")
    assert fits(page)
