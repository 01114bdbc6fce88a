"""Who should be in a room, who is, and what is to be done about it. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Name(StrEnum):
    """What is known of somebody's name on GitHub."""

    PROVED = "proved"  # they have signed in with it
    CLAIMED = "claimed"  # the roster says so, and nobody has proved it
    UNKNOWN = "unknown"


class Place(StrEnum):
    """Where a member of the team stands with the repository."""

    IN = "in"
    INVITED = "invited"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody of the team. `number`: GitHub's, once it is proved."""

    name: str
    login: str
    number: int | None = None

    @property
    def known(self) -> Name:
        """What is known of their name on GitHub."""
        if self.number:
            return Name.PROVED
        return Name.CLAIMED if self.login else Name.UNKNOWN

    def welcome(self, *, claimed: bool) -> bool:
        """Whether they can be invited. `claimed`: also by a name that nobody proved."""
        return self.known is Name.PROVED or (claimed and self.known is Name.CLAIMED)

    def told(self) -> dict[str, Any]:
        """As an errand says it."""
        return {"login": self.login, "number": self.number}


@dataclass(frozen=True, slots=True)
class Standing:
    """A member of the team, and where they stand."""

    guest: Guest
    place: Place


@dataclass(frozen=True, slots=True)
class Guests:
    """A room's people. `to_add` and `to_remove` are what has not been done."""

    standings: Sequence[Standing]
    to_add: Sequence[Guest]
    to_remove: Sequence[Mapping[str, Any]]  # {login, number}, as GitHub knows them
    others: Sequence[str]  # logins of those who are there and are none of ours to remove

    @property
    def nameless(self) -> bool:
        """Whether somebody is outside who cannot be invited."""
        waiting = [each.guest for each in self.standings if each.place is Place.OUTSIDE]
        return any(guest not in self.to_add for guest in waiting)

    @property
    def complete(self) -> bool:
        """Whether everybody is in."""
        return all(each.place is Place.IN for each in self.standings)


def compare(
    team: Iterable[Guest], seen: Mapping[str, Any], students: Collection[Guest], *, claimed: bool
) -> Guests:
    """What GitHub told of a repository, held against its team.

    `students`: all of the edition. Only they are ever removed: whoever else is there was let in
    by somebody of the organisation, who knows why.
    """
    inside, invited = seen.get("members", []), seen.get("invited", [])
    standings = []
    for guest in team:
        place = Place.OUTSIDE
        if any(_same(guest, each) for each in invited):
            place = Place.INVITED
        if any(_same(guest, each) for each in inside):
            place = Place.IN
        standings.append(Standing(guest, place))
    ours = [each.guest for each in standings]
    strangers = [
        each for each in (*inside, *invited) if not any(_same(guest, each) for guest in ours)
    ]
    known = _Known(students)
    removed = [each for each in strangers if known.has(each)]
    return Guests(
        standings,
        [
            each.guest
            for each in standings
            if each.place is Place.OUTSIDE and each.guest.welcome(claimed=claimed)
        ],
        removed,
        [str(each.get("login", "")) for each in strangers if each not in removed],
    )


def _same(guest: Guest, seen: Mapping[str, Any]) -> bool:
    """A proved number says more than a name, which can change hands."""
    if guest.number and seen.get("number"):
        return bool(guest.number == seen["number"])
    return bool(guest.login) and guest.login.lower() == str(seen.get("login", "")).lower()


class _Known:
    """All students of an edition, found without looking at each of them."""

    def __init__(self, students: Iterable[Guest]) -> None:
        people = list(students)
        self.numbers = {each.number for each in people if each.number}
        self.logins = {each.login.lower() for each in people if each.login and not each.number}

    def has(self, seen: Mapping[str, Any]) -> bool:
        login = str(seen.get("login", "")).lower()
        return seen.get("number") in self.numbers or login in self.logins
