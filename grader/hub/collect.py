"""What a repository's default branch was at a moment, by GitHub's own record of every push.

The record is read from its newest entry back to the moment, so it does not matter how much later
somebody asks, and a push that came after changes nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from grader.github import READ, Github, Hub, Repository, activity, if_there, told
from grader.hub.access import SEE, any_may_read, seeing
from grader.output import tidy
from lab_specs.troubles import GitHubTrouble, Trouble

NONE = "0" * 40
MOST = 2000  # entries that are read back
NEAR = timedelta(hours=24)  # before the moment: what happened then is noted
NOTES = 10
TITLE = 200  # characters
ODD, NEW = ("force_push", "branch_deletion"), "branch_creation"  # what is worth a note


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that happened to a branch."""

    kind: str
    branch: str
    before: str
    after: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Found:
    """Where a branch was. `since`: it was there only after the moment, from then on."""

    branch: str
    commit: str
    since: datetime | None = None


def collect(hub: Hub, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The default branch's commit at `at` (ISO, not included) of `repository` (owner/name).

    `installation` that sees it, `branch`: what the default branch was when the portal last heard
    of it, or ""; `watched`: the team works there; `people` of the team, one of whom has to see it
    otherwise. Raises `GitHubTrouble`: NOT_FOUND also when there is no commit at all, or when the
    team may not read it.
    """
    moment = datetime.fromisoformat(asked["at"])
    name = _readable(hub, asked)
    github = seeing(hub, name, asked["installation"], READ)
    with told(what=name):
        repository = github.get_repo(name)
        names = list(dict.fromkeys(filter(None, (repository.default_branch, asked["branch"]))))
        heads = {name: _head(repository, name) for name in names}
        entries = list(_since(github, repository, moment - NEAR))
    _demand_whole(repository, heads, entries)
    found = choose(names, heads, entries, moment)
    if found is None:
        raise GitHubTrouble(Trouble.NOT_FOUND, what=repository.full_name)
    with told(what=repository.full_name):
        commit = repository.get_commit(found.commit).commit
        return {
            "commit": found.commit,
            "title": tidy(commit.message.partition("\n")[0], TITLE),
            "committed_at": _utc(commit.committer.date).isoformat(),
            "since": found.since.isoformat() if found.since else None,
            "branch": found.branch,
            "default_now": repository.default_branch,
            "default_before": asked["branch"],
            "full_name": repository.full_name,
            "notes": notes(found, heads, entries, moment),
        }


def _readable(hub: Hub, asked: Mapping[str, Any]) -> str:
    """The repository's name as it is now, when the team may read it."""
    number, what = asked["installation"], asked["repository"]
    with told(what=what):
        found = hub.installation(number, permissions=SEE).get_repo(what)
        name, private = found.full_name, found.private
    if not private or asked["watched"] or any_may_read(hub, name, number, asked["people"]):
        return name
    raise GitHubTrouble(Trouble.NOT_FOUND, what=what)


def choose(
    names: Sequence[str], heads: Mapping[str, str], entries: Sequence[Entry], moment: datetime
) -> Found | None:
    """The first of these branches that had a commit then; else the first that has one now.

    `entries`: newest first, of all branches.
    """
    for name in names:
        commit = rewound(name, heads[name], entries, moment)
        if commit != NONE:
            return Found(name, commit)
    for name in names:
        own = [each for each in entries if each.branch == name]
        if heads[name] != NONE and own:
            return Found(name, heads[name], since=own[0].at)
    return None


def rewound(name: str, head: str, entries: Sequence[Entry], moment: datetime) -> str:
    """Where a branch was at the moment: what each later entry did is undone, newest first."""
    commit = head
    for each in entries:
        if each.branch == name and each.at >= moment:
            commit = each.before
    return commit


def notes(
    found: Found, heads: Mapping[str, str], entries: Sequence[Entry], moment: datetime
) -> list[dict[str, Any]]:
    """What happened to the branches around the moment, for people to read; oldest first."""
    told_of: list[dict[str, Any]] = [
        {"what": each.kind, "branch": each.branch, "at": each.at.isoformat(), "by": each.by}
        | {"before": each.before, "after": each.after}
        for each in reversed(entries)
        if each.branch in heads and (each.kind in ODD or (each.kind == NEW and each.at >= moment))
    ]
    came_later = sum(each.branch == found.branch and each.at >= moment for each in entries)
    if came_later and not found.since:
        told_of.append({"what": "later", "branch": found.branch, "count": came_later})
    return told_of[-NOTES:]


def _demand_whole(
    repository: Repository, heads: Mapping[str, str], entries: Sequence[Entry]
) -> None:
    """GitHub's record may be a moment behind its branches: then it is asked again later."""
    for name, head in heads.items():
        newest = next((each for each in entries if each.branch == name), None)
        if newest and newest.after != head:
            raise GitHubTrouble(
                Trouble.ODD_ANSWER,
                what=repository.full_name,
                problem=f"{name} is at {head[:8]}, its record ends with {newest.after[:8]}",
            )


def _head(repository: Repository, name: str) -> str:
    with if_there(what=f"{repository.full_name}, branch {name}"):
        return repository.get_branch(name).commit.sha
    return NONE


def _since(github: Github, repository: Repository, moment: datetime) -> Iterator[Entry]:
    """The record, newest first, back to the first entry before the moment."""
    for number, raw in enumerate(activity(github, repository.full_name)):
        if number >= MOST:
            raise GitHubTrouble(Trouble.ODD_ANSWER, what=repository.full_name, problem="too long")
        entry = _entry(raw)
        yield entry
        if entry.at < moment:
            return


def _entry(raw: Mapping[str, Any]) -> Entry:
    actor = raw.get("actor") or {}
    return Entry(
        str(raw["activity_type"]),
        tidy(str(raw["ref"]).removeprefix("refs/heads/"), TITLE),
        str(raw["before"]),
        str(raw["after"]),
        _utc(datetime.fromisoformat(raw["timestamp"])),
        tidy(str(actor.get("login", "")), TITLE),
    )


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
