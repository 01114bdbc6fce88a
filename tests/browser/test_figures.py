"""Figures come with the verdict: drawn, told in tables, and read by nobody as more than text."""

import pytest
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from lab_specs.figures import Figure, Series
from lab_specs.report import Verdict
from portal.submissions import domain
from portal.submissions.states import LIVE, State
from tests.browser import steps
from tests.browser.conftest import Opened
from tests.browser.test_look import fits
from tests.claims import take
from tests.factories import AttemptFactory
from tests.worlds import PASSWORD, SHELF, hand_in, judged, levels, make_world, report

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

REACHED = {"interface": 2, "predictions": 3, "care": 1}
TRICK = '<b><a href="//e">y</a>'  # as long as the name of a place may be
STEPS = range(1_000)
SHOWN = (
    Figure(
        id="loss",
        title="Loss while training",
        x="step",
        y="loss",
        kind="lines",
        series=[
            Series(name="train", x=STEPS, y=[2 / (1 + step / 50) for step in STEPS]),
            Series(name=TRICK, x=[0.5, 500, 999], y=[2, float("nan"), 1.5]),
        ],
    ),
    Figure(
        id="digits",
        title="Right per digit",
        x=TRICK,
        y="share",
        kind="bars",
        series=[Series(name="right", x=[TRICK, *map(str, range(9))], y=[0.9] * 10)],
    ),
)


def grade(attempt_id: int) -> None:
    token = take(attempt_id, "browser-test", 300)
    for state in LIVE[2:]:
        assert domain.advance(attempt_id=attempt_id, token=token, to_state=state)
    assert domain.record(
        attempt_id=attempt_id,
        token=token,
        verdict=Verdict.PASSED,
        report=report(REACHED).model_copy(update={"figures": SHOWN}),
        levels=levels(REACHED),
    )


@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_figures_come_with_the_verdict(
    live_server: LiveServer, open_page: Opened, settings: Settings, size: str
) -> None:
    settings.SHELF = SHELF
    world = make_world(students=2, mini_projects=1)
    without = judged(hand_in(world, world.teams[0], world.mini_projects[0], days_ago=1))
    attempt = AttemptFactory(
        submission=hand_in(world, world.teams[0], world.mini_projects[0]), state=State.QUEUED
    )
    page = open_page(size)
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    steps.sign_in(page, live_server.url, "alice", PASSWORD)
    page.goto(f"{live_server.url}/attempts/{without.pk}/")
    page.goto(f"{live_server.url}/attempts/{attempt.pk}/")
    assert not [url for url in fetched if "plotly" in url]
    grade(attempt.pk)
    plots = page.locator(".plot")
    for at, drawn in enumerate((".scatterlayer .trace", ".barlayer .point")):
        expect(plots.nth(at).locator(drawn).first).to_be_attached(timeout=15_000)
    expect(plots.first).to_contain_text(TRICK)
    expect(plots.nth(1).locator(".xtick").first).to_contain_text(TRICK)
    assert page.locator(".plot a, .plot b").count() == 0
    assert len([url for url in fetched if "plotly.min.js" in url]) == 1
    assert fits(page)
    _tables(page)
    bare = open_page(size, java_script_enabled=False, storage_state=page.context.storage_state())
    bare.goto(page.url)
    expect(bare.locator(".plot").first).to_be_hidden()
    _tables(bare)


def _tables(page: Page) -> None:
    """The same numbers, by keyboard."""
    folded = page.locator("#figures ~ section summary")
    expect(folded).to_have_count(2)
    folded.first.focus()
    page.keyboard.press("Enter")
    table = page.get_by_role("table").filter(has_text="400 of 401 rows")
    expect(table.get_by_role("row").nth(1)).to_have_text("02–")  # noqa: RUF001 - a dash is meant
    expect(table.get_by_role("columnheader")).to_have_text(["step", "train", TRICK])
