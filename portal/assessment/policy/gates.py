"""Conditions for passing: each is met, blocks, or is still awaited."""

from collections.abc import Mapping
from dataclasses import replace

from lab_specs.edition import rules
from portal.assessment.policy.case import Case
from portal.assessment.policy.facts import Asked, Fact, InTeam, Marked, Present, Ticked
from portal.assessment.policy.results import Effect, Gap, Reached, Reason, Standing

Standings = Mapping[str, Standing]


def every_criterion(case: Case, rule: rules.EveryCriterion, standings: Standings) -> list[Reason]:
    """One reason per criterion that is too low, or one that all are met."""
    found = [standings[part.id] for part in case.policy.parts_of(rule)]
    short = [reason for each in found for reason in _too_low(rule, each)]
    if short:
        return short
    facts = tuple(each.fact for s in found for each in _asked(rule, s) if each.fact is not None)
    which = "technical criterion" if rule.of == "technical" else "criterion"
    says = f"Every {which} is at the level that passes, or above."
    return [Reason(cites=rule.cite, effect=Effect.MEETS, says=says, facts=facts)]


def _asked(rule: rules.EveryCriterion, standing: Standing) -> list[Reached]:
    return [each for each in standing.reached if each.technical or rule.of == "all"]


def _too_low(rule: rules.EveryCriterion, standing: Standing) -> list[Reason]:
    asked = _asked(rule, standing)
    if standing.lost:
        return [
            Reason(
                cites=tuple(dict.fromkeys((*standing.lost.cites, *rule.cite))),
                effect=Effect.BLOCKS,
                says=standing.lost.says,
                part=standing.part,
                facts=standing.lost.facts,
                to_change=f"to pass: redo *{standing.title}* where the course allows it",
            )
        ]
    if not asked:
        says = f"{standing.title}: nothing that could be assessed was handed in."
        change = f"to pass: hand in *{standing.title}*"
        return [_blocked(rule, standing, says, (), change)]
    return [_short(rule, standing, each) for each in asked if not each.passes]


def _short(rule: rules.Rule, standing: Standing, reached: Reached) -> Reason:
    name = f"*{reached.title}* ({standing.title})"
    if reached.hidden:
        why, change = reached.hidden, f"to pass: show {name}, where the course allows it"
        cites = tuple(dict.fromkeys((*why.cites, *rule.cite)))
        return replace(why, cites=cites, effect=Effect.BLOCKS, to_change=change)
    says = f"{standing.title}: *{reached.title}* is {reached.level or 'not assessed yet'}."
    facts = (reached.fact,) if reached.fact else ()
    change = f"to pass: reach {reached.levels[reached.passing]} in {name}"
    return _blocked(rule, standing, says, facts, change)


def _blocked(
    rule: rules.Rule, standing: Standing, says: str, facts: tuple[Fact, ...], to_change: str
) -> Reason:
    return Reason(
        cites=rule.cite,
        effect=Effect.BLOCKS,
        says=says,
        part=standing.part,
        facts=facts,
        to_change=to_change,
    )


def mandatory(case: Case, rule: rules.Mandatory, standings: Standings) -> list[Reason]:
    """One reason per component: it is there, or without it nobody passes."""
    return [_component(case, rule, each, standings) for each in rule.components]


def _component(case: Case, rule: rules.Mandatory, name: str, standings: Standings) -> Reason:
    if name in standings:
        return _part_there(rule, standings[name])
    mark = next(each for each in case.policy.edition.marks if each.id == name)
    facts: tuple[Fact, ...] = tuple(case.of(Marked, mark=name))
    if facts:
        says = f"{mark.title}: there is a mark."
        return Reason(cites=rule.cite, effect=Effect.MEETS, says=says, part=name, facts=facts)
    absent = [each for each in case.of(Present, event=name) if not each.present]
    word = "absent" if absent else "no mark" if case.ended else "no mark yet"
    return Reason(
        cites=rule.cite,
        effect=Effect.BLOCKS,
        says=f"{mark.title}: {word}. Without it the course cannot be passed.",
        part=name,
        facts=tuple(absent),
        to_change=f"to pass: obtain a mark for *{mark.title}*",
    )


def _part_there(rule: rules.Mandatory, standing: Standing) -> Reason:
    facts = tuple(each.fact for each in standing.reached if each.fact is not None)
    if standing.lost is None and facts:
        says = f"{standing.title}: it is there."
        return Reason(
            cites=rule.cite, effect=Effect.MEETS, says=says, part=standing.part, facts=facts
        )
    lost = standing.lost
    return Reason(
        cites=tuple(dict.fromkeys((*lost.cites, *rule.cite))) if lost else rule.cite,
        effect=Effect.BLOCKS,
        says=lost.says if lost else f"{standing.title}: nothing is assessed yet.",
        part=standing.part,
        facts=lost.facts if lost else (),
        to_change=f"to pass: hand in *{standing.title}*",
    )


def questions(case: Case, rule: rules.Questions, standings: Standings) -> list[Reason]:
    """Questions asked at the talks of others."""
    del standings
    asked = tuple(case.of(Asked))
    if len(asked) >= rule.at_least:
        says = f"Questions asked at the talks of others: {len(asked)}."
        return [Reason(cites=rule.cite, effect=Effect.MEETS, says=says, facts=asked)]
    lifted = case.lifted(rule)
    missing = rule.at_least - len(asked)
    says = f"Questions asked at the talks of others: {len(asked)} of {rule.at_least}."
    change = f"ask {missing} more question{'s' if missing > 1 else ''} at the talk of somebody else"
    if lifted:
        says += f" A lecturer lifted this rule: {lifted.reason}"
        return [_say(rule, Effect.NOTES, says, (*asked, lifted))]
    if not case.ended:
        return [_say(rule, Effect.AWAITS, says, asked, change)]
    return _consequence(case, rule, rule.otherwise, says=says, facts=asked, change=change)


def attendance(case: Case, rule: rules.Attendance, standings: Standings) -> list[Reason]:
    """Absences, and whether they matter."""
    del standings
    absent = tuple(each for each in case.of(Present) if not each.present)
    if not absent:
        return []
    says = f"Absent: {', '.join(each.event for each in absent)}."
    lifted = case.lifted(rule)
    if lifted:
        says += f" A lecturer lifted this rule: {lifted.reason}"
        return [_say(rule, Effect.NOTES, says, (*absent, lifted))]
    change = "ask the lecturer about the absence"
    return _consequence(case, rule, rule.absence, says=says, facts=absent, change=change)


def _consequence(
    case: Case,
    rule: rules.Rule,
    wanted: rules.Ref | str,
    *,
    says: str,
    facts: tuple[Fact, ...],
    change: str,
) -> list[Reason]:
    word = case.value(wanted)
    if word is None and isinstance(wanted, rules.Ref):
        return [case.gap(wanted.setting, says, facts=facts)]
    if word == "blocks":
        return [_say(rule, Effect.BLOCKS, says, facts, f"to pass: {change}")]
    return [_say(rule, Effect.NOTES, says, facts)]


def team_size(case: Case, rule: rules.TeamSize, standings: Standings) -> list[Reason]:
    """A team outside the bounds has no result before a lecturer agrees."""
    del standings
    bounds = f"{rule.smallest} to {rule.largest}"
    teams = tuple(case.of(InTeam))
    sizes = [each.size for each in teams]
    if not teams:
        says = f"The student is in no team yet; teams have {bounds} members."
        return [_say(rule, Effect.AWAITS, says, (), f"join a team of {bounds}")]
    if all(rule.smallest <= size <= rule.largest for size in sizes):
        says = f"The team has {sizes[0]} members, within {bounds}."
        return [_say(rule, Effect.MEETS, says, teams)]
    lifted = case.lifted(rule)
    says = f"The team has {sizes[0]} members, not {bounds}."
    if lifted:
        says += f" A lecturer agreed: {lifted.reason}"
        return [_say(rule, Effect.NOTES, says, (*teams, lifted))]
    return [
        Reason(
            cites=rule.cite,
            effect=Effect.WITHHOLDS,
            says=says,
            facts=teams,
            to_change=f"form a team of {bounds}, or ask the lecturer to agree with a reason",
            gap=Gap(
                name=f"override {rule.cite[0]}",
                asks=f"May this team have {sizes[0]} members?",
                who="A lecturer of the edition",
            ),
        )
    ]


def settled(case: Case, rule: rules.Settled, standings: Standings) -> list[Reason]:
    """A setting without which nothing is worked out."""
    del standings
    setting = case.policy.setting_file(rule.setting)
    if setting.value is None:
        return [case.gap(rule.setting)]
    return [_say(rule, Effect.NOTES, f"Settled: {setting.asks} {setting.value}", ())]


def checklist(case: Case, rule: rules.Checklist, standings: Standings) -> list[Reason]:
    """How much is ticked. Nobody needs all of it."""
    del standings
    known = {each.id for each in case.policy.edition.checklist}
    ticked = tuple(each for each in case.of(Ticked) if each.item in known)
    says = f"Checklist: {len(ticked)} of {len(known)} ticked. No team is expected to tick all."
    return [_say(rule, Effect.NOTES, says, ticked)]


def _say(
    rule: rules.Rule, effect: Effect, says: str, facts: tuple[Fact, ...], to_change: str = ""
) -> Reason:
    ours = rule.ours or ""
    return Reason(
        cites=rule.cite, effect=effect, says=says, facts=facts, to_change=to_change, ours=ours
    )
