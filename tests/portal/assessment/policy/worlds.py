"""Random students of the six editions: any mix of levels, marks, dates and overrides."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from lab_specs.edition.syllabus import Deliverable
from portal.assessment.policy import facts
from portal.assessment.policy.facts import Fact
from portal.assessment.policy.policy import Policy
from tests.portal.assessment.policy.table import policy_of

SETTINGS: dict[str, dict[str, Any]] = {
    "put-2025-26": {
        "grade_table": {0: 2, 1: 2, 2: 3, 3: 3.5, 4: 4, 5: 5},
        "pass_grade": 3,
        "topics": "as agreed",
    },
    "zhaw-fs2026": {
        "pass_mark": 50,
        "rounding": 0.5,
        "missing_mark": "zero",
        "absence": "noted",
        "resit": True,
    },
    "upc-2023-24": {
        "pass_mark": 5,
        "resit": True,
        "peer_points": 1,
        "missing_question": "blocks",
    },
    "hogent-2024-25": {"demo_week": "calendar", "exam_demo": True, "distance_deadline": True},
    "hogent-2025-26": {"demo_week": "calendar", "distance_deadline": True},
    "dtu-2023-01": {"updates_needed": True, "resit": False},
}
OPEN = {name: policy_of(name) for name in SETTINGS}
FILLED = {name: OPEN[name].with_settings(values) for name, values in SETTINGS.items()}


@st.composite
def students(draw: st.DrawFn, policy: Policy) -> tuple[list[Fact], datetime]:
    """Facts that can all hold, and a moment in or after the semester."""
    edition = policy.edition
    found: list[Fact] = []
    if edition.tracks:
        found.append(facts.OnTrack(track=draw(st.sampled_from([t.id for t in edition.tracks]))))
    size = draw(st.integers(0, 7))
    if size:
        found.append(facts.InTeam(name="Amber", size=size))
    found += draw(_levels(policy))
    for mark in edition.marks:
        for chance in (1, 2):
            points = draw(st.none() | st.integers(0, int(mark.highest) * 2))
            if points is not None:
                half = Decimal(points) / 2
                found.append(facts.Marked(mark=mark.id, points=half, chance=chance))
        if draw(st.booleans()):
            found.append(facts.Present(event=mark.id, present=draw(st.booleans())))
    for part in edition.mini_projects:
        for item in part.deliverables:
            found += draw(_handed(policy, part.id, item))
    found += draw(_special(policy))
    start = edition.end_of(edition.starts)
    assert start is not None
    return found, start + timedelta(days=draw(st.integers(0, 200)))


@st.composite
def _levels(draw: st.DrawFn, policy: Policy) -> list[Fact]:
    found: list[Fact] = []
    for part in policy.edition.mini_projects:
        lab = draw(st.sampled_from(["", *part.labs]))
        if lab:
            found.append(facts.Took(part=part.id, lab=lab))
        rows = [row for row in policy.rubrics[part.id] if row.lab in {"", lab}]  # as gathered
        for row in rows:
            for chance in (1, 2):
                level = draw(st.none() | st.sampled_from(row.levels))
                if level is not None and (chance == 1 or draw(st.integers(0, 4)) == 0):
                    found.append(
                        facts.Assessed(
                            part=part.id,
                            criterion=row.criterion.id,
                            level=level,
                            chance=chance,
                        )
                    )
    return found


@st.composite
def _handed(draw: st.DrawFn, policy: Policy, part: str, item: Deliverable) -> list[Fact]:
    when = item.due or policy.part(part).deadline
    due = policy.edition.moment(when) or policy.edition.end_of(policy.edition.starts)
    assert due is not None
    if draw(st.integers(0, 5)) == 0:
        return []
    at = due + timedelta(seconds=draw(st.sampled_from([-86_400, -1, 0, 1, 86_400])))
    if item.kind != "demo":
        return [facts.Delivered(part=part, item=item.id, at=at)]
    criteria = [row.criterion.id for row in policy.rubrics[part]]
    return [
        facts.Demonstrated(
            part=part,
            item=item.id,
            at=at,
            way=draw(st.sampled_from(["contact", "video", "call", "exam"])),
            shown=draw(st.none() | st.frozensets(st.sampled_from(criteria))),
        )
    ]


@st.composite
def _special(draw: st.DrawFn, policy: Policy) -> list[Fact]:
    edition = policy.edition
    found: list[Fact] = []
    cites = [cite for rule in edition.rules for cite in rule.cite]
    part = draw(st.sampled_from(["", *(each.id for each in edition.mini_projects)]))
    if draw(st.booleans()):
        rule = draw(st.sampled_from(cites))
        found.append(facts.Overridden(rule=rule, part=part, reason="Illness"))
    if part and draw(st.booleans()):
        until = datetime(2026, 12, 24, tzinfo=UTC)
        found.append(facts.Extended(part=part, until=until, reason="Illness"))
    if draw(st.booleans()):
        found.append(facts.Asked(talk="Birch"))
    if draw(st.booleans()):
        found.append(facts.Moved(points=Decimal(draw(st.integers(-3, 3))), reason="Peers"))
    if edition.sessions and draw(st.booleans()):
        session = draw(st.sampled_from(edition.sessions))
        if session.day:
            found.append(facts.Held(session=session.id, on=session.day + timedelta(days=7)))
    assert edition.starts is not None
    day = edition.starts + timedelta(days=draw(st.integers(0, 150)))
    found += [
        facts.AskedScale(scale=scale, on=day)
        for scale in edition.other_scales
        if draw(st.booleans())
    ]
    if draw(st.booleans()):
        found.append(facts.Appointed(on=day))
    return found
