"""From `git push` to a check on the commit: a real push, a real message, real containers.

GitHub is the stand-in of `tests.hub`, which is held to GitHub's own description.
"""

import html
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from script.tools.portal import Portal, running
from tests.hub.models import Account, CheckRun, Repository
from tests.hub.standin import StandIn

pytestmark = [pytest.mark.docker, pytest.mark.timeout(600)]

WELL = {"Dockerfile": 'FROM mlops-python:3.11\nCMD ["true"]\n'}
BADLY = {"Dockerfile": "FROM mlops-python:3.11\nRUN echo one\nRUN exit 3\n"}
PATIENCE = 120.0  # seconds


@pytest.fixture
def portal(standin: StandIn, tmp_path: Path) -> Iterator[Portal]:
    hub = {"PORTAL_GITHUB_URL": standin.web, "PORTAL_GITHUB_API": standin.api}
    with running(tmp_path / "portal", **hub) as one:
        yield one


@pytest.fixture
def amber(standin: StandIn, portal: Portal) -> Repository:
    """Alice's private repository at the school, where an administrator has set the App up."""
    ada = standin.person("ada", "Ada Lovelace", "ada@example.org")
    school = standin.organisation("school", owners=[standin.person("owner")], members=[ada])
    amber = standin.repository(school, "amber", WELL, private=True)
    amber.collaborators[ada.login] = "push"
    standin.browsing = standin.world.account("owner")
    _set_up(portal, standin)
    standin.install(standin.world.apps[-1], school)
    standin.browsing = ada
    with portal.visitor("alice") as alice:
        assert "ada" in alice.post("/account/github/").text
    return amber


def _set_up(portal: Portal, standin: StandIn) -> None:
    """An administrator makes the App on its page, and GitHub sends them back."""
    code = (
        "from portal.people.models import *; User.objects.create_superuser('root', password={!r})"
    )
    portal.shell(code.format(portal.password))
    with portal.visitor("root") as root:
        page = root.post(
            "/github/new/", organisation="school", name="School portal", wanted="checks"
        ).text
        (address,) = re.findall(r'action="(https://[^"]+)"', page)
        (manifest,) = re.findall(r'name="manifest" value="([^"]+)"', page)
        told = {"manifest": html.unescape(manifest)}
        sent = httpx.post(html.unescape(address), data=told)
        root.get(sent.headers["Location"].removeprefix(portal.base))
        _until(lambda: "School portal" in root.get("/github/").text)


def _until(true: Callable[[], Any]) -> Any:
    end = time.monotonic() + PATIENCE
    while not (found := true()):
        assert time.monotonic() < end
        time.sleep(0.1)
    return found


def _completed(repository: Repository, sha: str, after: str = "") -> CheckRun | None:
    """The commit's check once it has ended, for another attempt than `after`."""
    runs = [each for each in repository.check_runs if each.head_sha == sha]
    ended = [each for each in runs if each.told.get("status") == "completed"]
    return next((each for each in ended if each.told["external_id"] != after), None)


def test_a_push_gets_its_verdict_on_the_commit(
    portal: Portal, standin: StandIn, amber: Repository
) -> None:
    with portal.visitor("alice") as alice:
        link = f"{standin.web}/school/amber"
        first = alice.confirm(alice.look_up(portal.project(), "hello", link))
        alice.wait(first)
        assert portal.attempt(first)["verdict"] == "passed", "private, and read for a collaborator"
        alice.post(_switch(alice.get(f"/projects/{portal.project()}/").text), on="1")
    sha = standin.push(amber, {"more.txt": "more\n"}, by=_ada(standin), message="More")
    run = _until(lambda: _completed(amber, sha))
    assert (run.told["name"], run.told["conclusion"]) == ("Say hello", "success")
    assert "proficient" in run.told["output"]["summary"]
    assert run.told["details_url"].startswith(f"{portal.base}/attempts/")
    broken = standin.push(amber, BADLY, by=_ada(standin), message="Break it")
    run = _until(lambda: _completed(amber, broken))
    assert run.told["conclusion"] == "failure"
    (note,) = run.annotations
    assert (note["path"], note["start_line"]) == ("Dockerfile", 3)
    told = standin.payloads.check_run("rerequested", amber, run, _ada(standin))
    standin.deliver("check_run", told, standin.world.apps[-1])
    once = run.told["external_id"]
    again = _until(lambda: _completed(amber, broken, after=once)).told["external_id"]
    for number in (once, again):
        assert portal.attempt(int(number))["fault"] == "build_failed"
    _demand_no_secret(standin, Path(portal.environment["PORTAL_VAR"]))


def _switch(page: str) -> str:
    """Where the form goes that has every push graded."""
    (address,) = re.findall(r'action="(/github/projects/[^"]+)"', page)
    return address


def _ada(standin: StandIn) -> Account:
    found = standin.world.account("ada")
    assert found is not None
    return found


def _demand_no_secret(standin: StandIn, folder: Path) -> None:
    """Neither the App's secrets nor a token lie in a file of the portal: log, database, remains."""
    app = standin.world.apps[-1]
    secrets = [*standin.world.tokens, app.webhook_secret, app.client_secret, app.pem[100:160]]
    assert len(secrets) > 4, "no token was asked for"
    for file in folder.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert not [secret for secret in secrets if secret.encode() in content], file
