"""Refuses facts that cannot all hold, or that speak of what the edition does not have.

Such a fact would otherwise count for nothing, and nobody would see it.
"""

from collections.abc import Sequence
from typing import TypeVar

from portal.assessment.policy.facts import (
    Assessed,
    Contradiction,
    Fact,
    Held,
    Marked,
    OnTrack,
    Took,
)
from portal.assessment.policy.policy import Policy

NAMES = {"part": "mini_projects", "mark": "marks", "track": "tracks", "session": "sessions"}
F = TypeVar("F", bound=Fact)


def demand_sound(policy: Policy, given: Sequence[Fact]) -> None:
    """Raises `Contradiction` for the first fact that cannot be."""
    tables = {field: _ids(policy, table) for field, table in NAMES.items()}
    for fact in given:
        for field, known in tables.items():
            name = getattr(fact, field, "")
            if name and name not in known:
                raise Contradiction(f"{type(fact).__name__}: no {field} {name!r} in this edition")
        if isinstance(fact, Assessed):
            _demand_level(policy, fact)
        if isinstance(fact, Took) and fact.lab not in policy.part(fact.part).labs:
            raise Contradiction(f"{fact.part}: no lab {fact.lab!r}")
        if isinstance(fact, Marked):
            _demand_range(policy, fact)
    _demand_one(given)


def _ids(policy: Policy, table: str) -> set[str]:
    return {each.id for each in getattr(policy.edition, table)}


def _demand_level(policy: Policy, fact: Assessed) -> None:
    criteria = policy.criteria[fact.part]
    if fact.criterion not in criteria:
        raise Contradiction(f"{fact.part}: no criterion {fact.criterion!r}")
    if fact.level not in criteria[fact.criterion]:
        raise Contradiction(f"{fact.part}, {fact.criterion}: no level {fact.level!r}")


def _demand_range(policy: Policy, fact: Marked) -> None:
    mark = next(each for each in policy.edition.marks if each.id == fact.mark)
    if not 0 <= fact.points <= mark.highest:
        raise Contradiction(f"{mark.id}: {fact.points} is not within 0 and {mark.highest}")


def _demand_one(given: Sequence[Fact]) -> None:
    """One level per criterion and chance, one mark, one track, one lab, one day."""
    seen: set[tuple[str, ...]] = set()
    key: tuple[str, ...]
    for fact in given:
        match fact:
            case Assessed():
                key = ("levels for one chance", fact.part, fact.criterion, str(fact.chance))
            case Marked():
                key = ("marks for one chance", fact.mark, str(fact.chance))
            case OnTrack():
                key = ("tracks",)
            case Took():
                key = ("labs", fact.part)
            case Held():
                key = ("days of one session", fact.session)
            case _:
                continue
        if key in seen:
            about = ", ".join(key[1:])
            raise Contradiction(f"two {key[0]}{': ' if about else ''}{about}")
        seen.add(key)
