"""git runs in an environment of its own, and its errors say whose fault it is."""

import time
from pathlib import Path

import pytest

from grader import git as git_module
from grader.git import Git, GitError
from grader.origin import Origin
from lab_specs.faults import Code
from tests.grader.repositories import repository


def git_in(folder: Path, protocol: str = "file", seconds: float = 20) -> Git:
    origin = Origin("https://github.com/ada/digits", protocol, "github.com")
    return Git(folder, origin, 10_000_000, time.monotonic() + seconds)


def test_only_what_a_site_needs_reaches_git(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GIT_DIR", "GIT_CONFIG_COUNT", "SSH_ASKPASS", "DOCKER_HOST", "SECRET_KEY"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("https_proxy", "http://proxy.example.org")
    monkeypatch.setenv("SSL_CERT_FILE", "/site.pem")
    printed = git_in(tmp_path).run("-c", "alias.show-it=!env", "show-it").decode()
    told = dict(line.split("=", 1) for line in printed.splitlines())
    expected = {
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ALLOW_PROTOCOL": "file",
        "HOME": str(tmp_path),
        "LC_ALL": "C",
        "https_proxy": "http://proxy.example.org",
        "SSL_CERT_FILE": "/site.pem",
    }
    assert expected.items() <= told.items()
    assert not {"GIT_DIR", "GIT_CONFIG_COUNT", "SSH_ASKPASS", "DOCKER_HOST"} & set(told)
    assert "SECRET_KEY" not in told


def test_hooks_monitors_and_helpers_are_off(tmp_path: Path) -> None:
    git = git_in(tmp_path)
    assert git.run("config", "core.hooksPath") == b"/dev/null\n"
    assert git.run("config", "core.fsmonitor") == b"false\n"
    assert git.run("config", "credential.helper") == b"\n"


def test_only_the_protocol_of_the_origin_is_spoken(tmp_path: Path) -> None:
    repository(tmp_path / "home", {"a": "b"})
    address = (tmp_path / "home").as_uri()
    assert git_in(tmp_path).run("ls-remote", address)
    for git in (git_in(tmp_path, "https"), Git.local(tmp_path)):
        with pytest.raises(GitError, match="transport 'file' not allowed"):
            git.run("ls-remote", address)


def test_time_and_talk_are_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(GitError) as slow:
        git_in(tmp_path, seconds=0.2).run("-c", "alias.nap=!sleep 600", "nap")
    assert slow.value.timed_out
    monkeypatch.setattr(git_module, "OUTPUT_LIMIT", 1_000)
    with pytest.raises(GitError) as loud:
        git_in(tmp_path).run("-c", "alias.talk=!yes", "talk")
    assert loud.value.overflow
    assert not loud.value.timed_out


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("fatal: could not read Username for 'https://github.com'", Code.REPOSITORY_NOT_FOUND),
        ("remote: Repository not found.", Code.REPOSITORY_NOT_FOUND),
        ("fatal: Authentication failed for 'https://github.com/a/b/'", Code.REPOSITORY_NOT_FOUND),
        ("The requested URL returned error: 404", Code.REPOSITORY_NOT_FOUND),
        ("The requested URL returned error: 301", Code.REPOSITORY_NOT_FOUND),
        ("The requested URL returned error: 429", Code.HOST_UNREACHABLE),
        ("The requested URL returned error: 503", Code.HOST_UNREACHABLE),
        ("Could not resolve host: github.com", Code.HOST_UNREACHABLE),
        ("fatal: early EOF", Code.HOST_UNREACHABLE),
        ("", Code.HOST_UNREACHABLE),
    ],
)
def test_words_of_git_become_codes(tmp_path: Path, text: str, code: Code) -> None:
    assert git_in(tmp_path).fault_of(GitError(text)).code == code


def test_what_is_too_late_is_not_begun(tmp_path: Path) -> None:
    with pytest.raises(GitError) as caught:
        git_in(tmp_path, seconds=-1).run("init", "--quiet", ".")
    assert caught.value.timed_out
    assert not (tmp_path / ".git").exists()
