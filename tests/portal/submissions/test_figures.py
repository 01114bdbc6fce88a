"""The figures of an attempt: drawn, told in a table, signed, and free of tricks."""

import json
import re
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from hypothesis import given, settings
from pytest_django.fixtures import Settings

from lab_specs.figures import FIGURES, Figure, Series
from lab_specs.report import Verdict
from portal.common.grids import MOST_LINES
from portal.courses.rules import Role
from portal.people.models import User
from portal.submissions import records
from portal.submissions.figures import grid_of, grids_of
from portal.submissions.models import Attempt, Submission
from portal.submissions.states import State
from tests.factories import AttemptFactory, EnrolmentFactory, UserFactory
from tests.lab_specs.test_figures import figures
from tests.worlds import SHELF, levels, report

REACHED = {"interface": 1, "predictions": 0, "care": 3}
TRICK = '<a href="https://evil.example">free marks</a></script><script>alert(1)</script>'


@pytest.fixture(autouse=True)
def _shelf(settings: Settings) -> None:
    settings.SHELF = SHELF


def figure(name: str = "loss", **other: Any) -> Figure:
    series = (
        Series(name="train", x=[1, 2, 4], y=[0.9, 0.5, 0.25]),
        Series(name="validation", x=[2, 3], y=[0.75, 0.625]),
    )
    told = {"title": "Loss while training", "x": "epoch", "y": "loss", "kind": "lines"}
    return Figure(id=name, **told | {"series": series} | other)


def graded(work: Submission, *shown: Figure) -> Attempt:
    told = report(REACHED).model_copy(update={"figures": shown})
    return AttemptFactory(
        submission=work,
        number=work.attempts.count() + 1,
        state=State.DONE,
        verdict=Verdict.FAILED,
        report=told.model_dump(mode="json"),
        levels=levels(REACHED),
    )


def page_of(client: Client, attempt: Attempt, name: str = "submissions:attempt") -> str:
    return client.get(reverse(name, args=[attempt.pk])).content.decode()


# What a page is told


def test_a_table_has_one_row_for_each_place() -> None:
    grid = grid_of(figure())
    assert [row.name for row in grid.rows] == [1, 2, 3, 4]
    assert grid.lines == [
        ("1", ["0.9", "–"]),  # noqa: RUF001 - a dash is meant
        ("2", ["0.5", "0.75"]),
        ("3", ["–", "0.625"]),  # noqa: RUF001
        ("4", ["0.25", "–"]),  # noqa: RUF001
    ]
    assert grid.figure["data"][1]["x"] == [2, 3]
    assert grid.figure["layout"]["xaxis"]["title"]["text"] == "epoch"


def test_places_that_occur_twice_stay_apart() -> None:
    cloud = Series(name="", x=[2, 1, 2], y=[1, 2, 3])
    grid = grid_of(figure(kind="points", series=(cloud,)))
    assert grid.lines == [("1", ["2"]), ("2", ["1"]), ("2", ["3"])]
    assert grid.columns == ["Series 1"]


def test_one_series_with_names_names_the_places_of_all() -> None:
    named = Series(name="b", x=["2024-01-01", "7"], y=[1, 2])
    grid = grid_of(figure(kind="bars", series=(Series(name="a", x=[7], y=[3]), named)))
    assert [row.name for row in grid.rows] == ["7", "2024-01-01"]
    assert grid.lines[0] == ("7", ["3", "2"])
    axis = grid.figure["layout"]["xaxis"]
    assert (axis["type"], list(axis["categoryarray"])) == ("category", ["7", "2024-01-01"])


def test_a_table_that_is_too_long_is_thinned_and_says_so(
    client: Client, work: Submission, alice: User
) -> None:
    odd, even = (Series(name=str(at), x=range(at, 800, 2), y=range(400)) for at in (0, 1))
    attempt = graded(work, figure(series=(odd, even)))
    [grid] = grids_of(attempt)
    assert len(grid.rows) == 800
    assert len(grid.lines) == MOST_LINES
    client.force_login(alice)
    assert f"{MOST_LINES} of 800 rows" in page_of(client, attempt)


@settings(max_examples=10)
@given(figures)
def test_anything_can_be_drawn(figure: Figure) -> None:
    grid = grid_of(figure)
    json.dumps(grid.figure, allow_nan=False)
    drawn = sum(len(trace["x"]) for trace in grid.figure["data"] if grid.kind != "columns")
    assert drawn == sum(len(each.x) for each in figure.series if grid.kind != "columns")
    assert all(len(cells) == len(figure.series) for _, cells in grid.lines)


def test_texts_are_shown_and_not_read() -> None:
    series = (Series(name=TRICK, x=[TRICK], y=[1]),)
    told = json.dumps(grid_of(figure(x=TRICK, y=TRICK, series=series)).figure)
    assert "<a" not in told
    assert "&lt;a" in told


# Pages


@pytest.mark.django_db
def test_a_page_shows_figures_with_their_tables(
    client: Client, work: Submission, alice: User
) -> None:
    shown = [figure(f"f{number}", title=TRICK, says=TRICK) for number in range(FIGURES)]
    attempt = graded(work, *shown)
    client.force_login(alice)
    page = page_of(client, attempt)
    assert page.count("data-figure=") == page.count("The same in numbers") == FIGURES
    assert '<th scope="row">3</th>' in page
    assert "data-plotly=" in page
    assert "<script>alert" not in page
    assert '<a href="https://evil' not in page
    ids = re.findall(r'id="([^"]+)"', page)
    assert len(ids) == len(set(ids))


@pytest.mark.django_db
def test_the_library_is_named_only_where_a_figure_may_come(
    client: Client, work: Submission, alice: User
) -> None:
    client.force_login(alice)
    page = page_of(client, graded(work))
    assert "plotly" not in page
    assert "Figures" not in page
    waiting = page_of(client, AttemptFactory(submission=work, number=2))
    assert "data-plotly=" in waiting
    assert '<script src="/static/plotly' not in waiting


@pytest.mark.django_db
def test_a_figure_without_numbers_says_so(client: Client, work: Submission, alice: User) -> None:
    attempt = graded(work, figure(series=(Series(name="a", x=[1], y=[float("nan")]),)))
    client.force_login(alice)
    assert "There are no numbers in it that could be drawn." in page_of(client, attempt)


@pytest.mark.django_db
def test_who_reviews_sees_the_same(client: Client, work: Submission) -> None:
    lecturer = UserFactory()
    edition = work.mini_project.edition
    EnrolmentFactory(edition=edition, person=lecturer, role=Role.LECTURER)
    client.force_login(lecturer)
    shown = figure(says="From `metrics.jsonl`.")
    page = page_of(client, graded(work, shown), "assessment:review")
    assert "<p>From <code>metrics.jsonl</code>.</p>" in page
    assert 'data-figure="figure-loss"' in page
    assert "data-plotly=" in page
    assert "plotly" not in page_of(client, graded(work), "assessment:review")


# Evidence


@pytest.mark.django_db
def test_a_figure_is_signed_and_an_attempt_of_before_holds(work: Submission) -> None:
    old, new = graded(work), graded(work, figure())
    del old.report["figures"]  # as it was stored before there were any
    old.save()
    for attempt in (old, new):
        records.add(attempt.pk)
        assert records.problems(attempt) == []
        assert grids_of(attempt) == [grid_of(figure())] * (attempt == new)
        call_command("audit_attempt", str(attempt.pk))
    new.report["figures"][0]["series"][0]["y"][0] = 0.1
    new.save()
    assert records.problems(new) == ["The row was changed since it was signed: report."]
