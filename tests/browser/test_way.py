"""The student's and the lecturer's way in a real browser; a worker's part is played by the test."""

import re

import pytest
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from lab_specs.faults import Code
from lab_specs.report import Verdict
from portal.assessment.models import Assessment
from portal.submissions import domain
from portal.submissions.lookups import answer_lookup, fail_lookup
from portal.submissions.models import Attempt, Lookup
from portal.submissions.states import State
from tests.browser import steps
from tests.browser.conftest import Opened, shoot
from tests.claims import take
from tests.worlds import (
    LOG,
    PASSWORD,
    PHASES,
    PROVENANCE,
    SHELF,
    World,
    hand_in,
    judged,
    levels,
    make_world,
    report,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

COMMIT = "c0ffee00" * 5
REACHED = {"interface": 2, "predictions": 3, "care": 1}


@pytest.fixture
def world(settings: Settings) -> World:
    settings.SHELF = SHELF
    return make_world(students=4, mini_projects=2)


def grade(page: Page, attempt_id: int) -> None:
    """What a worker tells the portal, and what the page shows meanwhile, without a reload."""
    verdict = page.locator("#verdict")
    expect(verdict).to_have_text("Waiting")
    token = take(attempt_id, "browser-test", 300)
    expect(verdict).to_have_text("Fetching")
    for state, words in (
        (State.BUILDING, "Building"),
        (State.RUNNING, "Starting"),
        (State.JUDGING, "Checking"),
    ):
        assert domain.advance(attempt_id=attempt_id, token=token, to_state=state)
        domain.note_log(attempt_id=attempt_id, token=token, log_tail=f"{LOG}\n{words} now")
        expect(verdict).to_have_text(words)
        expect(page.locator("#log")).to_contain_text(f"{words} now")
        expect(page.locator("[aria-current=step]")).to_have_count(1)
    assert domain.record(
        attempt_id=attempt_id,
        token=token,
        verdict=Verdict.PASSED,
        report=report(REACHED),
        levels=levels(REACHED),
        phases=PHASES,
        provenance=PROVENANCE,
        log_tail=LOG,
    )


def test_from_a_link_to_a_confirmed_level(
    world: World, live_server: LiveServer, open_page: Opened
) -> None:
    base = live_server.url
    page = open_page()
    steps.sign_in(page, base, "alice", PASSWORD)
    steps.open_project(page, base, "Serve it")
    steps.look_up(page, "https://github.com/alice/digits", ref="main", context="serve")
    expect(page.get_by_role("heading", name="Looking up the commit")).to_be_visible()
    lookup = Lookup.objects.get()
    answer_lookup(lookup_id=lookup.pk, commit=COMMIT, commit_title="Load the model once")
    steps.confirm_commit(page, COMMIT)
    attempt = steps.attempt_shown(page)

    grade(page, attempt)
    assert steps.wait_for_verdict(page, seconds=15) == "Passed"
    expect(page).to_have_title(re.compile("^Passed"))
    expect(page.get_by_label("All attempts").get_by_text("Passed")).to_be_visible()
    care = page.get_by_role("region", name="Robustness")
    expect(care.get_by_text("Proposed: proficient")).to_be_visible()
    expect(care.get_by_text("status 500: Internal Server Error")).to_be_visible()
    shoot(page, "way-student-verdict")
    steps.sign_out(page)

    team = world.teams[0].name
    steps.sign_in(page, base, "tina", PASSWORD)
    steps.open_review(page, base, team)
    steps.confirm_level(page, "Interface")
    steps.confirm_level(page, "Predictions", level="advanced", comment="The demo was slow.")
    expect(page.locator("#progress")).to_have_text("2 of 4 criteria decided")
    steps.confirm_level(page, "Robustness")
    steps.confirm_level(page, "Report", level="expert")
    expect(page.locator("#progress")).to_have_text("4 of 4 criteria decided")
    shoot(page, "way-lecturer-reviewed")
    page.get_by_role("link", name="Back to the queue").click()
    expect(page.get_by_role("heading", name="Nothing to review")).to_be_visible()
    steps.sign_out(page)

    decided = Assessment.objects.values_list("criterion__slug", "level__name")
    assert dict(decided) == {
        "interface": "advanced",
        "predictions": "advanced",
        "care": "proficient",
        "report": "expert",
    }
    steps.sign_in(page, base, "alice", PASSWORD)
    expect(page.get_by_text("Done: your levels are confirmed.")).to_be_visible()
    shoot(page, "way-student-confirmed")


def test_a_link_that_fails_is_corrected_in_place(
    world: World, live_server: LiveServer, page: Page
) -> None:
    del world
    base = live_server.url
    steps.sign_in(page, base, "alice", PASSWORD)
    steps.open_project(page, base, "Serve it")
    steps.look_up(page, "https://github.com/alice/digits", ref="mian")
    expect(page.get_by_role("heading", name="Looking up the commit")).to_be_visible()
    facts = {"ref": "mian", "refs": ["main"]}
    fail_lookup(lookup_id=Lookup.objects.get().pk, code=Code.REF_NOT_FOUND, facts=facts)
    expect(page.get_by_text("There is no branch, tag or commit")).to_be_visible()
    expect(page.get_by_label("Branch, tag or commit")).to_have_value("mian")
    steps.look_up(page, "https://github.com/alice/digits", ref="main")
    expect(page.get_by_role("heading", name="Looking up the commit")).to_be_visible()
    answer_lookup(lookup_id=Lookup.objects.latest("pk").pk, commit=COMMIT)
    steps.confirm_commit(page, COMMIT)
    assert Attempt.objects.get().submission.ref == "main"


def test_an_override_without_a_comment_is_told_and_kept(
    world: World, live_server: LiveServer, page: Page
) -> None:
    work = hand_in(world, world.teams[0], world.mini_projects[0])
    attempt = judged(work)
    steps.sign_in(page, live_server.url, "tina", PASSWORD)
    page.goto(f"{live_server.url}/attempts/{attempt.pk}/review/")
    form = page.get_by_role("form", name="Interface")
    other = "expert" if attempt.levels["interface"] != "expert" else "advanced"
    form.get_by_role("radio", name=re.compile(f"^{other}")).check()
    form.get_by_role("button").press("Enter")
    expect(page.get_by_text("Say in a comment why")).to_be_visible()
    expect(form.get_by_role("radio", name=re.compile(f"^{other}"))).to_be_checked()
    expect(form.get_by_role("button")).to_be_focused()


def test_the_way_works_without_javascript(
    world: World, live_server: LiveServer, open_page: Opened
) -> None:
    del world
    page = open_page(java_script_enabled=False)
    base = live_server.url
    steps.sign_in(page, base, "alice", PASSWORD)
    steps.open_project(page, base, "Serve it")
    steps.look_up(page, "https://github.com/alice/digits")
    expect(page.get_by_role("heading", name="Looking up the commit")).to_be_visible()
    answer_lookup(lookup_id=Lookup.objects.get().pk, commit=COMMIT)
    steps.confirm_commit(page, COMMIT)
    expect(page.locator("#verdict")).to_have_text("Waiting")
    attempt = steps.attempt_shown(page)
    token = take(attempt, "browser-test", 300)
    domain.record(
        attempt_id=attempt, token=token, verdict=Verdict.REJECTED, fault=Code.NO_START_COMMAND
    )
    expect(page.locator("#verdict")).to_have_text("Could not run", timeout=15_000)
