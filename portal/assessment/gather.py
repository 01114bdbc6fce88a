"""All that is known about the students of an edition, as facts of its policy.

A constant number of queries, however many students. What the edition's file does not know (any
more) is left out: it cannot count.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from lab_specs.edition.rules import TeamSize
from portal.assessment.models import (
    Appointment,
    Assessment,
    DemoHeld,
    Mark,
    Override,
    Presence,
    Question,
    Tick,
)
from portal.assessment.models.given import DemoState
from portal.assessment.policy import facts
from portal.assessment.policy.facts import Fact
from portal.assessment.students import Room, Student, enter
from portal.courses.models import Edition, Extension, SizeAgreed
from portal.courses.queries import held_on
from portal.deliveries.facts import delivered
from portal.submissions.models import Submission


@dataclass(frozen=True, slots=True)
class Gathered:
    """The students by name, and the facts about each, by the person's key."""

    students: Sequence[Student]
    facts: Mapping[int, Sequence[Fact]]


def gather(edition: Edition, *, people: Collection[int] | None = None) -> Gathered:
    """The facts about all students of an edition who take part, or about these people alone."""
    room = enter(edition, people=people)
    took = _work(room)
    _assessed(room, took)
    _marks(room)
    _demos(room)
    _lifted(room)
    _said_of_one(room)
    _ticks(room)
    _dates(room)
    return Gathered(room.students, room.told)


def _newest(rows: QuerySet[Any], key: Sequence[str], *values: str) -> list[dict[str, Any]]:
    """Of rows that are only added, the newest of each key."""
    found = rows.order_by("pk").values("pk", *key, *values)
    return list({tuple(row[name] for name in key): row for row in found}.values())


def _work(room: Room) -> dict[tuple[int, int], str]:
    """When each item was there first; gives the newest lab of each team's work back."""
    for (project, team), items in delivered(room.edition).items():
        if project not in room.parts:
            continue
        for item, first in items.items():
            fact = facts.Delivered(part=room.parts[project], item=item, at=first.at)
            room.tell_owners(team, project, fact)
    rows = Submission.objects.filter(mini_project__in=room.parts).order_by("pk")
    newest = rows.values_list("team_id", "mini_project_id", "lab")
    return {(team, project): lab for team, project, lab in newest}


def _assessed(room: Room, took: dict[tuple[int, int], str]) -> None:
    """Levels on which assessors are settled; of labs, only those of the one that was taken."""
    held = Assessment.objects.filter(mini_project__in=room.parts, settled=True).order_by("pk")
    rows = list(
        held.values_list(
            "team_id",
            "mini_project_id",
            "criterion__lab",
            "criterion__slug",
            "level__name",
            "chance",
            "pk",
        )
    )
    labs = {each.id: each.labs for each in room.edition.file.mini_projects}
    for team, project, lab, *_ in rows:
        if lab:  # decided without anything handed in
            took.setdefault((team, project), lab)
    for (team, project), lab in took.items():
        part = room.parts[project]
        if lab in labs[part]:
            room.tell_owners(team, project, facts.Took(part=part, lab=lab))
    for team, project, lab, criterion, level, chance, pk in rows:
        if lab in {"", took.get((team, project), "")}:
            fact = facts.Assessed(
                part=room.parts[project],
                criterion=criterion,
                level=level,
                chance=chance,
                ref=f"assessment {pk}",
            )
            room.tell_owners(team, project, fact)


def _marks(room: Room) -> None:
    known = [each.id for each in room.edition.file.marks]
    rows = Mark.objects.filter(edition=room.edition, mark__in=known, points__isnull=False)
    for pk, mark, student, team, points, chance in rows.values_list(
        "pk", "mark", "student_id", "team_id", "points", "chance"
    ):
        fact = facts.Marked(
            mark=mark, points=_plain(points or Decimal(0)), chance=chance, ref=f"mark {pk}"
        )
        room.tell(student, team, fact)


def _plain(points: Decimal) -> Decimal:
    """The number without the zeros that a column adds."""
    return points.quantize(Decimal(1)) if points == points.to_integral() else points.normalize()


def _demos(room: Room) -> None:
    """Demos that were held; one for a team is told to those whose work it shows."""
    for row in _newest(
        DemoHeld.objects.filter(mini_project__in=room.parts),
        ["source"],
        *("mini_project_id", "student_id", "team_id", "item", "held_at", "way", "state", "shown"),
    ):
        if row["state"] != DemoState.HELD:
            continue
        shown = None if row["shown"] is None else frozenset(row["shown"])
        fact = facts.Demonstrated(
            part=room.parts[row["mini_project_id"]],
            at=row["held_at"],
            item=row["item"],
            way=row["way"],
            shown=shown,
            ref=row["source"],
        )
        room.tell(row["student_id"], row["team_id"], fact)


def _lifted(room: Room) -> None:
    """Rules that a lecturer lifted, values that one moved, team sizes that one agreed to."""
    owner = ("student_id", "team_id")
    parts = {"", *room.parts.values()}
    for row in _newest(
        Override.objects.filter(edition=room.edition),
        [*owner, "rule", "part"],
        *("points", "holds", "reason"),
    ):
        if not row["holds"] or row["part"] not in parts:
            continue
        fact: Fact = facts.Overridden(
            rule=row["rule"], part=row["part"], reason=row["reason"], ref=f"override {row['pk']}"
        )
        if row["points"] is not None:
            moved = _plain(row["points"])
            fact = facts.Moved(points=moved, reason=row["reason"], ref=f"override {row['pk']}")
        room.tell(row["student_id"], row["team_id"], fact)
    sizes = [each for each in room.edition.file.rules if isinstance(each, TeamSize)]
    agreed = SizeAgreed.objects.filter(team__edition=room.edition)
    for row in _newest(agreed, ["team_id"], "size", "reason"):
        if row["size"] != len(room.members.get(row["team_id"], ())):
            continue
        for rule in sizes:
            room.tell(
                None, row["team_id"], facts.Overridden(rule=rule.cite[0], reason=row["reason"])
            )


def _said_of_one(room: Room) -> None:
    """Presence, questions, appointments."""
    edition = room.edition
    for row in _newest(
        Presence.objects.filter(edition=edition), ["student_id", "event"], "present"
    ):
        if row["present"] is not None:
            fact = facts.Present(event=row["event"], present=row["present"])
            room.tell(row["student_id"], None, fact)
    for row in _newest(Question.objects.filter(edition=edition), ["student_id", "talk"], "holds"):
        if row["holds"]:
            room.tell(row["student_id"], None, facts.Asked(talk=row["talk"]))
    for row in _newest(Appointment.objects.filter(edition=edition), ["student_id"], "on", "holds"):
        if row["holds"]:
            room.tell(row["student_id"], None, facts.Appointed(on=row["on"]))


def _ticks(room: Room) -> None:
    ticks = Tick.objects.filter(team__edition=room.edition)
    for row in _newest(ticks, ["team_id", "item"], "ticked"):
        if row["ticked"]:
            room.tell(None, row["team_id"], facts.Ticked(item=row["item"]))


def _dates(room: Room) -> None:
    """Sessions that moved, for everybody; deadlines that were extended, for one team."""
    known = {each.id for each in room.edition.file.sessions}
    for session, on in held_on(room.edition).items():
        if session in known:
            for told in room.told.values():
                told.append(facts.Held(session=session, on=on))
    extended = Extension.objects.filter(mini_project__in=room.parts)
    for row in _newest(extended, ["mini_project_id", "team_id", "deliverable"], "until", "reason"):
        fact = facts.Extended(
            part=room.parts[row["mini_project_id"]],
            item=row["deliverable"],
            until=row["until"],
            reason=row["reason"],
        )
        room.tell_owners(row["team_id"], row["mini_project_id"], fact)
