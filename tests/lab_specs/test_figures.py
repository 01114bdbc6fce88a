"""Whatever stands in a figure is made to fit, and what fits is left alone."""

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab_specs.faults import UNSAFE
from lab_specs.figures import LABEL, LARGEST, NAMED_POINTS, POINTS, SENTENCE, SERIES, Figure, Series
from lab_specs.report import Outcome, Report

plain = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text())
numbers = st.one_of(
    st.floats(-1e15, 1e15), st.integers(-(10**15), 10**15), st.floats(-1e-11, 1e-11)
)
anything = st.recursive(
    st.one_of(
        plain, st.integers(300, 4000).map(lambda size: 10**size), st.just("1" * 9_000), numbers
    ),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner, max_size=3)),
    max_leaves=30,
)
many = st.one_of(anything, st.lists(numbers, max_size=450), st.lists(plain, max_size=450))
kinds = st.sampled_from(["lines", "points", "bars"])
serieses = st.builds(Series, name=anything, x=many, y=many)
figures = st.builds(
    Figure,
    id=anything,
    title=anything,
    x=anything,
    y=anything,
    kind=kinds,
    series=st.lists(serieses, max_size=15),
    says=anything,
)


def line(y: Any, x: Any = range(10_000)) -> Series:
    return Series(name="loss", x=x, y=y)


@settings(max_examples=15)
@given(figures)
def test_anything_fits(figure: Figure) -> None:
    words = [figure.title, figure.x, figure.y, *(each.name for each in figure.series)]
    assert all(len(text) <= LABEL for text in words)
    assert len(figure.says) <= SENTENCE
    assert not any(UNSAFE.search(text) or "\n" in text for text in [*words, figure.says])
    assert len(figure.series) <= SERIES
    for each in figure.series:
        assert len(each.x) == len(each.y) <= POINTS
        assert len({isinstance(x, str) for x in each.x}) <= 1
        told = [value for value in [*each.x, *each.y] if not isinstance(value, str)]
        assert all(type(value) in (int, float) and abs(value) <= LARGEST for value in told)
        assert all(math.isfinite(value) for value in told)
        assert all(isinstance(y, int | float) for y in each.y)


@settings(max_examples=15)
@given(figures)
def test_what_fits_stays_as_it_is(figure: Figure) -> None:
    assert Figure.model_validate(figure.model_dump()) == figure
    assert Figure.model_validate_json(figure.model_dump_json()) == figure
    # A database may keep a number by its value alone: 1.0 and 1 are the same to it.
    stored = json.loads(json.dumps(figure.model_dump(mode="json")))
    assert Figure.model_validate(stored).model_dump_json() == figure.model_dump_json()


@given(st.integers(1, 20_000))
def test_first_and_last_stay_and_order_is_kept(count: int) -> None:
    thin = line(range(1, count + 1), x=range(count))
    assert (thin.x[0], thin.x[-1]) == (0, count - 1)
    assert (thin.y[0], thin.y[-1]) == (1, count)
    assert len(thin.x) == min(count, POINTS)
    assert list(thin.x) == sorted(set(map(int, thin.x)))


def test_long_series_are_thinned_evenly() -> None:
    steps = np.diff([int(x) for x in line(range(10_000)).x])
    assert {*steps} == {25, 26}
    assert len(line(range(10_000)).x) == 400


@pytest.mark.parametrize(
    "odd", [None, True, "7", math.nan, math.inf, -math.inf, 10**400, [1], {}, 1e16]
)
def test_what_is_no_number_is_left_out(odd: object) -> None:
    assert line([1, odd, 0.5]) == Series(name="loss", x=[0, 2], y=[1, 0.5])


@pytest.mark.parametrize("odd", [None, math.nan, True, "", [], 10**400])
def test_a_point_needs_a_place(odd: object) -> None:
    assert line([1, 2, 3], x=[1, odd, 3]).y == (1, 3)


@pytest.mark.parametrize("odd", [None, 3, "1234", b"1234", {"a": 1}, True])
def test_a_series_that_is_none_is_empty(odd: object) -> None:
    assert line(odd).y == line([1], x=odd).y == ()


def test_one_named_place_names_all_and_few_fit() -> None:
    assert line([1, 2], x=[7, "best"]).x == ("7", "best")
    names = [f"trial {number}" for number in range(1_000)]
    assert line(range(1_000), x=names).x[-1] == "trial 999"
    assert len(line(range(1_000), x=names).x) == NAMED_POINTS


def test_numbers_are_short() -> None:
    assert line([np.float32(0.1), np.int64(3), 2.0, 1 / 3, -0.0, 1e-13, 10**15]).y == (
        *(0.1, 3, 2, 0.3333333, 0, 0, 10**15),
    )
    assert [type(y) for y in line([2.0, np.int64(3), -0.0]).y] == [int, int, int]


def test_texts_are_one_line_without_tricks() -> None:
    told = {"title": "a\n\x1b[2J\u202eb", "x": 3, "y": "\ud800", "kind": "bars", "series": ()}
    shown = Figure(id="A b/c", **told)
    assert (shown.id, shown.title, shown.x, shown.y) == ("a-b-c", "a \ufffd[2J\ufffdb", "3", "?")
    assert Figure(id="…", **told).id == "figure"


def test_a_report_of_before_has_no_figures() -> None:
    check = {"id": "a", "title": "A", "criterion": "c", "level": "l", "outcome": Outcome.PASSED}
    assert Report.model_validate({"checks": [check]}).figures == ()
