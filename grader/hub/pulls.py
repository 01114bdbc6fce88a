"""How a commit came about: its pull request, the reviews, the branch's protection, Actions.

Each part is looked at by itself: what GitHub does not show is said to be unseen, not missing.
"""

from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any

from grader.github import Github, Hub, NamedUser, PullRequest, Repository, branch_rules, told
from grader.output import tidy
from lab_specs.troubles import PASSING, GitHubTrouble, Trouble

MERGED = 20  # pull requests that are looked at for reviews, newest first
LISTED = 60  # closed ones among which these are looked for
RUNS = 50
LENGTH = 200  # characters of a title or name
STANDS = ("APPROVED", "CHANGES_REQUESTED", "DISMISSED")  # a comment changes no opinion
WELL = ("success", "neutral", "skipped")
ILL = ("failure", "timed_out", "startup_failure", "action_required")

Part = dict[str, Any]


def pulls(hub: Hub, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The evidence about `commit` of `repository` (owner/name).

    `installation` that sees it, with the `permissions` that it has; None: as anybody sees it.
    `actions_only`: the rest is known already.
    """
    github = _github(hub, asked)
    with told(what=asked["repository"]):
        repository = github.get_repo(asked["repository"])
    commit = asked["commit"]
    ran = {"actions": _part(lambda: _actions(repository, commit))}
    if asked["actions_only"]:
        return ran
    return ran | {
        "full_name": repository.full_name,
        "branch": tidy(repository.default_branch or "", LENGTH),
        "protected": _part(lambda: _protected(github, repository)),
        "pull": _part(lambda: _pull(repository, commit)),
        "merged": _part(lambda: _merged(repository)),
    }


def _github(hub: Hub, asked: Mapping[str, Any]) -> Github:
    if asked["installation"] is None:
        return hub.plain()
    return hub.installation(asked["installation"], permissions=asked["permissions"])


def _part(look: Callable[[], Part]) -> Part:
    """A part of the evidence, or why it was not to be seen. What time may mend is tried again."""
    try:
        with told():
            return look()
    except GitHubTrouble as trouble:
        if trouble.code in PASSING and trouble.code is not Trouble.ODD_ANSWER:
            raise
        said = tidy(str(trouble.facts.get("said", "")), LENGTH)
        return {"unseen": trouble.code.value, "said": said}


def _protected(github: Github, repository: Repository) -> Part:
    """By a protection of its own, and by which kinds of rules; either may do."""
    rules = branch_rules(github, repository.full_name, repository.default_branch)
    return {
        "branch": repository.get_branch(repository.default_branch).protected,
        "rules": sorted({tidy(str(each["type"]), LENGTH) for each in rules}),
    }


def _pull(repository: Repository, commit: str) -> Part:
    """The pull request that the commit belongs to; of several, the one that says most."""
    found = [
        each
        for each in islice(repository.get_commit(commit).get_pulls(), RUNS)
        if each.base.repo.full_name == repository.full_name
    ]
    if not found:
        return {"number": None}
    best = min(found, key=lambda each: (_rank(each, commit), -each.number))
    return {
        "number": best.number,
        "title": tidy(best.title or "", LENGTH),
        "author": _login(best.user),
        "base": tidy(best.base.ref, LENGTH),
        "place": ("merge", "head", "part")[_rank(best, commit)],
        "merged": best.merged_at is not None,
        "merged_by": _login(best.merged_by),
        **_reviews(best),
    }


def _rank(pull: PullRequest, commit: str) -> int:
    if pull.merged_at is not None and pull.merge_commit_sha == commit:
        return 0
    return 1 if pull.head.sha == commit else 2


def _reviews(pull: PullRequest) -> Part:
    """The last opinion of each person but the author; `current`: it is about the newest commit."""
    author = _login(pull.user)
    opinions: dict[str, Part] = {}
    for each in pull.get_reviews():
        person = _login(each.user)
        if person in {"", author} or each.user.type != "User" or each.state not in STANDS:
            continue
        current = each.commit_id == pull.head.sha
        opinions[person] = {"login": person, "state": each.state, "current": current}
    said = list(opinions.values())
    return {
        "approved": [each for each in said if each["state"] == "APPROVED"],
        "against": [each["login"] for each in said if each["state"] == "CHANGES_REQUESTED"],
    }


def _login(person: NamedUser | None) -> str:
    """Whose account it is; "" for one that is gone."""
    return person.login if person else ""


def _merged(repository: Repository) -> Part:
    """The last merged pull requests of the default branch: which of them nobody had approved."""
    closed = repository.get_pulls(
        state="closed", base=repository.default_branch, sort="updated", direction="desc"
    )
    merged = [each for each in islice(closed, LISTED) if each.merged_at is not None][:MERGED]
    return {
        "looked_at": len(merged),
        "unreviewed": [
            {
                "number": each.number,
                "author": _login(each.user),
                "by": _login(each.merged_by),
            }
            for each in merged
            if not _reviews(each)["approved"]
        ],
    }


def _actions(repository: Repository, commit: str) -> Part:
    """How each workflow's newest run on this commit ended."""
    newest: dict[int, Part] = {}
    for run in islice(repository.get_workflow_runs(head_sha=commit), RUNS):  # newest first
        newest.setdefault(
            run.workflow_id,
            {
                "name": tidy(run.name or "", LENGTH),
                "status": run.status,
                "conclusion": run.conclusion,
            },
        )
    runs = list(newest.values())
    return {"outcome": outcome(runs), "runs": runs}


def outcome(runs: list[Part]) -> str:
    """What the runs come to. None at all is no success."""
    if not runs:
        return "none"
    ends = [each["conclusion"] for each in runs]
    if any(end in ILL for end in ends):
        return "failure"
    if any(each["status"] != "completed" for each in runs):
        return "running"
    return "success" if "success" in ends and all(end in WELL for end in ends) else "other"
