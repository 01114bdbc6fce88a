"""Who made commits, read by real git from real repositories, whatever people write into them."""

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader import history
from grader.commits import LONGEST, MOST_HELPERS, commits
from grader.fetch import FetchPolicy
from grader.history import Contributor, History, Lines, counted
from lab_specs.faults import Code, StudentFault
from tests.grader.repositories import git, repository

NOW = datetime(2026, 11, 21, tzinfo=UTC)
EMPTY = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"  # git's own name for a folder with nothing in it
RAW = "tree {}\nauthor {}\ncommitter C <c@x.example> 1700000000 +0000\n\n{}\n"


@pytest.fixture
def policy(tmp_path: Path) -> FetchPolicy:
    return FetchPolicy(hosts=(), local_root=tmp_path, seconds=20, workdir=tmp_path / "work")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "student"
    repository(folder, {"serve.py": "one\ntwo\n", "data.csv": "1\n" * 50})
    return folder


@pytest.fixture
def read(home: Path, policy: FetchPolicy) -> Callable[[], History]:
    return lambda: history.read(home.as_uri(), git(home, "rev-parse", "HEAD"), policy)


def by(home: Path, who: str, message: str = "x", **files: str) -> None:
    """A commit of `who`, `Name <mail>`."""
    for name, text in files.items():
        (home / f"{name}.py").write_text(text)
    git(home, "add", "-A")
    git(home, "commit", "-q", "--allow-empty", "-m", message, f"--author={who}")


def written(home: Path, author: str, message: str = "x") -> None:
    """A commit as no git would write it, put on top."""
    head = git(home, "rev-parse", "HEAD")
    raw = RAW.format(f"{EMPTY}\nparent {head}", author, message)
    git(home, "mktree", given=b"")
    store = ("hash-object", "-t", "commit", "-w", "--stdin", "--literally")
    git(home, "update-ref", "HEAD", git(home, *store, given=raw.encode()))


def told(found: History) -> list[tuple[str, str, int, int, int, int]]:
    rows = found.contributors
    return [(row.name, row.mail, row.commits, row.helped, row.added, row.removed) for row in rows]


@pytest.mark.rule("DTU-17")
def test_commits_and_lines_are_counted_by_mail_with_those_who_helped(
    home: Path, read: Callable[[], History]
) -> None:
    by(home, "B <bob@x.example>", "Pair\n\nCo-authored-by: Ada <ADA@example.org>", serve="one\n")
    git(home, "mv", "serve.py", "app.py")
    by(home, "Bobby <BOB@x.example>", train="a\nb\nc\n")
    found = read()
    assert told(found) == [
        ("Ada", "ada@example.org", 2, 1, 2, 1),
        ("Bobby", "bob@x.example", 2, 0, 3, 1),
    ]
    assert (found.commits, found.with_lines, found.whole) == (3, 3, True)
    assert [row.left_out for row in found.contributors] == [1, 0]
    assert found.contributors[0].first == found.contributors[0].last
    assert len(found.contributors[0].first) == 10


def test_what_programs_write_and_what_is_huge_counts_no_lines(
    home: Path, read: Callable[[], History]
) -> None:
    (home / "deep").mkdir()
    names = ("uv.lock", "a.ipynb", "deep/package-lock.json", "blob.bin")
    for name in names:
        (home / name).write_bytes(b"\0\1\n" if name == "blob.bin" else b"x\n")
    by(home, "B <b@x.example>", huge="x = 1\n" * (history.HUGE + 1), fine="x\n" * history.HUGE)
    (bob,) = [row for row in read().contributors if row.mail == "b@x.example"]
    assert (bob.added, bob.left_out) == (history.HUGE, len(names) + 1)


def test_merges_and_bots_are_left_out(home: Path, read: Callable[[], History]) -> None:
    main = git(home, "rev-parse", "HEAD")
    for branch in "abc":
        git(home, "checkout", "-q", "-b", branch, main)
        by(home, "Ada <ada@example.org>", **{branch: "x\n"})
    git(home, "merge", "-q", "-m", "octopus", "a", "b")
    by(home, "dependabot[bot] <1+dependabot[bot]@users.noreply.github.com>", dep="x\n")
    by(home, "B <b@x.example>", "x\n\nCo-authored-by: robot[bot] <r@x.example>")
    found = read()
    assert (found.commits, found.merges, found.by_bots) == (5, 1, 1)
    assert told(found) == [
        ("Ada", "ada@example.org", 4, 0, 5, 0),
        ("B", "b@x.example", 1, 0, 0, 0),
    ]


def test_the_mailmap_of_the_repository_joins_addresses_and_says_so(
    home: Path, read: Callable[[], History]
) -> None:
    (home / ".mailmap").write_text("Bob Builder <bob@x.example> <bob@home.example>\n")
    by(home, "bob <bob@home.example>")
    by(home, "Bob Builder <bob@x.example>")
    bob = read().contributors[0]
    assert (bob.name, bob.mail, bob.commits) == ("Bob Builder", "bob@x.example", 2)
    assert bob.also == ["bob <bob@home.example>"]


def test_a_mailmap_that_is_too_large_is_none(home: Path, read: Callable[[], History]) -> None:
    line = "Bob <bob@x.example> <ada@example.org>\n"
    (home / ".mailmap").write_text(line * (history.LARGEST_MAILMAP // len(line) + 1))
    by(home, "Ada <ada@example.org>")
    assert [row.mail for row in read().contributors] == ["ada@example.org"]


def test_unrelated_histories_are_one_history(home: Path, read: Callable[[], History]) -> None:
    git(home, "checkout", "-q", "--orphan", "other")
    by(home, "B <b@x.example>", other="x\n")
    git(home, "merge", "-q", "--allow-unrelated-histories", "-m", "m", "main")
    assert sorted(row.mail for row in read().contributors) == ["ada@example.org", "b@x.example"]


def test_where_the_history_was_cut_nobody_gets_all_the_files(
    home: Path, read: Callable[[], History], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        by(home, "B <b@x.example>", serve=f"{number}\n")
    monkeypatch.setattr(history, "LAST", 3)
    found = read()
    assert (found.commits, found.whole) == (3, False)
    assert told(found) == [("B", "b@x.example", 3, 0, 3, 3)]


def test_where_two_branches_were_cut_nobody_gets_all_the_files(
    home: Path, read: Callable[[], History], monkeypatch: pytest.MonkeyPatch
) -> None:
    by(home, "B <b@x.example>", one="1\n")
    git(home, "checkout", "-q", "-b", "side", "HEAD~1")
    by(home, "B <b@x.example>", two="2\n")
    git(home, "merge", "-q", "-m", "m", "main")
    git(home, "checkout", "-q", "-b", "last")
    by(home, "C <c@x.example>", three="3\n")
    git(home, "checkout", "-q", "side")
    git(home, "merge", "-q", "--no-ff", "-m", "m", "last")
    monkeypatch.setattr(history, "LAST", 2)
    assert told(read()) == [("C", "c@x.example", 1, 0, 1, 0)]


def test_a_history_with_too_large_files_is_told_without_lines(
    home: Path, policy: FetchPolicy
) -> None:
    repository(home, {"weights.bin": random.Random(7).randbytes(200_000)})
    git(home, "config", "uploadpack.allowFilter", "true")
    sha = git(home, "rev-parse", "HEAD")
    small = FetchPolicy(
        hosts=(), local_root=policy.local_root, workdir=policy.workdir, max_bytes=65_536
    )
    found = history.read(home.as_uri(), sha, small)
    assert (found.commits, found.with_lines, found.contributors[0].added) == (2, 0, 0)


def test_lines_that_take_too_long_are_not_counted(
    read: Callable[[], History], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "LINE_SECONDS", -1)
    found = read()
    assert (found.commits, found.with_lines) == (1, 0)


def test_a_commit_that_is_not_there(home: Path, policy: FetchPolicy) -> None:
    with pytest.raises(StudentFault) as caught:
        history.read(home.as_uri(), "f" * 40, policy)
    assert caught.value.code is Code.REF_NOT_FOUND


@pytest.mark.parametrize(
    ("author", "name", "mail", "day"),
    [
        ("Ada <b>bold</b>\x1b[31m <a@x> 1700000000 +0000", "Ada", "b", ""),
        ("\x1b[31mRed\x07\u202e <A@X> 1700000000 +0000", "Red", "a@x", "2023-11-14"),
        ("No Date <a@x>", "No Date", "a@x", ""),
        ("Year 0 <a@x> -62167219200 +0000", "Year 0", "a@x", ""),
        ("Year 99999 <a@x> 3093527980800 +0000", "Year 99999", "a@x", ""),
        ("Digits <a@x> 99999999999999999999999999 +9999", "Digits", "a@x", ""),
        ("<> 1700000000 +0000", "nameless", "", "2023-11-14"),
        ("nobody at all", "nameless", "", ""),
    ],
)
def test_what_people_write_into_a_commit(
    home: Path, read: Callable[[], History], author: str, name: str, mail: str, day: str
) -> None:
    written(home, author)
    (row,) = [row for row in read().contributors if row.mail != "ada@example.org"]
    assert (row.name, row.mail, row.last) == (name, mail, day)


def test_two_megabytes_of_name_and_ten_thousand_helpers_are_left_out_and_said(
    home: Path, read: Callable[[], History]
) -> None:
    written(home, "A" * 2_000_000 + " <a@x> 1700000000 +0000")
    helpers = "\n".join(f"Co-authored-by: H{n} <h{n}@x>" for n in range(10_000))
    written(home, "B <b@x> 1700000000 +0000", helpers)
    few = "\n".join(f"Co-authored-by: H{n} <h{n}@x>" for n in range(200))
    written(home, "B <b@x> 1700000000 +0000", few)
    began = time.monotonic()
    found = read()
    assert (found.commits, found.unread) == (2, 2)
    assert len(found.contributors) == MOST_HELPERS + 2
    assert time.monotonic() - began < 5


@given(st.binary(max_size=300))
def test_any_commit_is_read_and_bounded(content: bytes) -> None:
    stored = b"%s commit %d\n%s\n" % (b"a" * 40, len(content), content)
    (found,) = commits(stored, now=NOW)
    for who in (found.author, *found.helpers):
        assert len(who.name) <= LONGEST
        assert not {"<", ">", "\n", "\x1b"} & set(who.name + who.mail)


def test_a_changed_file_is_told_whatever_its_name() -> None:
    one, two = "a" * 40, "b" * 40
    raw = f"{one}\x001\t2\tx\ty.py\x003\t4\t\x00{two}\x00{one}\x00{two}\x00-\t-\tpic\x00".encode()
    assert dict(counted(raw)) == {one: Lines(4, 6, 0), two: Lines(0, 0, 1)}


def test_a_contributor_is_json() -> None:
    assert History([Contributor("A", "a@x")]).told()["contributors"][0]["mail"] == "a@x"
