"""What GitHub has: installations, their repositories, a branch's newest commit, who may push."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from grader.github import READ, Hub, told
from grader.hub.access import SEE, pushers, seeing

PAGE = 100  # rows of one answer, GitHub's most
MOST_PAGES = 100
SEEN = ("id", "full_name", "private", "default_branch", "pushed_at", "updated_at")
INSTALLED = (
    *("id", "account", "permissions", "events", "repository_selection"),
    *("updated_at", "suspended_at"),
)

Asked = Mapping[str, Any]


def installations(hub: Hub, asked: Asked) -> dict[str, Any]:
    """Every installation of the App, a request for each hundred."""
    with told(what="the App's installations"), hub.integration() as app:
        found, whole = _paged(app.requester, "/app/installations")
    return {
        "asked_at": asked["asked_at"],
        "whole": whole,
        "installations": [_some(each, INSTALLED) for each in found],
    }


def repositories(hub: Hub, asked: Asked) -> dict[str, Any]:
    """Every repository that an installation sees, a request for each hundred."""
    with (
        told(what=f"installation {asked['installation']}", installation=True),
        hub.installation(asked["installation"], permissions=SEE) as github,
    ):
        found, whole = _paged(github.requester, "/installation/repositories", "repositories")
    return {
        "asked_at": asked["asked_at"],
        "whole": whole,
        "repositories": [_some(each, SEEN) for each in found],
    }


def head(hub: Hub, asked: Asked) -> dict[str, Any]:
    """The newest commit of a branch."""
    name, branch = asked["full_name"], quote(asked["branch"], safe="")
    with (
        told(what=f"{name}, branch {asked['branch']}"),
        seeing(hub, name, asked["installation"], READ) as github,
    ):
        _, answer = github.requester.requestJsonAndCheck("GET", f"/repos/{name}/branches/{branch}")
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
    name = asked["full_name"]
    with told(what=name), seeing(hub, name, asked["installation"]) as github:
        return {"may_push": list(pushers(github, name, asked["people"]))}


def _paged(
    requester: Any,  # noqa: ANN401 - PyGithub's
    path: str,
    within: str = "",
) -> tuple[list[Mapping[str, Any]], bool]:
    """The rows of a list, and whether these are all."""
    found: list[Mapping[str, Any]] = []
    for page in range(1, MOST_PAGES + 1):
        _, answer = requester.requestJsonAndCheck(
            "GET", path, parameters={"per_page": PAGE, "page": page}
        )
        rows = answer[within] if within else answer
        found += rows
        if len(rows) < PAGE:
            return found, True
    return found, False


def _some(row: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: row[name] for name in names}
