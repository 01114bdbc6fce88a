"""Who made the last commits is told by real git, merged by mail, and never costs a look-up."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader import history
from grader.fetch import FetchPolicy, resolve
from grader.history import LONGEST, SHOWN, Author, counted
from tests.grader.repositories import commit, git, repository

RECORD = "{} <{}>\x1f{}\x1e\n"


@pytest.fixture
def policy(tmp_path: Path) -> FetchPolicy:
    return FetchPolicy(hosts=("github.com",), local_root=tmp_path, seconds=20)


@pytest.mark.rule("DTU-17")
def test_commits_are_counted_by_mail_with_those_who_helped(
    tmp_path: Path, policy: FetchPolicy
) -> None:
    home = tmp_path / "student"
    repository(home, {"Dockerfile": "FROM scratch\n"})
    commit(home, "Together\n\nCo-authored-by: Bob <BOB@example.org>")
    git(
        home,
        "-c",
        "user.name=x",
        "commit",
        "-q",
        "--allow-empty",
        "-m",
        "b",
        "--author=B <bob@example.org>",
    )
    found = resolve(home.as_uri(), "", policy)
    assert found.authors == (Author("Ada", 2), Author("B", 2))


def test_history_that_does_not_come_in_time_is_left_out(
    tmp_path: Path, policy: FetchPolicy, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "student"
    sha = repository(home, {"Dockerfile": "FROM scratch\n"})
    monkeypatch.setattr(history, "SECONDS", -1)
    began = time.monotonic()
    found = resolve(home.as_uri(), "", policy)
    assert (found.commit, found.authors) == (sha, ())
    assert time.monotonic() - began < policy.seconds


@pytest.mark.parametrize(
    ("told", "authors"),
    [
        ("", ()),
        ("\x1e", ()),
        ("no mail\x1f\x1e", ()),
        (RECORD.format("", "a@x.example", ""), (Author("nameless", 1),)),
        (RECORD.format("A", "a@x.example", "A <a@x.example>"), (Author("A", 1),)),
        (
            RECORD.format("\x1b[31mA\u202e", "a@x.example", "<<>>"),
            (Author("A", 1), Author("nameless", 1)),
        ),
        (
            RECORD.format("New", "a@x.example", "") + RECORD.format("Old", "A@X.example", ""),
            (Author("New", 2),),
        ),
    ],
)
def test_what_people_write_into_a_commit(told: str, authors: tuple[Author, ...]) -> None:
    assert counted(told) == authors


@given(st.text(max_size=200))
def test_any_text_is_read_and_bounded(told: str) -> None:
    for author in counted(told):
        assert 1 <= author.commits <= told.count("\x1e") + 1
        assert 0 < len(author.name) <= LONGEST
    assert len(counted(told)) <= SHOWN
