from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine

from portal.common.templatetags.portal import at, coded, left, span

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def test_a_moment_is_told_in_the_zone_of_the_edition() -> None:
    late = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
    assert at(late, ZoneInfo("Europe/Brussels")) == "Sat 21 Nov 2026, 00:30"
    assert at(late, ZoneInfo("UTC")) == "Fri 20 Nov 2026, 23:30"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, ""),
        (0.0, "0 s"),
        (0.42, "0.4 s"),
        (9.96, "10.0 s"),
        (59.9, "60 s"),
        (60, "1 min"),
        (125.2, "2 min 5 s"),
        (3_600, "1 h"),
        (5_430, "1 h 30 min"),
        (200_000, "2 days"),
    ],
)
def test_span(seconds: float | None, words: str) -> None:
    assert span(seconds) == words


@pytest.mark.parametrize(
    ("away", "words"),
    [
        (timedelta(days=3, hours=2), "3 days left"),
        (timedelta(hours=5, minutes=3, seconds=40), "5 h 3 min left"),
        (timedelta(seconds=30), "now"),
        (timedelta(minutes=-90), "1 h 30 min ago"),
    ],
)
def test_how_long_is_left(away: timedelta, words: str) -> None:
    with time_machine.travel(NOW, tick=False):
        assert left(NOW + away) == words


def test_backticks_become_code_and_nothing_else_becomes_anything() -> None:
    assert coded("use `<b>` & go") == "use <code>&lt;b&gt;</code> &amp; go"
