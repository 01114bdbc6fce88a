"""Worked cases: what a person worked out by hand is what the rules give."""

import pytest

from portal.assessment.policy.engine import evaluate
from portal.assessment.policy.results import Effect, Result
from tests.portal.assessment.policy.table import TABLES, WorkedCase, all_cases, read_table

CASES = all_cases()
DECIDING = {Effect.WITHHOLDS, Effect.BLOCKS, Effect.CAPS}
LEAST = 12  # worked cases per course


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, marks=pytest.mark.rule(*case.rules), id=case.name) for case in CASES],
)
def test_the_rules_give_what_a_person_worked_out(case: WorkedCase) -> None:
    result = evaluate(case.policy, case.facts, as_of=case.as_of)
    told = {name: _told(result, name) for name in case.expect if name not in {"says", "change"}}
    expected = {name: case.expect[name] for name in told}
    assert told == expected, _all(result)
    for words in case.expect.get("says", []):
        assert any(words in reason.says for reason in result.reasons), (words, _all(result))
    for words in case.expect.get("change", []):
        assert words in result.to_change, (words, result.to_change)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_case_names_only_rules_that_it_shows(case: WorkedCase) -> None:
    result = evaluate(case.policy, case.facts, as_of=case.as_of)
    reasons = [*result.reasons, *result.resit.reasons]
    cited = {cite for reason in reasons for cite in reason.cites}
    assert set(case.rules) <= cited, set(case.rules) - cited


def _told(result: Result, name: str) -> object:
    """The part of a result that a table names; `because` are the reasons that decide."""
    deciding = [each.rule for each in result.reasons if each.effect in DECIDING]
    parts = {
        "outcome": str(result.outcome),
        "value": result.value,
        "because": list(dict.fromkeys(deciding)),
        "gaps": [gap.name for gap in result.gaps],
        "status": {name: each.status for name, each in result.standings.items()},
        "final": result.final,
        "resit": str(result.resit.status),
        "redo": list(result.resit.parts),
        "videos": list(result.resit.videos),
    }
    return parts[name]


def _all(result: Result) -> str:
    lines = [f"{each.effect} {each.cites} {each.says}" for each in result.reasons]
    return "\n".join([f"{result.outcome} {result.value!r} {result.resit}", *lines])


@pytest.mark.parametrize("path", sorted(TABLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_each_course_has_enough_cases_with_their_arithmetic(path: object) -> None:
    cases = read_table(path)  # type: ignore[arg-type]
    assert len(cases) >= LEAST
    assert len({case.name for case in cases}) == len(cases)
    assert all(len(case.by_hand) > 20 for case in cases)
