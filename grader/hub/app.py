"""The App itself: its keys for the code of a manifest, and how it stands at GitHub."""

import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from grader.github import GithubIntegration, Hub, if_there, told
from lab_specs.troubles import GitHubTrouble, Trouble

MOST = 100  # installations, and deliveries, that are looked at
COUNTED = 20  # installations whose repositories are counted; each takes two requests
NAMELESS = {"metadata": "read"}
# What the App's owner has to mend; anything else that goes wrong is tried again.
REFUSALS = (Trouble.UNAUTHORISED, Trouble.NOT_FOUND, Trouble.SUSPENDED)


def convert(hub: Hub, asked: Mapping[str, Any]) -> Any:  # noqa: ANN401 - GitHub's JSON
    """The App that a manifest made, with its secrets: GitHub tells them once, for the code."""
    # Without any key of ours: one that does not hold would be refused, and none is needed.
    with told(what="the new App"), Hub(hub.api).plain() as github:
        path = f"/app-manifests/{asked['code']}/conversions"
        _, answer = github.requester.requestJsonAndCheck("POST", path)
        return answer


def look_over(hub: Hub, asked: Mapping[str, Any]) -> dict[str, Any]:
    """What GitHub says of the App: itself, its hook, where it is installed; and GitHub's clock."""
    del asked
    found: dict[str, Any] = {"clock": _clock(hub)}
    try:
        with hub.integration() as app:
            found["app"] = _get(app, "/app", what="the App")
            found["hook"] = _hook(app)
            found["deliveries"] = _get(
                app, "/app/hook/deliveries", what="the App's messages", per_page=MOST
            )
            listed = _get(app, "/app/installations", what="the App's installations", per_page=MOST)
    except GitHubTrouble as trouble:
        if trouble.code not in REFUSALS:
            raise
        return found | {"refused": trouble.code.value, "said": trouble.facts.get("said", "")}
    with told(what="the App's installations"):
        found["installations"] = [
            each | _counted(hub, each, counted=place < COUNTED) for place, each in enumerate(listed)
        ]
    return found


def _get(app: GithubIntegration, path: str, *, what: str, **parameters: Any) -> Any:  # noqa: ANN401
    with told(what=what):
        _, answer = app.requester.requestJsonAndCheck("GET", path, parameters=parameters)
        return answer


def _clock(hub: Hub) -> float | None:
    """By how many seconds GitHub's clock is ahead of ours; None when it does not say."""
    with told(what="the clock"), Hub(hub.api).plain() as github:
        before = time.time()
        _, headers, _ = github.requester.requestJson("GET", "/rate_limit")
        between = (before + time.time()) / 2
        date = headers.get("date", "")
    try:
        return round(parsedate_to_datetime(date).timestamp() - between, 1)
    except ValueError:
        return None


def _hook(app: GithubIntegration) -> Any:  # noqa: ANN401 - GitHub's JSON
    """Where messages are sent to; nothing without an address."""
    what = "the App's address for messages"
    with if_there(what=what):
        return _get(app, "/app/hook/config", what=what)
    return {}


def _counted(hub: Hub, installation: Mapping[str, Any], *, counted: bool) -> dict[str, Any]:
    """How many repositories an installation sees, or why that cannot be said."""
    if not counted or installation.get("suspended_at"):
        return {}
    try:
        github = hub.installation(installation["id"], permissions=NAMELESS)
        with told(what="an installation"), github:
            _, answer = github.requester.requestJsonAndCheck(
                "GET", "/installation/repositories", parameters={"per_page": 1}
            )
            return {"seen": int(answer["total_count"])}
    except GitHubTrouble as trouble:
        return {"trouble": trouble.code.value}
