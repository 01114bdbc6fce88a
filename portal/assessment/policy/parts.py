"""Where a student stands on each mini-project: what was there in time, and which levels count."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from lab_specs.edition import rules
from lab_specs.edition.file import MiniProjectFile
from portal.assessment.policy.case import Case, Handed
from portal.assessment.policy.facts import (
    Assessed,
    Demonstrated,
    Took,
)
from portal.assessment.policy.policy import Row
from portal.assessment.policy.results import Effect, Reached, Reason, Standing

OPEN, ASSESSED = "open", "assessed"


def standing(case: Case, part: MiniProjectFile) -> Standing:
    """The state of one mini-project. The first rule that costs it decides its name."""
    reasons = [reason for rule in case.policy.edition.rules for reason in _told(case, rule, part)]
    lost = next((each for word, each in reasons if word), None)
    word = next((word for word, _ in reasons if word), "")
    reached = tuple(_reached(case, part, row, first=not lost) for row in _rows(case, part))
    decided = [each.level is not None for each in reached]
    if lost and any(decided):  # the resit was assessed: what was lost before counts no more
        lost, word = None, ""
    status = word or (ASSESSED if decided and all(decided) else OPEN)
    notes = [each for kind, each in reasons if not kind]
    shown, hidden = _shown(case, part, reached)
    return Standing(
        part=part.id,
        title=part.title,
        status=status,
        reached=shown,
        lost=lost,
        notes=(*notes, *hidden, *_awaited(case, part, reached, lost=lost is not None)),
    )


Told = list[tuple[str, Reason]]  # the word for a part that is lost, or ""; and why


def _told(case: Case, rule: rules.Rule, part: MiniProjectFile) -> Told:
    apply = APPLY.get(type(rule))
    if apply is None or not case.policy.speaks_of(rule, part) or not case.concerns(rule):
        return []
    told = apply(case, rule, part)
    if rule.only_if is None or not any(word for word, _ in told):
        return told
    switch = case.value(rule.only_if)
    if switch is None:
        facts = told[0][1].facts
        return [("", case.gap(rule.only_if.setting, told[0][1].says, part=part.id, facts=facts))]
    return told if switch else []


def _on_time(case: Case, rule: rules.OnTime, part: MiniProjectFile) -> Told:
    return [each for item in rule.needs for each in _item_on_time(case, rule, part, item)]


def _item_on_time(case: Case, rule: rules.OnTime, part: MiniProjectFile, item: str) -> Told:
    due, why = case.due(part, item)
    if due is None:
        return []
    handed = case.handed(part.id, item)
    if handed is None:
        if case.as_of <= due:
            return []
        says = f"{part.title}: no {item} by {case.local(due)}."
        facts: tuple[Any, ...] = why
    elif handed.at <= due:
        return []
    else:
        says = f"{part.title}: the {item} came at {case.local(handed.at)}, after {case.local(due)}."
        facts = (handed, *why)
    lifted = case.lifted(rule, part.id)
    if lifted:
        says += f" A lecturer lifted this rule: {lifted.reason}"
        return [("", _note(rule, part, says, (*facts, lifted)))]
    if item == "demo" and _may_be_late(handed):
        return _in_exam_period(case, rule, part, says=says, facts=facts, handed=handed)
    return [(rule.otherwise, _loss(rule, part, says, facts))]


def _may_be_late(handed: Handed | None) -> bool:
    """A demo in the exam period, or one that could still be held then."""
    return handed is None or (isinstance(handed, Demonstrated) and handed.way == "exam")


def _in_exam_period(
    case: Case,
    rule: rules.OnTime,
    part: MiniProjectFile,
    *,
    says: str,
    facts: tuple[Any, ...],
    handed: Handed | None,
) -> Told:
    allowed = case.value(rule.exam_period)
    if allowed is None and isinstance(rule.exam_period, rules.Ref):
        return [("", case.gap(rule.exam_period.setting, says, part=part.id, facts=facts))]
    if allowed and (handed is not None or not case.ended):
        return [("", _note(rule, part, f"{says} It may be shown in the exam period.", facts))]
    return [(rule.otherwise, _loss(rule, part, says, facts))]


def _complete(case: Case, rule: rules.Complete, part: MiniProjectFile) -> Told:
    missing = [item for item in rule.needs if case.handed(part.id, item) is None]
    if not missing:
        return []
    dues = [case.due(part, item)[0] for item in missing]
    over = case.ended or (
        case.policy.edition.ends is None
        and all(due is not None and case.as_of > due for due in dues)
    )
    names = ", ".join(missing)
    lifted = case.lifted(rule, part.id)
    there = tuple(
        handed for item in rule.needs if (handed := case.handed(part.id, item)) is not None
    )
    if lifted:
        says = f"{part.title}: no {names}; a lecturer lifted this rule: {lifted.reason}"
        return [("", _note(rule, part, says, (*there, lifted)))]
    says = f"{part.title}: {names} missing."
    if over:
        return [(rule.otherwise, _loss(rule, part, says, there))]
    return [
        (
            "",
            Reason(
                cites=rule.cite,
                effect=Effect.AWAITS,
                says=says,
                part=part.id,
                facts=there,
                to_change=f"hand in for *{part.title}*: {names}",
            ),
        )
    ]


def _demo_once(case: Case, rule: rules.DemoOnce, part: MiniProjectFile) -> Told:
    demos = sorted(case.of(Demonstrated, part=part.id, item="demo"), key=lambda each: each.at)
    if len(demos) < 2:  # noqa: PLR2004 - a second one
        return []
    lifted = case.lifted(rule, part.id)
    if lifted:
        says = f"{part.title}: the last demo counts; a lecturer allowed another: {lifted.reason}"
        return [("", _note(rule, part, says, (*demos, lifted)))]
    says = f"{part.title}: only the first of {len(demos)} demos counts."
    return [("", _note(rule, part, says, tuple(demos)))]


def _note(rule: rules.Rule, part: MiniProjectFile, says: str, facts: tuple[Any, ...]) -> Reason:
    return Reason(cites=rule.cite, effect=Effect.NOTES, says=says, part=part.id, facts=facts)


def _loss(
    rule: rules.OnTime | rules.Complete,
    part: MiniProjectFile,
    says: str,
    facts: tuple[Any, ...],
) -> Reason:
    return Reason(
        cites=rule.cite,
        effect=Effect.NOTES,  # whether it blocks is for the rules of the course to say
        says=f'{says} It counts as "{rule.otherwise}".',
        part=part.id,
        facts=facts,
        ours=rule.ours or "",
    )


APPLY: dict[type[rules.Rule], Callable[[Case, Any, MiniProjectFile], Told]] = {
    rules.OnTime: _on_time,
    rules.Complete: _complete,
    rules.DemoOnce: _demo_once,
}


def _rows(case: Case, part: MiniProjectFile) -> list[Row]:
    """The criteria that concern this student: of the lab that they took, and the general ones."""
    labs = {"", *(each.lab for each in case.of(Took, part=part.id))}
    return [row for row in case.policy.rubrics[part.id] if row.lab in labs]


def _reached(case: Case, part: MiniProjectFile, row: Row, *, first: bool) -> Reached:
    """The level that counts: of the resit, else of the first chance unless that was lost."""
    found = case.of(Assessed, part=part.id, criterion=row.criterion.id)
    own = [fact for fact in found if fact.level in row.levels]  # not of a lab given up
    chances = [fact for fact in own if first or fact.chance > 1]
    counting = max(chances, key=lambda fact: fact.chance, default=None)
    return Reached(
        criterion=row.criterion.id,
        title=row.criterion.title,
        technical=row.criterion.technical,
        levels=row.levels,
        passing=row.passing,
        level=counting.level if counting else None,
        fact=counting,
    )


def _shown(
    case: Case, part: MiniProjectFile, reached: tuple[Reached, ...]
) -> tuple[tuple[Reached, ...], list[Reason]]:
    """What a video does not show is not reached."""
    found = [each for each in case.policy.edition.rules if isinstance(each, rules.ShownInVideo)]
    rule = next((each for each in found if case.policy.speaks_of(each, part)), None)
    demo = _counting_demo(case, part)
    if rule is None or demo is None or demo.shown is None or case.lifted(rule, part.id):
        return reached, []
    kept, reasons = [], []
    for each in reached:
        seen = each.criterion in demo.shown or not each.technical
        if seen or each.fact is None or getattr(each.fact, "chance", 1) > 1:
            kept.append(each)
            continue
        says = f"{part.title}: the video does not show *{each.title}*, so it does not count."
        reasons.append(_note(rule, part, says, (demo, each.fact)))
        kept.append(replace(each, level=each.levels[0], hidden=reasons[-1]))
    return tuple(kept), reasons


def _counting_demo(case: Case, part: MiniProjectFile) -> Demonstrated | None:
    """The first demo where only one is allowed, else the last."""
    demos = sorted(case.of(Demonstrated, part=part.id, item="demo"), key=lambda each: each.at)
    if not demos:
        return None
    once = [each for each in case.policy.edition.rules if isinstance(each, rules.DemoOnce)]
    rule = next((each for each in once if case.policy.speaks_of(each, part)), None)
    return demos[0] if rule and not case.lifted(rule, part.id) else demos[-1]


def _awaited(
    case: Case, part: MiniProjectFile, reached: tuple[Reached, ...], *, lost: bool
) -> list[Reason]:
    """What an assessor, or the student, has still to do."""
    if lost or not case.decides(part) or (case.ended and not _handed_in(case, part)):
        return []
    cites = part.cite or case.policy.edition.scale_cites
    undecided = [each for each in reached if each.level is None]
    says = [f"{part.title}: *{each.title}* is not assessed yet." for each in undecided]
    untaken = part.labs and part.lab_decides and not case.of(Took, part=part.id)
    if untaken and not case.ended:  # after the end no student hands in any more
        says = [*says, f"{part.title}: nothing was handed in yet for any of its labs."]
    return [
        Reason(cites=cites, effect=Effect.AWAITS, says=each, part=part.id, facts=())
        for each in says
    ]


def _handed_in(case: Case, part: MiniProjectFile) -> bool:
    """Whether there is anything that an assessor could still look at."""
    if not part.deliverables:
        return True
    return any(case.handed(part.id, item.id) for item in part.deliverables)
