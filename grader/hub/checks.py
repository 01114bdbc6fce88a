"""What GitHub is told of an attempt: a check run, or a commit's status."""

from collections.abc import Mapping
from typing import Any

from grader.github import Github, Hub, told
from grader.hub.access import pushers, seeing

CHECKS = {"checks": "write", "metadata": "read"}


def tell(hub: Hub, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Say it, where it was said before or anew. Answers GitHub's number of the check run.

    `people`: only when one of these may push there; None: whose it is, is known. A `reason` in
    the answer: nothing was said.
    """
    place = f"/repos/{asked['full_name']}"
    answer = {"number": asked["number"], "said": asked["said"], "digest": asked["digest"]}
    if asked["people"] is not None and not _may(hub, asked):
        return answer | {"reason": "Nobody of the team has proved that they may push there."}
    if asked["installation"] is None:
        _send(hub, asked, "POST", f"{place}/statuses/{asked['commit']}")
        return answer
    number = asked["number"] or (_made_before(hub, asked, place) if asked["look"] else None)
    if number:
        return answer | _send(hub, asked, "PATCH", f"{place}/check-runs/{number}", "head_sha")
    return answer | _send(hub, asked, "POST", f"{place}/check-runs")


def _send(
    hub: Hub, asked: Mapping[str, Any], verb: str, path: str, without: str = ""
) -> dict[str, Any]:
    body = {name: value for name, value in asked["told"].items() if name != without}
    # PyGithub's own calls would first ask for the repository and the check run
    with told(what=asked["full_name"]), _open(hub, asked) as github:
        _, made = github.requester.requestJsonAndCheck(verb, path, input=body)
        return {"number": int(made["id"]) if asked["installation"] else None}


def _may(hub: Hub, asked: Mapping[str, Any]) -> bool:
    if not asked["people"]:
        return False
    with told(what=asked["full_name"]), _open(hub, asked) as github:
        return any(pushers(github, asked["full_name"], asked["people"]))


def _made_before(hub: Hub, asked: Mapping[str, Any], place: str) -> int | None:
    """The check run of an earlier try whose answer never arrived."""
    run = asked["told"]
    with told(what=asked["full_name"]), _open(hub, asked) as github:
        _, found = github.requester.requestJsonAndCheck(
            "GET",
            f"{place}/commits/{run['head_sha']}/check-runs",
            parameters={"check_name": run["name"], "filter": "all"},
        )
        own = [each for each in found["check_runs"] if each["external_id"] == run["external_id"]]
        return int(own[0]["id"]) if own else None


def _open(hub: Hub, asked: Mapping[str, Any]) -> Github:
    return seeing(hub, asked["full_name"], asked["installation"], CHECKS)
