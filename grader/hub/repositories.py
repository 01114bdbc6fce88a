"""Repositories for a roster: what is there, making what is not, and letting people in.

Each step looks first, so that any of it can be done again after a failure: what is there with the
portal's mark in its description is the portal's, whether or not it ever heard so.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from grader.github import Github, Hub, Repository, if_there, told
from grader.output import tidy
from lab_specs.troubles import GitHubTrouble, Trouble

LOOK = {"administration": "read", "metadata": "read"}
MAKE = {"administration": "write", "contents": "read", "metadata": "read"}
SAID = 300  # characters of GitHub's words that are kept
# What is wrong with one person's name, and no reason to leave the others outside
NAMES = frozenset({Trouble.NOT_FOUND, Trouble.REFUSED})

Told = Mapping[str, Any]


def look(hub: Hub, asked: Told) -> dict[str, Any]:
    """What is there of `rooms` [{room, name, mark, number}], and whether `template` is one."""
    github = hub.installation(asked["installation"], permissions=LOOK)
    return {
        "rooms": {
            str(each["room"]): _seen(github, asked["account"], each) for each in asked["rooms"]
        },
        "template": _template(github, asked["template"]),
    }


def make(hub: Hub, asked: Told) -> dict[str, Any]:
    """Have a repository there, and its people in it.

    `asked`: installation, account, name, mark, number (once it is known), description, template
    ("" for none), private, permission, invite and remove [{login, number}].
    """
    github = hub.installation(asked["installation"], permissions=MAKE)
    found = _find(github, asked["account"], asked)
    if found is None:
        found = _create(github, asked)
    elif not _ours(found, asked):
        raise GitHubTrouble(Trouble.TAKEN, what=found.full_name)
    people = _people(found)
    notes = _let_in(github, found, people, asked)
    changed = _let_go(found, people, asked["remove"])
    if changed or people.changed:
        people = _people(found)
    return _as_told(found) | people.told() | {"notes": notes}


@dataclass(slots=True)
class People:
    """Who is in a repository, and who is invited and may still come."""

    members: list[dict[str, Any]]
    invitations: dict[int, dict[str, Any]]
    expired: dict[int, dict[str, Any]] = field(default_factory=dict)
    changed: bool = False

    def told(self) -> dict[str, Any]:
        """As an answer says it."""
        return {"members": self.members, "invited": list(self.invitations.values())}


def _seen(github: Github, account: str, each: Told) -> dict[str, Any]:
    found = _find(github, account, each)
    if found is None:
        return {"there": False}
    if not _ours(found, each):
        return {"there": True, "ours": False, "full_name": found.full_name}
    return _as_told(found) | _people(found).told()


def _as_told(found: Repository) -> dict[str, Any]:
    return {
        "there": True,
        "ours": True,
        "number": found.id,
        "full_name": found.full_name,
        "private": found.private,
        "default_branch": found.default_branch or "main",
    }


def _template(github: Github, name: str) -> str:
    """Fine; plain: it is there and no template; absent: the App does not see it."""
    if not name:
        return ""
    found = _get(github, name)
    if found is None:
        return "absent"
    return "fine" if found.is_template else "plain"


def _find(github: Github, account: str, each: Told) -> Repository | None:
    """By its number, which stays through every renaming; else by its name."""
    if each.get("number"):
        found = _get(github, int(each["number"]))
        if found is not None:
            return found
    found = _get(github, f"{account}/{each['name']}")
    renamed = found is not None and found.name.lower() != each["name"].lower()
    return None if found is None or (renamed and not _ours(found, each)) else found


def _get(github: Github, which: str | int) -> Repository | None:
    with if_there(what=str(which)):
        return github.get_repo(which)
    return None


def _ours(found: Repository, each: Told) -> bool:
    known = each.get("number")
    return found.id == known or f"({each['mark']})" in (found.description or "")


def _create(github: Github, asked: Told) -> Repository:
    where = f"{asked['account']}/{asked['name']}"
    how = {"description": asked["description"], "private": asked["private"]}
    try:
        with told(what=where):
            owner = github.get_organization(asked["account"])
            if not asked["template"]:
                return owner.create_repo(asked["name"], **how)
            template = github.get_repo(asked["template"])
            return owner.create_repo_from_template(asked["name"], template, **how)
    except GitHubTrouble as trouble:
        if trouble.code is Trouble.REFUSED and "already exists" in trouble.facts.get("said", ""):
            raise GitHubTrouble(Trouble.TAKEN, what=where) from trouble
        raise


def _people(found: Repository) -> People:
    """Those whom somebody let in by name; owners of the organisation are there anyway."""
    with told(what=found.full_name):
        members = [
            {"login": each.login, "number": each.id}
            for each in found.get_collaborators(affiliation="direct")
        ]
        people = People(members, {})
        for each in found.get_pending_invitations():
            if each.invitee is None:
                continue
            who = {"login": each.invitee.login, "number": each.invitee.id}
            (people.expired if each.expired else people.invitations)[each.id] = who
    return people


def _let_in(github: Github, found: Repository, people: People, asked: Told) -> list[dict[str, Any]]:
    """Invite who is neither in nor invited. What was wrong with somebody's name."""
    notes = []
    here = [*people.members, *people.invitations.values()]
    for each in asked["invite"]:
        if any(_is(each, seen) for seen in here):
            continue
        try:
            login = _login(github, each)
            _forget_expired(found, people, each)
            with told(what=login):
                found.add_to_collaborators(login, asked["permission"])
        except GitHubTrouble as trouble:
            if trouble.code not in NAMES:
                raise
            said = tidy(str(trouble.facts.get("said", "")), SAID)
            notes.append({"login": each["login"], "code": trouble.code.value, "said": said})
        else:
            people.changed = True
    return notes


def _forget_expired(found: Repository, people: People, each: Told) -> None:
    """An invitation ends after a week, and while it is there, there is no second one."""
    for number, who in people.expired.items():
        if _is(each, who):
            with told(what=found.full_name):
                found.remove_invitation(number)


def _let_go(found: Repository, people: People, gone: Iterable[Told]) -> bool:
    """Take back what these people have. Whether there was anything."""
    changed = False
    for each in gone:
        invitations: Sequence[int] = [
            number
            for number, who in {**people.invitations, **people.expired}.items()
            if _is(each, who)
        ]
        members = [who for who in people.members if _is(each, who)]
        with told(what=found.full_name):
            for number in invitations:
                found.remove_invitation(number)
            for who in members:
                found.remove_from_collaborators(who["login"])
        changed |= bool(invitations or members)
    return changed


def _login(github: Github, each: Told) -> str:
    """The name of today of an account that is known by its number; names change hands."""
    if not each.get("number"):
        return str(each["login"])
    with told(what=str(each["login"])):
        return github.get_user_by_id(int(each["number"])).login


def _is(asked: Told, seen: Told) -> bool:
    if asked.get("number"):
        return bool(asked["number"] == seen["number"])
    return str(asked["login"]).lower() == str(seen["login"]).lower()
