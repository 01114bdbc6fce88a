"""The page of metrics is read strictly, and refused in words that help."""

import sys
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from lab_specs.kit import Failure, Reply
from tests.lab_specs.labs.judged import judged

GOOD = """\
# HELP requests_total All of them.
# TYPE requests_total counter
requests_total{outcome="ok"} 7
requests_total{outcome="with \\"quotes\\", a \\\\ and a \\n",b="2"} 1.5e3 1395066363000

# a comment
# TYPE took_seconds histogram
took_seconds_bucket{le="0.1"} 2
took_seconds_bucket{le="0.25"} 3.0
took_seconds_bucket{le="+Inf"} 4
took_seconds_sum 0.9
took_seconds_count 4
up 1
"""


@pytest.fixture(scope="module")
def lab() -> Iterator[SimpleNamespace]:
    with judged("monitoring", "demands") as demands:
        yield SimpleNamespace(
            demands=demands, client=sys.modules["client"], exposition=sys.modules["exposition"]
        )


def histogram(lab: SimpleNamespace, *counts: float, total: float = 1.0) -> object:
    bounds = ("0.1", "0.25", "+Inf")
    buckets = "".join(
        f't_bucket{{le="{bound}"}} {count}\n' for bound, count in zip(bounds, counts, strict=True)
    )
    page = lab.exposition.read(f"{buckets}t_sum {total}\nt_count {counts[-1]}\n")
    return lab.exposition.histogram(page, "t")


def test_a_good_page_is_read(lab: SimpleNamespace) -> None:
    page = lab.exposition.read(GOOD)
    assert page.kinds == {"requests_total": "counter", "took_seconds": "histogram"}
    assert page.value("requests_total", outcome="ok") == 7
    odd = {"outcome": 'with "quotes", a \\ and a \n', "b": "2"}
    assert page.value("requests_total", **odd) == 1500
    assert page.value("requests_total") is None
    assert page.value("up") == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("up 1", "does not end with a line feed"),
        ("up\n", "expected name"),
        ("up one\n", "no number"),
        ("up 1_0\n", "no number"),
        ("up 0x10\n", "no number"),
        ("2up 1\n", "expected name"),
        ("up 1 2 3\n", "expected name"),
        ("up{a=1} 1\n", "expected labels"),
        ('up{a="1" b="2"} 1\n', "expected labels"),
        ('up{a="1",a="2"} 1\n', "expected labels"),
        ('up{a="\\x"} 1\n', "expected labels"),
        ('up{a="1"} 1\nup{a="1"} 2\n', "twice"),
        ("up 1\n# TYPE up gauge\n", "before the first sample"),
        ("# TYPE up gauge\n# TYPE up gauge\n", "TYPE stands once"),
        ("# TYPE up number\n", "one of the format's types"),
        ("# HELP 1 x\n", "expected # HELP"),
        ("x" * 600_000, "larger than"),
    ],
)
def test_a_bad_page_is_refused(lab: SimpleNamespace, text: str, said: str) -> None:
    with pytest.raises(lab.exposition.FormatError, match=said):
        lab.exposition.read(text)


def test_a_type_after_a_part_of_its_metric_is_refused(lab: SimpleNamespace) -> None:
    text = "# TYPE t histogram\nt_sum 1\n# TYPE t histogram\n"
    with pytest.raises(lab.exposition.FormatError, match="TYPE stands once"):
        lab.exposition.read(text)


def test_a_histogram_is_read_with_its_bounds_as_written(lab: SimpleNamespace) -> None:
    found = lab.exposition.histogram(lab.exposition.read(GOOD), "took_seconds")
    assert found.bounds == ("0.1", "0.25", "+Inf")
    assert (found.counts, found.total, found.count) == ((2, 3, 4), 0.9, 4)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('{le="+Inf"} 4', '{le="9"} 4', "is missing"),
        ('{le="0.25"} 3.0', '{le="0.25"} 1', "do not add up"),
        ('{le="0.25"} 3.0', '{le="0.25"} NaN', "do not add up"),
        ("_count 4", "_count 5", "its bucket"),
        ("took_seconds_sum 0.9\n", "", "missing"),
        ("_sum 0.9", "_sum NaN", "no numbers"),
        ('{le="0.1"}', '{le="low"}', "the label le, a number"),
        ('{le="0.1"}', '{le="0.1",path="/"}', "no other"),
    ],
)
def test_an_incoherent_histogram_is_refused(
    lab: SimpleNamespace, old: str, new: str, said: str
) -> None:
    page = lab.exposition.read(GOOD.replace(old, new))
    with pytest.raises(lab.exposition.FormatError, match=said):
        lab.exposition.histogram(page, "took_seconds")


def test_endless_buckets_are_refused(lab: SimpleNamespace) -> None:
    lines = "".join(f't_bucket{{le="{bound}"}} 0\n' for bound in range(60))
    with pytest.raises(lab.exposition.FormatError, match="60 buckets"):
        lab.exposition.histogram(lab.exposition.read(lines), "t")


@pytest.mark.parametrize(
    ("counts", "total", "holds"),
    [
        ((3, 5, 5), 1.3, True),  # two below 0.1, two from 0.1 to 0.25
        ((3, 5, 5), 1.05, False),  # less than two times 0.1
        ((3, 5, 5), 300.0, False),  # milliseconds
        ((1, 1, 3), 60.0, True),  # beyond the last bound there is no most
        ((1, 1, 3), 1.4, False),
    ],
)
def test_a_sum_fits_its_buckets(
    lab: SimpleNamespace, counts: tuple[float, ...], total: float, *, holds: bool
) -> None:
    before, after = histogram(lab, 1, 1, 1), histogram(lab, *counts, total=total)
    assert lab.exposition.plausible(before, after) is holds


def test_growth_is_exact_and_has_one_label(lab: SimpleNamespace) -> None:
    name = lab.client.REQUESTS
    before = lab.exposition.read(f'{name}{{outcome="ok"}} 7\n')
    after = lab.exposition.read(f'{name}{{outcome="ok"}} 9\n{name}{{outcome="refused"}} 1\n')
    lab.client.demand_growth(before, after, name, {"ok": 2, "refused": 1}, "")
    with pytest.raises(Failure) as failure:
        lab.client.demand_growth(before, after, name, {"ok": 3}, "hint")
    assert "'ok': 2, 'refused': 1" in failure.value.actual
    with pytest.raises(Failure):  # a counter that fell
        lab.client.demand_growth(after, before, name, {}, "hint")
    labelled = lab.exposition.read(f'{name}{{outcome="ok",path="/"}} 9\n')
    with pytest.raises(Failure, match="no other"):
        lab.client.demand_growth(before, labelled, name, {"ok": 2}, "hint")


def test_another_content_type_is_no_page(lab: SimpleNamespace) -> None:
    reply = Reply(200, {"content-type": "application/json"}, "up 1\n", "GET /metrics")
    with pytest.raises(Failure, match="text/plain"):
        lab.exposition.page_of(reply)
    good = Reply(200, {"content-type": "text/plain; version=0.0.4"}, "up 1\n", "GET /metrics")
    assert lab.exposition.page_of(good).value("up") == 1


def test_series_that_are_missing_at_the_start_are_named(lab: SimpleNamespace) -> None:
    lines = [f'{lab.client.REQUESTS}{{outcome="{one}"}} 0\n' for one in lab.client.OUTCOMES]
    lines += [f'{lab.client.DIGITS}{{label="{label}"}} 0\n' for label in range(10)]
    lines += [f"{lab.client.SECONDS}_{part} 0\n" for part in ("sum", "count")]
    lab.demands.demand_zero(lab.exposition.read("".join(lines)))
    with pytest.raises(Failure, match=r"refused.* None"):
        lab.demands.demand_zero(lab.exposition.read("".join([lines[0], *lines[2:]])))
    warm = lines[0].replace(" 0", " 1")
    with pytest.raises(Failure, match=r"ok.* 1\.0"):
        lab.demands.demand_zero(lab.exposition.read("".join([warm, *lines[1:]])))
