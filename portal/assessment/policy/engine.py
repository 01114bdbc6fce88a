"""Works out a result: every rule gives reasons, and the result is what the reasons make."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from lab_specs.edition import rules
from portal.assessment.policy import gates, values
from portal.assessment.policy.case import Case
from portal.assessment.policy.facts import Fact, Overridden, ordered
from portal.assessment.policy.parts import standing
from portal.assessment.policy.policy import Policy
from portal.assessment.policy.resit import resit_of
from portal.assessment.policy.results import Effect, Gap, Outcome, Reason, Result, Standing
from portal.assessment.policy.soundness import demand_sound
from portal.assessment.policy.telling import Told, tell

Apply = Callable[[Case, Any, Mapping[str, Standing]], list[Reason]]
APPLY: dict[type[rules.Rule], Apply] = {
    rules.EveryCriterion: gates.every_criterion,
    rules.Mandatory: gates.mandatory,
    rules.Questions: gates.questions,
    rules.Attendance: gates.attendance,
    rules.TeamSize: gates.team_size,
    rules.Settled: gates.settled,
    rules.Checklist: gates.checklist,
    rules.Weigh: values.weigh,
    rules.Count: values.count,
    rules.Average: values.average,
    rules.Adjust: values.adjust,
    rules.Bonus: values.bonus,
}
ORDER = {effect: place for place, effect in enumerate(Effect)}


def evaluate(policy: Policy, facts: Iterable[Fact], *, as_of: datetime) -> Result:
    """The result of one student, as far as these facts go at this moment.

    Pure: the same policy, facts and moment give the same result. `as_of` must be aware; what is
    due later is awaited, what was due before and is not among the facts is missing. Raises
    `Contradiction` for facts that cannot all hold or that the edition does not know.
    """
    given = ordered(facts)
    demand_sound(policy, given)
    case = Case.over(policy, given, as_of)
    standings = {part.id: standing(case, part) for part in policy.edition.mini_projects}
    reasons = [
        *(note for part in policy.edition.mini_projects for note in _notes(part.id, standings)),
        *(reason for rule in policy.edition.rules for reason in _apply(case, rule, standings)),
        *_without_effect(policy, case),
    ]
    if policy.edition.scale is None:
        reasons.append(_no_rules())
    outcome = tell(case, reasons)
    return _result(case, standings, outcome)


def _result(case: Case, standings: Mapping[str, Standing], told: Told) -> Result:
    reasons = tuple(sorted(told.reasons, key=lambda reason: ORDER[reason.effect]))
    gaps = tuple(dict.fromkeys(reason.gap for reason in reasons if reason.gap is not None))
    outcome = Outcome.PASSED if told.passes else Outcome.NOT_PASSED
    if gaps:
        outcome = Outcome.WITHHELD
    return Result(
        outcome=outcome,
        value=told.value,
        number=told.number,
        scale=told.scale,
        reasons=reasons,
        standings=MappingProxyType(dict(standings)),
        resit=resit_of(case, outcome, standings),
        rules_version=case.policy.edition.rules_version,
        rules_digest=case.policy.digest,
        gaps=gaps,
    )


def _notes(part: str, standings: Mapping[str, Standing]) -> tuple[Reason, ...]:
    return standings[part].notes


def _apply(case: Case, rule: rules.Rule, standings: Mapping[str, Standing]) -> list[Reason]:
    apply = APPLY.get(type(rule))
    if apply is None or not case.concerns(rule):
        return []
    told = apply(case, rule, standings)
    if rule.only_if is None or not any(each.effect is Effect.BLOCKS for each in told):
        return told
    switch = case.value(rule.only_if)
    if switch is None:
        blocking = next(each for each in told if each.effect is Effect.BLOCKS)
        return [case.gap(rule.only_if.setting, blocking.says, facts=blocking.facts)]
    return told if switch else []


def _without_effect(policy: Policy, case: Case) -> list[Reason]:
    """Overrides of rules that nobody may lift are told, not silently dropped."""
    may = {cite for rule in policy.edition.rules if rule.overridable for cite in rule.cite}
    return [
        Reason(
            cites=(each.rule,),
            effect=Effect.NOTES,
            says=f"The override of {each.rule} has no effect: no rule that may be lifted has it.",
            part=each.part,
            facts=(each,),
        )
        for each in case.of(Overridden)
        if each.rule not in may
    ]


def _no_rules() -> Reason:
    asks = "By which rules does this edition work out a result?"
    who = "The lecturer who writes the edition's file"
    return Reason(
        cites=("NONE-1",),
        effect=Effect.WITHHOLDS,
        says="The edition's file has no rules.",
        to_change=f"{who} adds `scale` and `rules`",
        gap=Gap(name="rules", asks=asks, who=who),
    )
