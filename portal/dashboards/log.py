"""Who did what to whose work, when and why: read from the rows that only ever grow.

People's deeds alone: what workers and the reaper do stands on each attempt's own page, and
handing in is what every student does anyway.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet, Value

from portal.courses.models import Edition
from portal.dashboards.deeds import SOURCES
from portal.people.models import User

Key = tuple[str, int, datetime]  # the kind of a row, its number, its moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the log. `attempt` is the number of the attempt that it is about, if any."""

    at: datetime
    person: User | None
    deed: str
    whose: str = "Everybody"
    work: str = ""
    attempt: int | None = None
    detail: str = ""
    reason: str


def keys(edition: Edition, *, person: str = "") -> QuerySet[Any, Key]:
    """Where the entries lie, newest first; only those of people whose name holds `person`."""
    first, *rest = (_keys(kind, edition, person) for kind in SOURCES)
    return first.union(*rest, all=True).order_by("-moment", "-row", "origin")


def entries(found: Iterable[Key]) -> list[Entry]:
    """The lines for some keys, in their order, in at most one query for each kind."""
    wanted = list(found)
    lines: dict[tuple[str, int], Entry] = {}
    for kind, source in SOURCES.items():
        numbers = [number for each, number, _ in wanted if each == kind]
        for row in source.rows.filter(pk__in=numbers).select_related(source.by):
            lines[kind, row.pk] = Entry(
                at=getattr(row, source.at),
                person=getattr(row, source.by),
                reason=getattr(row, source.reason),
                **source.told(row),
            )
    return [lines[kind, number] for kind, number, _ in wanted]


def _keys(kind: str, edition: Edition, person: str) -> QuerySet[Any, Key]:
    source = SOURCES[kind]
    named = Q(**{f"{source.by}__username__icontains": person})
    named |= Q(**{f"{source.by}__display_name__icontains": person})
    of_people = {source.edition: edition, f"{source.by}__isnull": False}
    found: QuerySet[Any, Key] = (
        source.rows.filter(named, **of_people)
        .order_by()
        .annotate(origin=Value(kind), row=F("pk"), moment=F(source.at))
        .values_list("origin", "row", "moment")
    )
    return found
