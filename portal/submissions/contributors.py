"""Who of a team made the commits of a history: rows and members in, shares out; no Django.

Information for a person who reads it, never a measure: names and addresses of commits are what
their authors typed.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

NOREPLY = re.compile(r"(?:\d+\+)?(?P<login>[a-z0-9-]+)@users\.noreply\.")
NOBODY = {  # names that a machine gives to anybody
    *("", "nameless", "unknown", "root", "admin", "administrator", "user", "student", "you"),
    *("your name", "ubuntu", "debian", "runner", "vagrant", "jovyan", "codespace", "vscode"),
}


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of a team, with all by which a commit may name them."""

    id: int
    name: str
    names: frozenset[str]
    mail: str
    github: str


@dataclass(slots=True)
class Share:
    """What commits say of one person: a member, or somebody whom the team does not know."""

    name: str
    member: Member | None = None
    known_by: str = ""  # what told that it is this member
    commits: int = 0
    helped: int = 0
    added: int = 0
    removed: int = 0
    left_out: int = 0
    first: str = ""
    last: str = ""
    addresses: list[str] = field(default_factory=list)
    also: list[str] = field(default_factory=list)


def shares(rows: Sequence[Mapping[str, Any]], members: Sequence[Member]) -> list[Share]:
    """One share for each member, busiest first, then those for whom nobody of the team fits.

    Rows belong together when they have one GitHub name, or one member's address; or one name,
    unless that name, or what is known by address, could mean two people.
    """
    bundles = [_Bundle([row], _by_address(row, members)) for row in rows]
    bundles = _joined(bundles, lambda row: {_login(row["mail"])} - {""}, members)
    bundles = _joined(bundles, lambda row: {_plain(row["name"])} - NOBODY, members)
    found = {member.id: Share(member.name, member) for member in members}
    others = []
    for bundle in bundles:
        member, known_by = bundle.member, "address"
        if member is None:
            member, known_by = _by_name(bundle, members), "name"
        share = found[member.id] if member else Share(bundle.name)
        if member is None:
            others.append(share)
        elif share.known_by != "address":
            share.known_by = known_by
        for row in bundle.rows:
            _add(share, row)
    own = sorted(found.values(), key=lambda share: (-share.commits, share.name))
    return own + sorted(others, key=lambda share: (-share.commits, share.name))


@dataclass(slots=True)
class _Bundle:
    """Rows that are one person, and who that is when an address tells it."""

    rows: list[Mapping[str, Any]]
    member: Member | None

    @property
    def name(self) -> str:
        """What most of the commits say."""
        return str(max(self.rows, key=lambda row: (row["commits"], row["name"]))["name"])


def _joined(
    bundles: Iterable[_Bundle],
    keys: Callable[[Mapping[str, Any]], set[str]],
    members: Sequence[Member],
) -> list[_Bundle]:
    """Bundles that share a key, put together where that means one person at most."""
    left = list(bundles)
    for key in sorted({key for each in left for row in each.rows for key in keys(row)}):
        if sum(key in member.names for member in members) > 1:
            continue
        same = [each for each in left if any(key in keys(row) for row in each.rows)]
        known = {each.member.id for each in same if each.member}
        if len(same) < 2 or len(known) > 1:  # noqa: PLR2004 - one is alone
            continue
        rows = [row for each in same for row in each.rows]
        one = _Bundle(rows, next((each.member for each in same if each.member), None))
        left = [one, *(each for each in left if each not in same)]
    return left


def _by_address(row: Mapping[str, Any], members: Sequence[Member]) -> Member | None:
    login = _login(row["mail"])
    fitting = [
        member
        for member in members
        if (row["mail"] and member.mail == row["mail"]) or (login and member.github == login)
    ]
    return fitting[0] if len(fitting) == 1 else None


def _by_name(bundle: _Bundle, members: Sequence[Member]) -> Member | None:
    names = {_plain(row["name"]) for row in bundle.rows} - NOBODY
    fitting = [member for member in members if names & member.names]
    return fitting[0] if len(fitting) == 1 else None


def _login(mail: str) -> str:
    """The GitHub name in an address that GitHub itself gave out."""
    found = NOREPLY.match(mail)
    return found["login"] if found else ""


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())


def _add(share: Share, row: Mapping[str, Any]) -> None:
    for name in ("commits", "helped", "added", "removed", "left_out"):
        setattr(share, name, getattr(share, name) + row[name])
    days = [day for day in (share.first, row["first"]) if day]
    share.first = min(days, default="")
    share.last = max(share.last, row["last"])
    share.addresses.append(row["mail"] or row["name"])
    share.also += row["also"]
