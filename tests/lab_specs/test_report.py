"""Levels and verdicts follow from checks alone, and more passed checks never cost a level."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab_specs.report import (
    TEXT_CAP,
    CheckResult,
    Outcome,
    Report,
    Verdict,
    levels_reached,
    verdict_of,
)

LEVELS = ("none", "good", "better", "best")
CRITERIA = ("speed", "truth")


def check(criterion: str, level: str, outcome: Outcome, number: int = 0) -> CheckResult:
    name = f"{criterion}-{level}-{number}"
    return CheckResult(id=name, title=name, criterion=criterion, level=level, outcome=outcome)


reports = st.lists(
    st.builds(
        check,
        st.sampled_from(CRITERIA),
        st.sampled_from(LEVELS[1:]),
        st.sampled_from(Outcome),
        st.integers(0, 99),
    ),
    max_size=12,
)


def verdict(checks: list[CheckResult], need: str = "good") -> Verdict:
    report = Report(checks=tuple(checks))
    return verdict_of(report, levels_reached(checks, CRITERIA, LEVELS), LEVELS, need)


def test_a_level_is_reached_only_over_those_below_it() -> None:
    checks = [
        check("speed", "good", Outcome.PASSED),
        check("speed", "better", Outcome.FAILED),
        check("speed", "best", Outcome.PASSED),
    ]
    assert levels_reached(checks, ["speed"], LEVELS) == {"speed": "good"}


def test_all_checks_of_a_level_must_pass() -> None:
    checks = [check("speed", "good", Outcome.PASSED, 1), check("speed", "good", Outcome.FAILED, 2)]
    assert levels_reached(checks, ["speed"], LEVELS) == {"speed": "none"}


def test_a_skipped_check_reaches_nothing() -> None:
    checks = [check("speed", "good", Outcome.SKIPPED)]
    assert levels_reached(checks, ["speed"], LEVELS) == {"speed": "none"}


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome.PASSED, Verdict.PASSED),
        (Outcome.FAILED, Verdict.FAILED),
        (Outcome.SKIPPED, Verdict.FAILED),
        (Outcome.ERROR, Verdict.CRASHED),
    ],
)
def test_one_criterion_below_decides_the_verdict(outcome: Outcome, expected: Verdict) -> None:
    assert verdict([check("speed", "good", Outcome.PASSED), check("truth", "good", outcome)]) == (
        expected
    )


def test_failing_above_the_level_that_is_needed_still_passes() -> None:
    enough = [check(criterion, "good", Outcome.PASSED) for criterion in CRITERIA]
    assert verdict([*enough, check("speed", "best", Outcome.FAILED)]) is Verdict.PASSED


def test_a_report_with_nothing_in_it_reaches_nothing() -> None:
    assert levels_reached([], CRITERIA, LEVELS) == dict.fromkeys(CRITERIA, "none")
    assert verdict([]) is Verdict.FAILED


def test_a_level_that_no_check_speaks_for_is_not_reached() -> None:
    gap = [check("speed", "good", Outcome.PASSED), check("speed", "best", Outcome.PASSED)]
    assert levels_reached(gap, ["speed"], LEVELS) == {"speed": "good"}


@given(st.text(st.characters(codec=None)) | st.integers() | st.floats() | st.none() | st.binary())
def test_no_words_of_a_check_can_lose_the_report(said: object) -> None:
    words = {"expected": said, "actual": said, "hint": said, "title": said}
    one = CheckResult.model_validate(
        {"id": "a", "criterion": "c", "level": "l", "outcome": "failed", **words}
    )
    again = Report.model_validate_json(Report(checks=(one,)).model_dump_json())
    assert again.checks == (one,)
    assert "\0" not in one.actual


def test_long_words_are_cut() -> None:
    one = check("speed", "good", Outcome.FAILED).model_copy()
    cut = CheckResult(**{**one.model_dump(), "actual": "x" * 9_999_999})
    assert len(cut.actual) == TEXT_CAP
    assert cut.actual.endswith("x…")


@given(reports, st.randoms(use_true_random=False))
def test_the_order_of_checks_never_matters(checks: list[CheckResult], chance: object) -> None:
    shuffled = list(checks)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert levels_reached(checks, CRITERIA, LEVELS) == levels_reached(shuffled, CRITERIA, LEVELS)
    assert verdict(checks) is verdict(shuffled)


@given(reports, st.data())
def test_passing_one_more_check_never_lowers_a_level(
    checks: list[CheckResult], data: st.DataObject
) -> None:
    before = levels_reached(checks, CRITERIA, LEVELS)
    if checks:
        lucky = data.draw(st.integers(0, len(checks) - 1))
        checks[lucky] = checks[lucky].model_copy(update={"outcome": Outcome.PASSED})
    after = levels_reached(checks, CRITERIA, LEVELS)
    assert all(LEVELS.index(after[name]) >= LEVELS.index(before[name]) for name in CRITERIA)


@given(reports)
def test_a_broken_check_is_never_the_students(checks: list[CheckResult]) -> None:
    broken = any(one.outcome is Outcome.ERROR for one in checks)
    assert (verdict(checks) is Verdict.CRASHED) == broken
