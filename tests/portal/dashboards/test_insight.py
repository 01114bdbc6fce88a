"""What a lecturer is told of a class, and a student of their own way."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from lab_specs.report import Verdict
from portal.assessment.domain import decide
from portal.common.grids import Grid, Row
from portal.courses.domain import note_contact
from portal.courses.models import MiniProject
from portal.dashboards import insight
from portal.dashboards.progress import progress
from portal.submissions.classtable import class_table
from portal.submissions.models import Attempt
from portal.submissions.states import State
from tests.factories import AttemptFactory
from tests.worlds import CRITERIA, SHELF, World, criterion_of, crowd, hand_in, make_world, report

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(settings: Settings) -> World:
    settings.SHELF = SHELF
    return make_world(students=6, mini_projects=2)


@pytest.fixture
def project(world: World) -> MiniProject:
    return world.mini_projects[0]


def attempt(world: World, team: int, *places: int, number: int = 0) -> Attempt:
    """An attempt whose criteria reached the levels of these orders."""
    reached = dict(zip(CRITERIA, places, strict=True))
    names = ["not yet proficient", "proficient", "advanced", "expert"]
    now = timezone.now()
    return AttemptFactory(
        submission=hand_in(world, world.teams[team], world.mini_projects[0]),
        state=State.DONE,
        verdict=Verdict.PASSED if min(places) else Verdict.FAILED,
        levels={slug: names[place] for slug, place in reached.items()},
        report=report(reached).model_dump(mode="json"),
        queued_at=now - timedelta(seconds=45 + number),
        finished_at=now,
    )


def row(grid: Grid, name: str) -> list[object]:
    return list(next(each.numbers for each in grid.rows if each.name == name))


def test_levels_count_the_newest_work_and_what_was_decided(
    world: World, project: MiniProject
) -> None:
    attempt(world, 0, 0, 0, 0)
    newest = attempt(world, 0, 1, 2, 3)
    attempt(world, 1, 1, 1, 1)
    title = criterion_of(project, "interface").title
    [grid] = insight.level_grids(project)
    assert row(grid, title) == [0, 2, 0, 0]
    criterion = criterion_of(project, "interface")
    expert = criterion.levels.get(order=3)
    decide(
        team=world.teams[0],
        criterion=criterion,
        level=expert,
        by=world.lecturer,
        attempt=newest,
        comment="More than the checks can see.",
    )
    [grid] = insight.level_grids(project)
    assert row(grid, title) == [0, 1, 0, 1]


def test_checks_that_most_fail_come_first(world: World, project: MiniProject) -> None:
    attempt(world, 0, 0, 1, 1)
    attempt(world, 1, 0, 0, 1)
    grid = insight.failing_checks(project)
    counts = [numbers.numbers[0] for numbers in grid.rows]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] == 2
    assert counts[-1] == 1


def test_times_fall_into_their_buckets(world: World, project: MiniProject) -> None:
    assert "Half" not in insight.verdict_times(project).says
    for number in (0, 20, 3000):
        attempt(world, 0, 1, 1, 1, number=number)
    grid = insight.verdict_times(project)
    assert row(grid, "≤ 1 min") == [1]
    assert row(grid, "≤ 2 min") == [1]
    assert row(grid, "longer") == [1]
    assert "Half took at most 65 s" in grid.says


def test_who_is_at_risk_and_why(world: World, project: MiniProject) -> None:
    for _ in range(3):
        attempt(world, 0, 0, 1, 1)
    for places in ((0, 1, 1), (1, 0, 1), (0, 1, 1)):  # no check fails three times
        attempt(world, 1, *places)
    table = class_table(world.edition)
    risks = insight.at_risk(world.edition, project, table, now=timezone.now())
    reasons = {risk.name: " ".join(risk.reasons) for risk in risks}
    assert "3 attempts in a row fail: " in reasons["Alice Mertens"]
    assert "3 attempts" not in reasons.get("Charlie Dupont", "")
    idle = [risk for risk in risks if risk.team == world.teams[2].name]
    assert [risk.reasons[0].startswith("nothing handed in, and it was due") for risk in idle] == [
        True,
        True,
    ]
    later = world.mini_projects[1]
    early = timezone.now() - timedelta(days=30)
    assert insight.at_risk(world.edition, later, table, now=early) == []


def test_the_share_that_passes(world: World) -> None:
    done = attempt(world, 0, 0, 1, 2)
    shares = insight.passing_shares(world.edition, [done.pk])
    assert shares[done.pk] == pytest.approx(2 / 3)


def test_a_student_sees_each_attempt(world: World, project: MiniProject) -> None:
    attempt(world, 0, 0, 1, 1)
    attempt(world, 0, 1, 2, 3)
    attempt(world, 1, 3, 3, 3)
    [grid] = progress(project, [world.teams[0].pk])
    assert [list(each.numbers) for each in grid.rows] == [[0, 1, 1], [1, 2, 3]]
    assert grid.lines[1][1] == ["proficient", "advanced", "expert"]


@pytest.mark.parametrize("kind", ["bars", "columns", "heat", "steps"])
def test_a_figure_and_its_table_say_the_same(kind: str) -> None:
    rows = [Row("<b>one", [1, 0]), Row("two", [None, 1])]
    grid = Grid(
        "g", "G", "says", kind, ["a", "b"], rows, ["low", "high"] if kind == "steps" else ()
    )
    assert "template" not in grid.figure["layout"]
    assert grid.figure["data"]
    assert grid.lines[1][1][0] == "–"  # noqa: RUF001 - a dash is meant


def test_both_pages_cost_the_same_for_many(client: Client, world: World) -> None:
    client.force_login(world.lecturer)
    page = reverse("dashboards:insight", args=[world.edition.pk])
    attempt(world, 0, 0, 1, 2)
    counts = []
    for _ in range(2):
        client.get(page)
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(page, {"project": "no number"})
        assert answer.status_code == 200
        counts.append(len(captured))
        crowd(world)
    assert counts[0] == counts[1] < 40


def test_the_figures_script_is_found_and_nothing_else_of_its_package(client: Client) -> None:
    from django.contrib.staticfiles import finders  # noqa: PLC0415

    assert finders.find("plotly/plotly.min.js")
    assert finders.find("plotly/widgetbundle.js") is None
    assert finders.find("plotly/../plotly.min.js") is None


@pytest.mark.rule("HOG-13")
def test_teams_that_hand_in_the_same_files_are_told(world: World, project: MiniProject) -> None:
    for team, tree in enumerate(("a", "b", "a", None, None)[: len(world.teams)]):
        attempt(world, team, 1, 1, 1)
        Attempt.objects.filter(submission__team=world.teams[team]).update(
            provenance={"source": {"tree": tree}} if tree else {}
        )
    assert insight.same_files(project) == [[world.teams[0].name, world.teams[2].name]]


@pytest.mark.rule("HOG-35")
def test_who_is_at_risk_stands_with_the_last_contact(world: World, project: MiniProject) -> None:
    MiniProject.objects.filter(pk=project.pk).update(deadline=timezone.now())
    table = class_table(world.edition)
    first, second = table.rows[:2]
    note_contact(
        edition=world.edition, username=first.username, by=world.lecturer, says="Ill until May"
    )
    found = insight.at_risk(world.edition, project, table, now=timezone.now())
    contacts = {each.username: each.contacted_at for each in found}
    assert contacts[first.username]
    assert contacts[second.username] is None
