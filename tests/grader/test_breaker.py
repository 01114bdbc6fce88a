"""A worker that fails for its own reasons pauses, longer each time."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from grader.breaker import FIRST, IN_A_ROW, LONGEST, Breaker


def broken(failures: int = IN_A_ROW) -> Breaker:
    breaker = Breaker()
    for _ in range(failures):
        breaker.failed("no engine", now=0.0)
    return breaker


def test_a_few_failures_are_no_reason_to_stop() -> None:
    breaker = broken(IN_A_ROW - 1)
    assert breaker.left(0.0) == 0.0


def test_several_in_a_row_are() -> None:
    breaker = Breaker()
    assert [breaker.failed("no engine", now=0.0) for _ in range(IN_A_ROW)] == [False, False, True]
    assert breaker.left(0.0) == FIRST
    assert breaker.left(FIRST + 1) == 0.0
    assert breaker.reason == "no engine"


def test_a_success_in_between_begins_anew() -> None:
    breaker = broken(IN_A_ROW - 1)
    assert breaker.succeeded()
    assert not breaker.succeeded()
    assert not breaker.failed("no engine", now=0.0)
    assert breaker.left(0.0) == 0.0


def test_each_pause_is_twice_as_long_up_to_a_limit() -> None:
    breaker, now, pauses = broken(), 0.0, []
    for _ in range(8):
        pauses.append(breaker.left(now))
        now += breaker.left(now)
        assert breaker.failed("still no engine", now=now)  # the first one after it is enough
    assert pauses[:3] == [FIRST, 2 * FIRST, 4 * FIRST]
    assert all(b in (2 * a, LONGEST) for a, b in pairwise(pauses))
    assert pauses[-1] == LONGEST


def test_those_that_ran_beside_it_do_not_make_the_pause_longer() -> None:
    breaker = broken()
    assert not breaker.failed("no engine", now=1.0)
    assert breaker.left(1.0) == FIRST - 1


def test_a_reason_that_is_plain_to_see_stops_at_once_and_success_ends_it() -> None:
    breaker = Breaker()
    assert breaker.stop("no room", now=0.0, seconds=20)
    assert not breaker.stop("no room", now=5.0, seconds=20)
    assert (breaker.left(5.0), breaker.failures) == (15.0, 0)
    assert breaker.succeeded()
    assert breaker.left(5.0) == 0.0


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 700)), max_size=200))
def test_a_pause_is_never_longer_than_the_longest(story: list[tuple[bool, float]]) -> None:
    breaker, now = Breaker(), 0.0
    for works, seconds in story:
        now += seconds
        if works:
            breaker.succeeded()
        else:
            breaker.failed("x", now=now)
        assert breaker.left(now) <= LONGEST
