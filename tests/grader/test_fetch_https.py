"""The same over real https on the loopback: what a host may do, and whose fault it is."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from grader.fetch import FetchPolicy, fetch, resolve
from grader.git import Git
from grader.job import Job
from lab_specs.faults import Code, Fault, PlatformFault, StudentFault
from tests.grader.repositories import KEY, LOCK, Host, commit, git, host, repository

WORKING = {"Dockerfile": "FROM scratch\n"}
Server = tuple[str, Path, list[str]]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "served").mkdir()
    with host(tmp_path / "served", tmp_path) as running:
        yield running


@pytest.fixture
def address(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """https://127.0.0.1:port of a host whose certificate the site's bundle knows."""
    for name in ("https_proxy", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_SSL_CAINFO", str(server[1]))
    repository(tmp_path / "served" / "digits", WORKING)
    return f"https://{server[0]}"


def policy_of(server: Server, seconds: float = 20) -> FetchPolicy:
    return FetchPolicy(hosts=("github.com", server[0]), seconds=seconds)


def got(server: Server, folder: Path, repository: str, sha: str) -> str:
    job = Job(attempt="a", lab="serving", repository=repository, commit=sha, seed=1)
    return fetch(job, folder / "source", policy_of(server)).commit


@pytest.mark.parametrize("manner", ["good", "old", "dumb"])
def test_one_commit_comes_from_hosts_of_every_age(
    server: Server, address: str, tmp_path: Path, manner: str
) -> None:
    home = tmp_path / "served" / "digits"
    first = git(home, "rev-parse", "HEAD")
    commit(home, "Second")
    git(home, "update-server-info")
    link = f"{address}/{manner}/digits{'/.git' if manner == 'dumb' else ''}"
    assert got(server, tmp_path, link, first) == first
    depth = git(tmp_path / "source", "rev-list", "--all", "--count")
    assert depth == ("1" if manner == "good" else "2"), "older hosts send the branches"
    assert resolve(link, "main", policy_of(server)).title == "Second"


def test_the_title_is_asked_without_the_files(server: Server, address: str, tmp_path: Path) -> None:
    home = tmp_path / "served" / "digits"
    git(home, "config", "uploadpack.allowFilter", "true")
    sha = git(home, "rev-parse", "HEAD")
    small = FetchPolicy(hosts=(server[0],), max_bytes=2_000)
    repository(home, {"big": "".join(str(i) for i in range(9_000))})
    assert resolve(f"{address}/good/digits", "", small).commit != sha


def test_a_commit_that_the_host_does_not_have(server: Server, address: str, tmp_path: Path) -> None:
    for manner in ("good", "old"):
        with pytest.raises(StudentFault) as caught:
            got(server, tmp_path / manner, f"{address}/{manner}/digits", "1" * 40)
        assert caught.value.code == Code.REF_NOT_FOUND


@pytest.mark.parametrize(
    ("manner", "code"),
    [
        ("private", Code.REPOSITORY_NOT_FOUND),
        ("forbidden", Code.REPOSITORY_NOT_FOUND),
        ("missing", Code.REPOSITORY_NOT_FOUND),
        ("moved", Code.REPOSITORY_NOT_FOUND),
        ("elsewhere", Code.REPOSITORY_NOT_FOUND),
        ("broken", Code.HOST_UNREACHABLE),
    ],
)
def test_refusals_of_the_host_have_their_own_codes(
    server: Server, address: str, tmp_path: Path, manner: str, code: Code
) -> None:
    link = f"{address}/{manner}/digits"
    for index in range(2):
        with pytest.raises(Fault) as caught:
            _ = (
                resolve(link, "", policy_of(server))
                if index
                else got(server, tmp_path, link, "1" * 40)
            )
        assert caught.value.code == code
        assert isinstance(
            caught.value, PlatformFault if code == "host_unreachable" else StudentFault
        )
        assert ("moved" in caught.value.facts) == (manner in ("moved", "elsewhere"))
    assert all(path.startswith(f"/{manner}/") for path in server[2]), "no redirect is followed"


def test_a_silent_host_is_given_up_in_time(server: Server, address: str) -> None:
    began = time.monotonic()
    with pytest.raises(PlatformFault) as caught:
        resolve(f"{address}/slow/digits", "", policy_of(server, seconds=0.5))
    assert caught.value.code == Code.HOST_UNREACHABLE
    assert time.monotonic() - began < 4


def test_a_host_that_is_not_there(server: Server) -> None:
    policy = FetchPolicy(hosts=("127.0.0.1:9", "no-such-host.invalid"), seconds=20)
    for name in policy.hosts:
        with pytest.raises(PlatformFault) as caught:
            resolve(f"https://{name}/a/b", "", policy)
        assert caught.value.code == Code.HOST_UNREACHABLE
        assert caught.value.facts["host"] == name


def test_a_certificate_that_nobody_vouches_for(
    server: Server, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GIT_SSL_CAINFO")
    with pytest.raises(PlatformFault) as caught:
        resolve(f"{address}/good/digits", "", policy_of(server))
    assert caught.value.code == Code.HOST_UNREACHABLE
    assert "certificate" in caught.value.facts["error"]
    assert not server[2]


def locked(server: Server, key: str) -> FetchPolicy:
    return FetchPolicy(hosts=(server[0],), seconds=20, key=key)


def test_a_private_repository_opens_for_its_key_alone(
    server: Server, address: str, tmp_path: Path
) -> None:
    link, home = f"{address}/locked/digits", tmp_path / "served" / "digits"
    found = resolve(link, "main", locked(server, KEY))
    assert found.commit == git(home, "rev-parse", "HEAD")
    for key in ("", "ghs_of_somebody_else"):
        with pytest.raises(StudentFault) as caught:
            resolve(link, "main", locked(server, key))
        assert caught.value.code == Code.REPOSITORY_NOT_FOUND
        assert "ghs_" not in str(caught.value.facts)


def test_a_key_is_on_no_disk_in_no_list_of_processes_and_in_no_report(
    server: Server, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both what the key is and how it travels are looked for, while git runs and afterwards."""
    seen: list[bytes] = []
    serve = Host.backend

    def look(self: Host, path: str, **how: Any) -> None:
        for process in Path("/proc").glob("[0-9]*"):
            for name in ("cmdline", "environ"):
                with contextlib.suppress(OSError):
                    seen.append((process / name).read_bytes())
        seen.extend(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
        serve(self, path, **how)

    monkeypatch.setattr(Host, "backend", look)
    sha = git(tmp_path / "served" / "digits", "rev-parse", "HEAD")
    job = Job(attempt="a", lab="serving", repository=f"{address}/locked/digits", commit=sha, seed=1)
    policy = locked(server, KEY)
    source = fetch(job, tmp_path / "work" / "source", policy)
    assert len(seen) > 20, "nobody looked"
    left = [file.read_bytes() for file in (tmp_path / "work").rglob("*") if file.is_file()]
    for secret in (KEY.encode(), LOCK.removeprefix("Basic ").encode()):
        assert not [each for each in (*seen, *left) if secret in each]
    assert KEY not in f"{source!r} {policy!r} {replace(Git.local(tmp_path), key=KEY)!r}"
