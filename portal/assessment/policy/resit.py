"""The second opportunity: who needs it, which parts, and whether it is arranged."""

from collections.abc import Mapping
from datetime import date

from lab_specs.edition import rules
from portal.assessment.policy.case import Case
from portal.assessment.policy.facts import Appointed, Assessed, Fact, Marked, Present
from portal.assessment.policy.results import (
    Effect,
    Outcome,
    Reason,
    Resit,
    ResitStatus,
    Standing,
)


def resit_of(case: Case, outcome: Outcome, standings: Mapping[str, Standing]) -> Resit:
    """The resit of a student. Its parts are those not passed, in the order of the file."""
    found = [each for each in case.policy.edition.rules if isinstance(each, rules.Resit)]
    rule = next((each for each in found if case.concerns(each)), None)
    if rule is None:
        return Resit(status=ResitStatus.NONE)
    second: list[Fact] = [each for each in case.of(Assessed) if each.chance > 1]
    second += [each for each in case.of(Marked) if each.chance > 1]
    if outcome is Outcome.PASSED and not second:
        return Resit(status=ResitStatus.NOT_NEEDED)
    parts = [part.id for part in case.policy.parts_of(rule) if case.decides(part)]
    redo = tuple(part for part in parts if not standings[part].proficient)
    allowed = case.value(rule.allowed)
    if allowed is None and isinstance(rule.allowed, rules.Ref):
        gap = case.gap(rule.allowed.setting)
        return Resit(status=ResitStatus.UNKNOWN, parts=redo, reasons=(gap,))
    if not allowed:
        return Resit(status=ResitStatus.NONE)
    status, reasons = _status(case, rule, tuple(second))
    live = rule.live or len(redo)
    return Resit(
        status=status,
        parts=redo,
        videos=redo[live:],
        minutes=rule.minutes,
        reasons=reasons,
    )


def _status(
    case: Case, rule: rules.Resit, second: tuple[Fact, ...]
) -> tuple[ResitStatus, tuple[Reason, ...]]:
    if second:
        return _say(rule, ResitStatus.TAKEN, "The resit was taken.", second)
    absent = tuple(each for each in case.of(Present, event="resit") if not each.present)
    if absent:
        return _say(rule, ResitStatus.ABSENT, "Absent at the resit.", absent)
    last = _last_day(case, rule)
    made = tuple(each for each in case.of(Appointed) if last is None or each.on <= last)
    if made:
        return _say(rule, ResitStatus.APPOINTED, "An appointment is made.", made)
    end = case.policy.edition.end_of(last)
    if end is None or case.as_of <= end:
        until = f" until {last}" if last else ""
        says = f"An appointment can be made{until}."
        return _say(rule, ResitStatus.OPEN, says, (), "make an appointment for the resit")
    late = tuple(case.of(Appointed))
    says = f"No appointment by {last}: the student does not take part."
    return _say(rule, ResitStatus.DECLINED, says, late)


def _last_day(case: Case, rule: rules.Resit) -> date | None:
    track = case.track.track if case.track else "all"
    name = rule.until.get(track, rule.until.get("all", ""))
    return case.policy.edition.dates.get(name)


def _say(
    rule: rules.Resit,
    status: ResitStatus,
    says: str,
    facts: tuple[Fact, ...],
    to_change: str = "",
) -> tuple[ResitStatus, tuple[Reason, ...]]:
    reason = Reason(
        cites=rule.cite, effect=Effect.NOTES, says=says, facts=facts, to_change=to_change
    )
    return status, (reason,)
