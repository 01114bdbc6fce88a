"""The fair order of what waits. Pure: rows go in, the same rows come out in their order.

Lanes go strictly one after the other. Within a lane the editions take turns, within an edition
its teams do (a student alone is one), and the work of one team goes first come, first served.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from itertools import chain, zip_longest

_Had = dict[int, tuple[int, datetime]]  # attempts that run, and when the last one was begun
NEVER = datetime.min.replace(tzinfo=UTC)
NOTHING = (0, NEVER)


class Lane(IntEnum):
    """Why work is graded; a lower number goes first."""

    INTERACTIVE = 0  # somebody has just handed it in
    SNAPSHOT = 3  # what stood there at a deadline
    RERUN = 5  # staff have it graded once more


@dataclass(frozen=True, slots=True)
class Waiting:
    """One attempt that waits. Its lab says how long it takes and has no say in the order."""

    pk: int
    lane: int
    edition: int
    team: int
    queued_at: datetime
    lab: str


@dataclass(frozen=True, slots=True)
class Served:
    """What a team has had of late: attempts that run now, and when the last one was begun."""

    edition: int
    team: int
    running: int
    last: datetime | None


def order(waiting: Iterable[Waiting], served: Iterable[Served] = ()) -> list[Waiting]:
    """The order in which the rows are taken; what comes first in the input does not matter."""
    had = list(served)
    editions = _had((each.edition, each) for each in had)
    teams = _had((each.team, each) for each in had)
    rows = sorted(waiting, key=_age)
    found: list[Waiting] = []
    for lane in sorted({row.lane for row in rows}):
        in_lane = [row for row in rows if row.lane == lane]
        found += _take_turns(
            _take_turns(_queues(own, lambda row: row.team, teams))
            for own in _queues(in_lane, lambda row: row.edition, editions)
        )
    return found


def _had(served: Iterable[tuple[int, Served]]) -> _Had:
    """What the teams of one edition had together, or each team by itself."""
    had: _Had = {}
    for number, each in served:
        running, last = had.get(number, NOTHING)
        had[number] = (running + each.running, max(last, each.last or NEVER))
    return had


def _queues(
    rows: Sequence[Waiting], of: Callable[[Waiting], int], had: _Had
) -> list[list[Waiting]]:
    """The rows in one queue each; first whose has least running, then who waited longest."""
    queues: dict[int, list[Waiting]] = defaultdict(list)
    for row in rows:
        queues[of(row)].append(row)
    return sorted(queues.values(), key=lambda own: (had.get(of(own[0]), NOTHING), _age(own[0])))


def _take_turns(queues: Iterable[Sequence[Waiting]]) -> list[Waiting]:
    """The first of each queue, then the second of each, and so on."""
    return [row for row in chain.from_iterable(zip_longest(*queues)) if row is not None]


def _age(row: Waiting) -> tuple[datetime, int]:
    return row.queued_at, row.pk
