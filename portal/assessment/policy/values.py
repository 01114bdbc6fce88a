"""Rules that make a number: each reason carries the amount that it adds."""

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from lab_specs.edition import rules
from lab_specs.edition.scales import Points
from lab_specs.edition.syllabus import MarkFile
from portal.assessment.policy.case import Case
from portal.assessment.policy.facts import Fact, Marked, Moved, Present
from portal.assessment.policy.results import Effect, Reached, Reason, Standing

Standings = Mapping[str, Standing]


def told(number: Fraction | Decimal) -> str:
    """A number as a person writes it: 12, 12.5, 12.33."""
    text = f"{float(round(Fraction(number), 2)):.2f}"
    return text.rstrip("0").rstrip(".")


def last_mark(case: Case, mark: MarkFile) -> Marked | None:
    """The mark of the last chance."""
    found = case.of(Marked, mark=mark.id)
    return max(found, key=lambda each: each.chance, default=None)


def weigh(case: Case, rule: rules.Weigh, standings: Standings) -> list[Reason]:
    """Each mark's share of the value."""
    del standings
    marks = {each.id: each for each in case.policy.edition.marks}
    return [
        reason
        for name, percent in rule.percent.items()
        for reason in _share(case, rule, marks[name], percent)
    ]


def _share(case: Case, rule: rules.Weigh, mark: MarkFile, percent: Decimal) -> list[Reason]:
    given = last_mark(case, mark)
    if given is None:
        return [_no_mark(case, rule, mark)]
    scale = case.policy.edition.scale
    highest = scale.highest if isinstance(scale, Points) else Decimal(100)
    amount = Fraction(given.points) / Fraction(mark.highest) * Fraction(percent) / 100
    amount *= Fraction(highest)
    says = (
        f"{mark.title}: {told(given.points)} of {told(mark.highest)},"
        f" weight {told(percent)} %, makes {told(amount)}."
    )
    return [
        Reason(
            cites=tuple(dict.fromkeys((*rule.cite, *mark.cite))),
            effect=Effect.COUNTS,
            says=says,
            part=mark.id,
            facts=(given,),
            amount=amount,
        )
    ]


def _no_mark(case: Case, rule: rules.Weigh, mark: MarkFile) -> Reason:
    absent = tuple(each for each in case.of(Present, event=mark.id) if not each.present)
    change = f"obtain a mark for *{mark.title}*"
    if not absent and not case.ended:
        says = f"{mark.title}: no mark yet."
        return Reason(
            cites=rule.cite, effect=Effect.AWAITS, says=says, part=mark.id, to_change=change
        )
    says = f"{mark.title}: {'absent' if absent else 'no mark'}."
    word = case.value(rule.missing)
    if word is None and isinstance(rule.missing, rules.Ref):
        return case.gap(rule.missing.setting, says, part=mark.id, facts=absent)
    blocks = word == "blocks"
    return Reason(
        cites=rule.cite,
        effect=Effect.BLOCKS if blocks else Effect.COUNTS,
        says=says if blocks else f"{says} It counts 0.",
        part=mark.id,
        facts=absent,
        to_change=f"to pass: {change}",
        amount=None if blocks else Fraction(0),
    )


def count(case: Case, rule: rules.Count, standings: Standings) -> list[Reason]:
    """How many parts are done, and the grade for it."""
    found = [standings[part.id] for part in case.policy.parts_of(rule)]
    done = [each for each in found if _done(each)]
    facts = tuple(each.fact for s in done for each in _own(s) if each.fact is not None)
    reasons = [_not_done(rule, each) for each in found if each not in done]
    table = case.value(rule.table)
    says = f"Done: {len(done)} of {len(found)}."
    if table is None and isinstance(rule.table, rules.Ref):
        return [*reasons, case.gap(rule.table.setting, says, facts=facts)]
    if len(done) not in table and isinstance(rule.table, rules.Ref):
        says = f"{says} The table says nothing about {len(done)}."
        return [*reasons, case.gap(rule.table.setting, says, facts=facts)]
    amount = Fraction(table[len(done)])
    says = f"{says} The table gives {told(amount)} for it."
    counted = Reason(cites=rule.cite, effect=Effect.COUNTS, says=says, facts=facts, amount=amount)
    return [counted, *reasons]


def _own(standing: Standing) -> list[Reached]:
    return [each for each in standing.reached if each.technical]


def _done(standing: Standing) -> bool:
    return standing.proficient


def _not_done(rule: rules.Count, standing: Standing) -> Reason:
    low = [each for each in _own(standing) if not each.passes]
    facts = tuple(each.fact for each in low if each.fact is not None)
    return Reason(
        cites=rule.cite,
        effect=Effect.NOTES,
        says=standing.lost.says if standing.lost else f"{standing.title}: not done.",
        part=standing.part,
        facts=standing.lost.facts if standing.lost else facts,
        to_change=f"one more done: *{standing.title}*",
    )


def average(case: Case, rule: rules.Average, standings: Standings) -> list[Reason]:
    """Each part's mean, as its share of the mean of all parts."""
    found = [standings[part.id] for part in case.policy.parts_of(rule)]
    return [_mean_of_part(rule, each, len(found)) for each in found]


def _mean_of_part(rule: rules.Average, standing: Standing, parts: int) -> Reason:
    technical = [each for each in standing.reached if each.technical]
    levels = [each.level or each.levels[0] for each in technical]
    if standing.status in rule.zero_when or not levels:
        mean = Fraction(0)
        why = f'"{standing.status}" is worth 0'
    else:
        mean = _mean(rule.worth, levels)
        why = ", ".join(
            f"*{each.title}* {level} ({told(rule.worth[level])})"
            for each, level in zip(technical, levels, strict=True)
        )
    facts = tuple(each.fact for each in technical if each.fact is not None)
    return Reason(
        cites=rule.cite,
        effect=Effect.COUNTS,
        says=f"{standing.title}: {why}; mean {told(mean)}, one of {parts}.",
        part=standing.part,
        facts=standing.lost.facts if standing.lost else facts,
        amount=mean / parts,
        ours=rule.ours or "",
    )


def adjust(case: Case, rule: rules.Adjust, standings: Standings) -> list[Reason]:
    """What the non-technical criteria add or take away."""
    found = [standings[part.id] for part in case.policy.parts_of(rule)]
    reached = [each for s in found for each in s.reached if not each.technical and each.level]
    levels = [each.level for each in reached if each.level]
    if not levels:
        return []
    amount = _mean(rule.by, levels)
    moves = "adds" if amount >= 0 else "takes"
    names = ", ".join(
        f"{number} times {level} ({told(rule.by[level])})"
        for level, number in Counter(levels).items()
    )
    return [
        Reason(
            cites=rule.cite,
            effect=Effect.COUNTS,
            says=f"Non-technical criteria: {names}; their mean {moves} {told(abs(amount))}.",
            facts=tuple(each.fact for each in reached if each.fact is not None),
            amount=amount,
            ours=rule.ours or "",
        )
    ]


def _mean(table: Mapping[str, Decimal], levels: Sequence[str]) -> Fraction:
    return sum((Fraction(table[level]) for level in levels), Fraction(0)) / len(levels)


def bonus(case: Case, rule: rules.Bonus, standings: Standings) -> list[Reason]:
    """What a lecturer moved by hand, within the bounds."""
    del standings
    moved: tuple[Moved, ...] = tuple(case.of(Moved))
    if not moved:
        return []
    total = sum((Fraction(each.points) for each in moved), Fraction(0))
    why = "; ".join(each.reason for each in moved)
    most: Any = case.value(rule.at_most)
    if most is None and isinstance(rule.at_most, rules.Ref):
        return [case.gap(rule.at_most.setting, f"Moved by {told(total)}: {why}.", facts=moved)]
    bound = Fraction(most)
    amount = max(-bound, min(bound, total))
    says = f"Moved by a lecturer: {told(amount)} ({why})."
    if amount != total:
        says += f" Asked for {told(total)}; at most {told(bound)} either way."
    facts: tuple[Fact, ...] = moved
    return [Reason(cites=rule.cite, effect=Effect.COUNTS, says=says, facts=facts, amount=amount)]
