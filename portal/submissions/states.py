"""Where an attempt can be, and where it can go from there. All of the state machine."""

from enum import StrEnum
from itertools import pairwise


class State(StrEnum):
    """Where an attempt is. What came out of it is another column: its verdict."""

    QUEUED = "queued"
    FETCHING = "fetching"
    BUILDING = "building"
    RUNNING = "running"
    JUDGING = "judging"
    DONE = "done"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"


ACTIVE = (State.FETCHING, State.BUILDING, State.RUNNING, State.JUDGING)  # a worker holds it
LIVE = (State.QUEUED, *ACTIVE)
FINAL = (State.DONE, State.CANCELLED, State.SUPERSEDED)

_FORWARD = dict(pairwise(LIVE))


def sources(target: State) -> tuple[State, ...]:
    """The states from which an attempt may go to `target`.

    A verdict may come at any step: a link that cannot be fetched is never built.
    """
    if target in {State.CANCELLED, State.SUPERSEDED}:
        return LIVE
    if target in {State.DONE, State.QUEUED}:
        return ACTIVE
    return tuple(before for before, after in _FORWARD.items() if after is target)


def may_go(source: State, target: State) -> bool:
    """Whether an attempt may go from one state to the other."""
    return source in sources(target)
