"""Reads the tables of worked cases, which a lecturer can check by hand.

A case starts from one of the table's `starts` and says what differs. `all_levels` gives every
criterion of every mini-project that counts a level, `in_time: yes` hands everything in one day
before it is due (or on the edition's first day where nothing is due). What is listed beside them
replaces that: `none` takes it away.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from lab_specs.edition.file import EditionFile
from lab_specs.loader import load_edition, load_shelf
from portal.assessment.policy import facts
from portal.assessment.policy.facts import Fact
from portal.assessment.policy.policy import Policy

ROOT = Path(__file__).resolve().parents[4]
COURSES = ROOT / "lab_specs" / "courses"
TABLES = Path(__file__).parent / "cases"
SHELF = load_shelf([ROOT / "lab_specs" / "labs"])
KEYS = {
    *("track", "team", "took", "all_levels", "levels", "resit", "marks", "resit_marks", "in_time"),
    *("handed", "ways", "videos", "absent", "asked", "ticked", "extended", "lifted", "held"),
    *("moved", "asked_scale", "appointed"),
}
Content = dict[str, Any]


@dataclass(frozen=True)
class WorkedCase:
    """One line of a table: facts, the moment, and what a person worked out."""

    name: str
    rules: tuple[str, ...]
    by_hand: str
    policy: Policy
    facts: tuple[Fact, ...]
    as_of: datetime
    expect: Content

    def __str__(self) -> str:
        return self.name


def policy_of(edition: str) -> Policy:
    return Policy.of(load_edition(COURSES / f"{edition}.yaml"), SHELF)


def read_table(path: Path) -> list[WorkedCase]:
    content = yaml.safe_load(path.read_text())
    policy = policy_of(path.stem)
    settings = content.get("settings", {})
    cases = []
    for case in content["cases"]:
        start = content["starts"][case["from"]]
        what = {name: _merged(start.get(name), case.get(name)) for name in KEYS}
        unknown = (
            case.keys() - KEYS - {"name", "rules", "by_hand", "from", "set", "as_of", "expect"}
        )
        assert not unknown, (path.name, case["name"], unknown)
        filled = {**settings, **case.get("set", {})}
        filled = {name: value for name, value in filled.items() if value is not None}
        own = policy.with_settings(filled)
        as_of = case.get("as_of", content["as_of"])
        cases.append(
            WorkedCase(
                name=f"{path.stem}: {case['name']}",
                rules=tuple(case["rules"]),
                by_hand=case["by_hand"],
                policy=own,
                facts=tuple(facts_of(own, what)),
                as_of=moment(own.edition, as_of),
                expect=case["expect"],
            )
        )
    return cases


def all_cases() -> list[WorkedCase]:
    return [case for path in sorted(TABLES.glob("*.yaml")) for case in read_table(path)]


def _merged(start: Any, own: Any) -> Any:
    if isinstance(start, dict) and isinstance(own, dict):
        return {key: _merged(start.get(key), own.get(key)) for key in {**start, **own}}
    return start if own is None else own


def moment(edition: EditionFile, value: Any) -> datetime:
    """A time of the table, by the clock on the edition's wall; a day alone is its noon."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, 12)  # noqa: DTZ001 - zone follows
    found = edition.moment(value)
    assert found is not None
    return found


def facts_of(policy: Policy, what: Content) -> list[Fact]:
    """Every fact that the words of a case stand for."""
    known = {name: value for name, value in what.items() if value is not None}
    found: list[Fact] = [
        *_who(known),
        *_levels(policy, known),
        *_handed(policy, known),
        *_marks(known),
        *_special(policy, known),
    ]
    return found


def _who(what: Content) -> list[Fact]:
    found: list[Fact] = []
    if "track" in what:
        found.append(facts.OnTrack(track=what["track"]))
    if what.get("team"):
        found.append(facts.InTeam(name="Amber", size=what["team"]))
    found += [facts.Took(part=part, lab=lab) for part, lab in what.get("took", {}).items()]
    found += [facts.Asked(talk=talk) for talk in what.get("asked", [])]
    found += [facts.Ticked(item=item) for item in what.get("ticked", [])]
    found += [facts.Present(event=event, present=False) for event in what.get("absent", [])]
    return found


def _levels(policy: Policy, what: Content) -> list[Fact]:
    levels: dict[tuple[str, str], str] = {}
    took = what.get("took", {})
    for part, rows in policy.rubrics.items():
        if "all_levels" in what and policy.part(part).counts:
            for row in rows:
                if row.lab in {"", took.get(part)}:
                    levels[part, row.criterion.id] = what["all_levels"]
    for part, own in what.get("levels", {}).items():
        for criterion, level in own.items():
            levels[part, criterion] = level
    found: list[Fact] = [
        facts.Assessed(part=part, criterion=criterion, level=level)
        for (part, criterion), level in levels.items()
        if level != "none"
    ]
    for part, own in what.get("resit", {}).items():
        found += [
            facts.Assessed(part=part, criterion=criterion, level=level, chance=2)
            for criterion, level in own.items()
        ]
    return found


def _handed(policy: Policy, what: Content) -> list[Fact]:
    edition = policy.edition
    times: dict[tuple[str, str], list[Any]] = {}
    if what.get("in_time"):
        for part in edition.mini_projects:
            for item in part.deliverables:
                due = edition.moment(item.due or part.deadline)
                early = due - timedelta(days=1) if due else edition.end_of(edition.starts)
                times[part.id, item.id] = [early]
    for place, value in what.get("handed", {}).items():
        part_id, _, name = place.partition(".")
        several = value if isinstance(value, list) else [value]
        times[part_id, name] = [] if value == "none" else [moment(edition, at) for at in several]
    return [
        _item(policy, what, part_id, name, at)
        for (part_id, name), several in times.items()
        for at in several
    ]


def _item(policy: Policy, what: Content, part: str, name: str, at: datetime) -> Fact:
    kinds = {item.id: item.kind for item in policy.part(part).deliverables}
    if kinds[name] != "demo":
        return facts.Delivered(part=part, item=name, at=at)
    shown = what.get("videos", {}).get(part)
    way = "video" if shown is not None else what.get("ways", {}).get(part, "contact")
    return facts.Demonstrated(
        part=part,
        item=name,
        at=at,
        way=way,
        shown=frozenset(shown) if shown is not None else None,
    )


def _marks(what: Content) -> list[Fact]:
    first = [
        facts.Marked(mark=mark, points=Decimal(str(points)))
        for mark, points in what.get("marks", {}).items()
        if points != "none"
    ]
    second = [
        facts.Marked(mark=mark, points=Decimal(str(points)), chance=2)
        for mark, points in what.get("resit_marks", {}).items()
    ]
    return [*first, *second]


def _special(policy: Policy, what: Content) -> list[Fact]:
    edition = policy.edition
    found: list[Fact] = []
    for place, until in what.get("extended", {}).items():
        part, _, item = place.partition(".")
        found.append(
            facts.Extended(part=part, item=item, until=moment(edition, until), reason="Illness.")
        )
    for place, reason in what.get("lifted", {}).items():
        rule, _, part = place.partition(" ")
        found.append(facts.Overridden(rule=rule, part=part, reason=reason))
    found += [facts.Held(session=name, on=_day(on)) for name, on in what.get("held", {}).items()]
    if "moved" in what:
        found.append(facts.Moved(points=Decimal(str(what["moved"])), reason="Peer assessment"))
    for scale, on in what.get("asked_scale", {}).items():
        found.append(facts.AskedScale(scale=scale, on=_day(on)))
    if "appointed" in what:
        found.append(facts.Appointed(on=_day(what["appointed"])))
    return found


def _day(value: Any) -> date:
    assert isinstance(value, date)
    return value
