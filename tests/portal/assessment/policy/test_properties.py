"""What holds for every student of every edition, whatever the facts."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from portal.assessment.policy.engine import evaluate
from portal.assessment.policy.facts import Assessed, Fact, Marked
from portal.assessment.policy.policy import Policy
from portal.assessment.policy.results import Effect, Outcome, Result
from tests.portal.assessment.policy.worlds import FILLED, OPEN, students

EDITIONS = sorted(FILLED)
every_edition = pytest.mark.parametrize("edition", EDITIONS)
patient = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def rank(result: Result) -> tuple[bool, Decimal]:
    return result.outcome is Outcome.PASSED, result.number or Decimal(-10)


@every_edition
@patient
@given(data=st.data())
def test_raising_a_level_never_lowers_a_result(edition: str, data: st.DataObject) -> None:
    policy = FILLED[edition]
    found, as_of = data.draw(students(policy))
    low = [
        fact
        for fact in found
        if isinstance(fact, Assessed) and fact.level != _levels(policy, fact)[-1]
    ]
    assume(low)
    fact = data.draw(st.sampled_from(low))
    levels = _levels(policy, fact)
    higher = data.draw(st.sampled_from(levels[levels.index(fact.level) + 1 :]))
    _never_lower(policy, found, fact, replace(fact, level=higher), as_of)


@pytest.mark.parametrize("edition", ["zhaw-fs2026", "upc-2023-24", "dtu-2023-01"])
@patient
@given(data=st.data())
def test_raising_a_mark_never_lowers_a_result(edition: str, data: st.DataObject) -> None:
    policy = FILLED[edition]
    found, as_of = data.draw(students(policy))
    marks = {each.id: each.highest for each in policy.edition.marks}
    low = [fact for fact in found if isinstance(fact, Marked) and fact.points < marks[fact.mark]]
    assume(low)
    fact = data.draw(st.sampled_from(low))
    more = min(marks[fact.mark], fact.points + data.draw(st.integers(1, 20)))
    _never_lower(policy, found, fact, replace(fact, points=more), as_of)


def _levels(policy: Policy, fact: Assessed) -> tuple[str, ...]:
    rows = policy.rubrics[fact.part]
    return next(row.levels for row in rows if row.criterion.id == fact.criterion)


def _never_lower(policy: Policy, found: list[Fact], old: Fact, new: Fact, as_of: datetime) -> None:
    before = evaluate(policy, found, as_of=as_of)
    raised = [new if fact is old else fact for fact in found]
    after = evaluate(policy, raised, as_of=as_of)
    withheld = Outcome.WITHHELD in {before.outcome, after.outcome}
    assert (before.outcome is Outcome.WITHHELD) == (after.outcome is Outcome.WITHHELD)
    if not withheld:
        assert rank(before) <= rank(after)


@every_edition
@patient
@given(data=st.data())
def test_the_order_of_facts_and_repeating_them_change_nothing(
    edition: str, data: st.DataObject
) -> None:
    policy = FILLED[edition]
    found, as_of = data.draw(students(policy))
    result = evaluate(policy, found, as_of=as_of)
    shuffled = data.draw(st.permutations([*found, *found]))
    assert evaluate(policy, shuffled, as_of=as_of) == result
    assert evaluate(policy, found, as_of=as_of) == result


@every_edition
@patient
@given(data=st.data())
def test_a_reason_rests_on_facts_that_were_given(edition: str, data: st.DataObject) -> None:
    policy = OPEN[edition]
    found, as_of = data.draw(students(policy))
    result = evaluate(policy, found, as_of=as_of)
    reasons = [*result.reasons, *result.resit.reasons]
    assert reasons
    for reason in reasons:
        assert set(reason.facts) <= set(found)
        assert reason.says
        assert all(reason.cites)
        if reason.effect in {Effect.BLOCKS, Effect.WITHHOLDS}:
            assert reason.to_change


@every_edition
@patient
@given(data=st.data())
def test_a_withheld_result_names_what_is_missing_and_who_can_say_it(
    edition: str, data: st.DataObject
) -> None:
    policy = OPEN[edition]
    found, as_of = data.draw(students(policy))
    result = evaluate(policy, found, as_of=as_of)
    assert bool(result.gaps) == (result.outcome is Outcome.WITHHELD)
    named = {each.id for each in policy.edition.settings}
    named |= {each.id for each in policy.edition.marks}
    for gap in result.gaps:
        assert gap.name in named or gap.name.removeprefix("override ") != gap.name
        assert gap.asks
        assert gap.who


@every_edition
@patient
@given(data=st.data())
def test_filling_every_gap_that_is_named_ends_the_withholding(
    edition: str, data: st.DataObject
) -> None:
    found, as_of = data.draw(students(OPEN[edition]))
    result = evaluate(FILLED[edition], found, as_of=as_of)
    settings_left = {gap.name for gap in result.gaps} & {
        each.id for each in OPEN[edition].edition.settings
    }
    assert not settings_left


@pytest.mark.parametrize("edition", ["hogent-2024-25", "hogent-2025-26", "dtu-2023-01"])
@patient
@given(data=st.data())
def test_doing_what_a_reason_asks_takes_the_reason_away(edition: str, data: st.DataObject) -> None:
    policy = FILLED[edition]
    found, as_of = data.draw(students(policy))
    result = evaluate(policy, found, as_of=as_of)
    blocked = [
        (reason, fact)
        for reason in result.reasons
        for fact in reason.facts
        if reason.to_change.startswith("to pass: reach") and isinstance(fact, Assessed)
    ]
    assume(blocked)
    reason, fact = data.draw(st.sampled_from(blocked))
    level = reason.to_change.removeprefix("to pass: reach ").partition(" in *")[0]
    better = [replace(fact, level=level) if each == fact else each for each in found]
    after = evaluate(policy, better, as_of=as_of)
    assert reason.to_change not in [each.to_change for each in after.reasons]
