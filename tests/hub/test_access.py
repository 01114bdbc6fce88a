"""Who may do what: tokens end, are narrow, and are refused as GitHub refuses them."""

import random
from datetime import timedelta
from pathlib import Path

import github
import pytest

from tests.grader.repositories import IDENTITY
from tests.hub import gits
from tests.hub.models import now
from tests.hub.school import School
from tests.hub.state import new_key


def refused(call: object, status: int, words: str = "") -> None:
    with pytest.raises(github.GithubException) as caught:
        call()
    assert caught.value.status == status
    assert words in caught.value.data["message"]


def test_a_private_repository_is_not_there_for_strangers(school: School) -> None:
    hub = school.hub
    stranger = hub.token(hub.person("eve"), "repo")
    elsewhere = hub.install(school.app, hub.organisation("other"))
    tokens = ["", stranger, hub.installation_token(elsewhere).value]
    for token in tokens:
        refused(lambda token=token: school.github(token).get_repo("school/digits"), 404)
    hub.rename(school.digits, "letters")
    refused(lambda: school.github(stranger).get_repo("school/digits"), 404)
    owner = hub.token(school.ada, "repo")
    assert school.github(owner).get_repo("school/letters").permissions.admin


def test_a_token_does_what_it_was_given(school: School) -> None:
    sha = gits.sha_of(school.digits.folder, "main")
    reader = school.installed(contents="read").get_repo("school/digits")
    words = "not accessible by integration"
    refused(lambda: reader.create_check_run("Serving", sha), 403, words)
    refused(lambda: reader.get_commit(sha).create_status("success"), 403, words)
    refused(lambda: reader.add_to_collaborators("ada"), 403, words)
    watcher = school.installed(checks="write").get_repo("school/digits")
    refused(lambda: watcher.get_branch("main"), 403, words)
    person = school.github(school.hub.token(school.ada, "repo")).get_repo("school/digits")
    refused(lambda: person.create_check_run("Serving", sha), 403, "GitHub App")


def test_tokens_end(school: School) -> None:
    token = school.hub.installation_token(school.installation)
    assert school.github(token.value).get_repo("school/digits")
    token.ends_at = now() - timedelta(seconds=1)
    refused(lambda: school.github(token.value).get_repo("school/digits"), 401, "Bad credentials")
    refused(lambda: school.github("ghs_guess").get_rate_limit(), 401)


def test_an_installation_gives_no_more_than_it_has(school: School) -> None:
    number, hub = school.installation.number, school.hub
    chosen = hub.install(school.app, school.ada, [])
    with school.integration() as app:
        refused(lambda: app.get_access_token(number, {"issues": "write"}), 422, "permissions")
        refused(lambda: app.get_access_token(4711), 404)
        hub.suspend(school.installation)
        refused(lambda: app.get_access_token(number), 403, "suspended")
        hub.unsuspend(school.installation)
        hub.uninstall(chosen)
        refused(lambda: app.get_access_token(chosen.number), 404)
    hub.suspend(school.installation)
    refused(lambda: school.installed().get_repo("school/digits"), 403, "suspended")


def test_only_the_right_key_is_the_app(school: School) -> None:
    refused(lambda: school.integration(pem=new_key()).get_app(), 401)
    refused(lambda: school.github("a.b.c").get_repo("school/digits"), 401)
    token = school.hub.installation_token(school.installation).value
    refused(lambda: school.github(token).requester.requestJsonAndCheck("GET", "/app"), 401)


def clone(address: str, folder: Path) -> None:
    gits.git(folder, "clone", "-q", address, "copy")


@pytest.fixture
def trusting(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (school.hub.environment() | {"GIT_TERMINAL_PROMPT": "0"}).items():
        monkeypatch.setitem(IDENTITY, name, value)


@pytest.mark.usefixtures("trusting")
def test_git_wants_a_token_for_what_is_private(school: School, tmp_path: Path) -> None:
    hub = school.hub
    host, path = hub.web.removeprefix("https://"), "school/digits.git"
    token = hub.installation_token(school.installation, contents="read").value
    wrong = hub.installation_token(school.installation, checks="write").value
    for secret in ("", "x-access-token:guess@", f"x-access-token:{wrong}@"):
        with pytest.raises(gits.subprocess.CalledProcessError):
            clone(f"https://{secret}{host}/{path}", tmp_path)
    address = f"https://x-access-token:{token}@{host}/{path}"
    clone(address, tmp_path)
    assert (tmp_path / "copy" / "Dockerfile").is_file()
    with pytest.raises(gits.subprocess.CalledProcessError) as caught:
        gits.git(tmp_path / "copy", "push", address, "HEAD:refs/heads/other")
    assert b"not granted" in caught.value.stderr or b"403" in caught.value.stderr
    assert "other" not in gits.branches(school.digits.folder)


@pytest.mark.usefixtures("trusting")
def test_everybody_clones_what_is_public(school: School, tmp_path: Path) -> None:
    school.hub.repository(school.org, "open", {"a": "1"})
    clone(f"{school.hub.web}/school/open", tmp_path)
    assert (tmp_path / "copy" / "a").read_text() == "1"


def test_a_protected_branch_takes_no_push(school: School) -> None:
    school.hub.protect(school.digits)
    with pytest.raises(RuntimeError, match="Protected branch"):
        school.hub.push(school.digits, {"a": "1"}, by=school.ada)
    assert all(one.event != "push" for one in school.hub.deliveries)


def test_a_big_push_comes_in_pieces(school: School) -> None:
    big = random.Random(1).randbytes(2**20 + 2**18)  # git sends more than 1 MiB in chunks
    sha = school.hub.push(school.digits, {"big": big}, by=school.ada)
    assert school.hub.deliveries[-1].payload["after"] == sha
