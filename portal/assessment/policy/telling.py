"""From reasons to a value on the scale, and whether it passes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from lab_specs.edition import rules
from lab_specs.edition.scales import Grades, Points, Scale, Words
from portal.assessment.policy.case import Case
from portal.assessment.policy.facts import AskedScale
from portal.assessment.policy.results import Effect, Gap, Reason
from portal.assessment.policy.values import last_mark
from portal.assessment.policy.values import told as number_told


@dataclass(frozen=True, slots=True)
class Told:
    """A value and the reasons for it. `passes` holds only where no gap is left."""

    passes: bool
    value: str
    number: Decimal | None
    scale: str
    reasons: tuple[Reason, ...]


def tell(case: Case, reasons: Sequence[Reason]) -> Told:
    """Add up, cap, round, compare; on the student's own scale where the edition allows one."""
    blocked = any(each.effect is Effect.BLOCKS for each in reasons)
    told = _on_scale(case, case.policy.edition.scale, list(reasons), blocked=blocked)
    asked = case.of(AskedScale)
    found = [each for each in case.policy.edition.rules if isinstance(each, rules.OwnScale)]
    rule = next((each for each in found if [a for a in asked if a.scale == each.scale]), None)
    return _own_scale(case, rule, asked[0], told) if rule else told


def _on_scale(case: Case, scale: Scale | None, reasons: list[Reason], *, blocked: bool) -> Told:
    if scale is None:
        return Told(passes=False, value="", number=None, scale="", reasons=tuple(reasons))
    if isinstance(scale, Words):
        value = "" if _gaps(reasons) else scale.failed if blocked else scale.passed
        return Told(
            passes=not blocked, value=value, number=None, scale=scale.kind, reasons=tuple(reasons)
        )
    amounts = [each for each in reasons if each.effect is Effect.COUNTS and each.amount is not None]
    total = sum((each.amount for each in amounts if each.amount is not None), Fraction(0))
    total = _within(scale, total)
    earned, rounding = _rounded(case, scale, total)
    passing = _passing(case, scale, earned, reasons)
    total, capped = _capped(case, total, reasons, blocked=blocked)
    number, _ = _rounded(case, scale, total)
    missing = [*capped, *rounding]
    sure = bool(amounts) and not _gaps([*reasons, *rounding])
    passes = not blocked and not any(each.effect is Effect.BLOCKS for each in passing)
    return Told(
        passes=passes,
        value=_shown(scale, number) if sure else "",
        number=Decimal(number.numerator) / Decimal(number.denominator) if sure else None,
        scale=scale.kind,
        reasons=(*reasons, *missing, *passing),
    )


def _shown(scale: Points | Grades, number: Fraction) -> str:
    """A grade as the edition's file writes it; points as a person does."""
    grades = scale.grades if isinstance(scale, Grades) else ()
    return next((str(each) for each in grades if Fraction(each) == number), number_told(number))


def _gaps(reasons: Sequence[Reason]) -> bool:
    return any(each.gap is not None for each in reasons)


def _within(scale: Points | Grades, total: Fraction) -> Fraction:
    highest = scale.highest if isinstance(scale, Points) else scale.grades[-1]
    lowest = Decimal(0) if isinstance(scale, Points) else scale.grades[0]
    return max(Fraction(lowest), min(Fraction(highest), total))


def _capped(
    case: Case, total: Fraction, reasons: Sequence[Reason], *, blocked: bool
) -> tuple[Fraction, list[Reason]]:
    """Under the cap, for whoever misses a condition for passing."""
    told = []
    for rule in case.policy.edition.rules:
        if not isinstance(rule, rules.Cap) or not blocked or total <= Fraction(rule.at):
            continue
        blocking = [each for each in reasons if each.effect is Effect.BLOCKS]
        facts = tuple(dict.fromkeys(fact for each in blocking for fact in each.facts))
        says = f"{number_told(total)} would be the value; a condition for passing is missed."
        told.append(
            Reason(
                cites=rule.cite,
                effect=Effect.CAPS,
                says=f"{says} At most {number_told(rule.at)}.",
                facts=facts,
                amount=Fraction(rule.at),
                ours=rule.ours or "",
            )
        )
        total = Fraction(rule.at)
    return total, told


def _rounded(case: Case, scale: Points | Grades, total: Fraction) -> tuple[Fraction, list[Reason]]:
    """To the nearest step, halves up; on grades to the highest one that is reached."""
    if isinstance(scale, Grades):
        reached = [grade for grade in scale.grades if Fraction(grade) <= total]
        return Fraction(reached[-1]), []
    step = case.value(scale.round_to)
    if step is None and isinstance(scale.round_to, rules.Ref):
        return total, [case.gap(scale.round_to.setting)]
    if not step:
        return total, []
    steps = total / Fraction(step) + Fraction(1, 2)
    return Fraction(steps.numerator // steps.denominator) * Fraction(step), []


def _passing(
    case: Case, scale: Points | Grades, number: Fraction, reasons: Sequence[Reason]
) -> list[Reason]:
    wanted: Any = case.value(scale.pass_at)
    counting = [each for each in reasons if each.effect in {Effect.COUNTS, Effect.CAPS}]
    facts = tuple(dict.fromkeys(fact for each in counting for fact in each.facts))
    if wanted is None and isinstance(scale.pass_at, rules.Ref):
        return [case.gap(scale.pass_at.setting, facts=facts)]
    mark = Fraction(wanted)
    told, needed = _shown(scale, number), _shown(scale, mark)
    if number >= mark:
        says = f"{told} is enough: the pass mark is {needed}."
        return [Reason(cites=scale.cite, effect=Effect.MEETS, says=says, facts=facts)]
    points = "point" if mark - number == 1 else "points"
    more = f"{number_told(mark - number)} more {points}"
    return [
        Reason(
            cites=scale.cite,
            effect=Effect.BLOCKS,
            says=f"{told} is below the pass mark, {needed}.",
            facts=facts,
            to_change=f"to pass: {more if isinstance(scale, Points) else f'reach {needed}'}",
        )
    ]


def _own_scale(case: Case, rule: rules.OwnScale, asked: AskedScale, told: Told) -> Told:
    """The grade on the other scale, once it is given; nobody derives it from the first one."""
    starts = case.policy.edition.starts
    lifted = case.lifted(rule)
    if starts and asked.on >= starts + timedelta(days=rule.days) and not lifted:
        says = f"Another scale was asked for on {asked.on}, after the first {rule.days} days."
        late = Reason(cites=rule.cite, effect=Effect.NOTES, says=says, facts=(asked,))
        return Told(told.passes, told.value, told.number, told.scale, (*told.reasons, late))
    mark = next(each for each in case.policy.edition.marks if each.id == rule.mark)
    given = last_mark(case, mark)
    why = (asked, *((lifted,) if lifted else ()))
    if given is None:
        says = f"A grade on the scale {rule.scale!r} was asked for and is not given yet."
        gap = Gap(name=mark.id, asks=mark.title, who="The examiner")
        missing = Reason(
            cites=rule.cite,
            effect=Effect.WITHHOLDS,
            says=says,
            facts=why,
            to_change=f"The examiner can give it: {mark.id}",
            gap=gap,
        )
        return Told(told.passes, "", None, rule.scale, (*told.reasons, missing))
    return _graded(case, rule, told, given.points, (*why, given))


def _graded(
    case: Case, rule: rules.OwnScale, told: Told, points: Decimal, facts: tuple[Any, ...]
) -> Told:
    scale = case.policy.edition.other_scales[rule.scale]
    blocked = any(each.effect is Effect.BLOCKS for each in told.reasons)
    if blocked and isinstance(scale, Grades):
        fails = [grade for grade in scale.grades if grade < Fraction(case.value(scale.pass_at))]
        points = min(points, fails[-1])
    says = f"The grade on the scale {rule.scale!r} is {number_told(points)}."
    counts = Reason(
        cites=rule.cite,
        effect=Effect.COUNTS,
        says=says,
        facts=facts,
        amount=Fraction(points),
    )
    rest = [each for each in told.reasons if each.effect is not Effect.COUNTS]
    own = _on_scale(case, scale, [*rest, counts], blocked=blocked)
    return Told(own.passes, own.value, own.number, rule.scale, own.reasons)
