"""Clocks run slower where attempts share cores, and never faster."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.stretch import stretch

AT_ONCE = st.integers(min_value=1, max_value=512)
CPUS = st.floats(min_value=0.01, max_value=8)


@given(AT_ONCE, CPUS, AT_ONCE)
def test_it_is_one_exactly_when_there_are_cores_enough(
    at_once: int, cpus: float, cores: int
) -> None:
    factor = stretch(concurrency=at_once, cpus=cpus, cores=cores)
    assert (factor == 1) == (at_once * cpus <= cores)
    assert factor >= 1


@given(AT_ONCE, AT_ONCE, CPUS, CPUS, AT_ONCE, AT_ONCE)
def test_more_at_once_never_gets_less_time_and_more_cores_never_more(
    few: int, more: int, slow: float, fast: float, small: int, large: int
) -> None:
    few, more = sorted((few, more))
    slow, fast = sorted((slow, fast))
    small, large = sorted((small, large))
    easy = stretch(concurrency=few, cpus=slow, cores=large)
    hard = stretch(concurrency=more, cpus=fast, cores=small)
    assert easy <= hard


@given(AT_ONCE, CPUS, AT_ONCE)
def test_everybody_gets_the_processor_time_of_the_lab(
    at_once: int, cpus: float, cores: int
) -> None:
    """When all attempts compute without a pause, each has had its seconds when the clock ends."""
    share = min(cpus, cores / at_once)
    assert stretch(concurrency=at_once, cpus=cpus, cores=cores) * share == pytest.approx(cpus)
