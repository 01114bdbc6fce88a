"""What GitHub has: the repositories of an installation, a branch's newest commit, who may push."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from grader.github import Github, Hub, told
from grader.hub.access import SEE, permission, seeing

PAGE = 100  # repositories of one answer, GitHub's most
MOST_PAGES = 100
READ = {"contents": "read", "metadata": "read"}
MAY_PUSH = ("write", "admin", "maintain")

Asked = Mapping[str, Any]


def repositories(hub: Hub, asked: Asked) -> dict[str, Any]:
    """Every repository that an installation sees, a request for each hundred."""
    found: list[dict[str, Any]] = []
    with (
        told(what=f"installation {asked['installation']}", installation=True),
        hub.installation(asked["installation"], permissions=SEE) as github,
    ):
        for page in range(1, MOST_PAGES + 1):
            _, answer = github.requester.requestJsonAndCheck(
                "GET", "/installation/repositories", parameters={"per_page": PAGE, "page": page}
            )
            found += [_brief(each) for each in answer["repositories"]]
            if len(answer["repositories"]) < PAGE:
                break
    return {"asked_at": asked["asked_at"], "repositories": found}


def head(hub: Hub, asked: Asked) -> dict[str, Any]:
    """The newest commit of a branch."""
    with told(what=f"{asked['full_name']}, branch {asked['branch']}"), _one(hub, asked) as github:
        branch = quote(asked["branch"], safe="")
        _, answer = github.requester.requestJsonAndCheck(
            "GET", f"/repos/{asked['full_name']}/branches/{branch}"
        )
        commit = answer["commit"]
        author = commit["commit"]["author"] or {}
        return {
            "head": commit["sha"],
            "message": commit["commit"]["message"],
            "committed_at": author.get("date"),
            "author": author.get("name") or "",
            "pushed_at": asked["pushed_at"],
        }


def may_push(hub: Hub, asked: Asked) -> dict[str, Any]:
    """The numbers of those of `people` who may push to the repository."""
    where = (asked["full_name"], asked["installation"])
    with told(what=asked["full_name"]), seeing(hub, *where) as github:
        may = [permission(github, asked["full_name"], *each) for each in asked["people"]]
    people = zip(asked["people"], may, strict=True)
    return {"may_push": [number for (number, _), said in people if said in MAY_PUSH]}


def _one(hub: Hub, asked: Asked) -> Github:
    name = asked["full_name"].partition("/")[2]
    return hub.installation(asked["installation"], repositories=[name], permissions=READ)


def _brief(row: Mapping[str, Any]) -> dict[str, Any]:
    names = ("id", "full_name", "private", "default_branch", "pushed_at", "updated_at")
    return {name: row[name] for name in names}
