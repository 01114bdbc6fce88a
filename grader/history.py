"""Who made the commits that lead to one: information for people, never part of a verdict.

A history is written by those whom it tells of: names, addresses, days and co-authors may be
anything, and so may its size. All of it is bounded, and what was left out is said.
"""

import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

from grader.commits import Commit, Contact, commits, contact
from grader.fetch import FetchPolicy, bring, started
from grader.git import Git, GitError
from grader.scratch import scratch
from lab_specs.faults import Code, Fault

LAST = 2_000  # commits looked at, newest first; merges are not among them
LARGEST = 15_000  # bytes of a commit; all of them fit into what git may say at once
SECONDS = 60  # for a history with its files, and as much again for one without
LINE_SECONDS = 30  # for counting lines; what is not counted by then is said
TOGETHER = 100  # commits whose lines are counted at once
HUGE = 2_000  # lines of one file in one commit: data, or what a program wrote
SHOWN = 40  # people
ALIASES = 8  # addresses of one person that are kept
LARGEST_MAILMAP = 2**16  # bytes
HEAD = re.compile(rb"[0-9a-f]{40}")
GENERATED = re.compile(
    r"(^|/)(node_modules|\.?venv|site-packages|__pycache__|dist|build|vendor)/"
    r"|(^|/)(package-lock\.json|[^/]*\.lock|pnpm-lock\.yaml|conda-lock\.yml)$"
    r"|\.(ipynb|csv|tsv|json|jsonl|svg|min\.js|min\.css|map|log)$",
    re.IGNORECASE,
)
TOO_MUCH = (Code.REPOSITORY_TOO_LARGE, Code.HOST_UNREACHABLE)


@dataclass(slots=True)
class Contributor:
    """Somebody by one mail address, and what commits say of them.

    `commits` counts those that they made or helped with, `helped` the latter alone. Lines are
    those of all these commits. `also` is what the repository's own `.mailmap` calls the same.
    """

    name: str
    mail: str
    also: list[str] = field(default_factory=list)
    commits: int = 0
    helped: int = 0
    added: int = 0
    removed: int = 0
    left_out: int = 0  # changes of files whose lines say nothing
    first: str = ""  # ISO days, in UTC
    last: str = ""


@dataclass(slots=True)
class History:
    """What the newest commits say. Numbers of commits, but for `people`, who are too many."""

    contributors: list[Contributor]
    commits: int = 0
    with_lines: int = 0
    merges: int = 0
    by_bots: int = 0
    unread: int = 0  # too large
    people: int = 0  # more than are listed
    whole: bool = True  # back to the beginning

    def told(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Lines:
    """What one commit changed in files that people write."""

    added: int = 0
    removed: int = 0
    left_out: int = 0


def read(repository: str, commit: str, policy: FetchPolicy) -> History:
    """The history that leads to a commit, without lines when its files are too much.

    Raises StudentFault when it is not there or too large, PlatformFault when the host is silent.
    """
    brief = replace(policy, seconds=min(policy.seconds, SECONDS))
    try:
        return _read(repository, commit, brief, lines=True)
    except Fault as fault:
        if fault.code not in TOO_MUCH:
            raise
    return _read(repository, commit, brief, lines=False)


def _read(repository: str, commit: str, policy: FetchPolicy, *, lines: bool) -> History:
    with scratch(policy.workdir, "history") as folder:
        git = started(folder, repository, policy)
        bring(git, commit, commit, *(() if lines else ("--filter=tree:0",)), depth=LAST + 1)
        here = Git.local(folder, LINE_SECONDS + SECONDS)
        try:
            return _history(here, commit, lines=lines)
        except GitError as error:
            raise git.fault_of(error) from error


def _history(git: Git, commit: str, *, lines: bool) -> History:
    ids, whole, merges = _ids(git, commit)
    readable = _readable(git, ids)
    told = git.run("cat-file", "--batch", given=_asked(readable))
    found = list(commits(told, now=datetime.now(UTC)))
    human = [each for each in found if not each.author.is_bot]
    joined = _mailmap(git, commit, human) if lines else {}
    changed = _lines(git, [each.id for each in human]) if lines else {}
    contributors = _people(human, joined, changed)
    return History(
        contributors[:SHOWN],
        commits=len(human),
        with_lines=len(changed),
        merges=merges,
        by_bots=len(found) - len(human),
        unread=len(ids) - len(readable),
        people=max(0, len(contributors) - SHOWN),
        whole=whole,
    )


def _ids(git: Git, commit: str) -> tuple[list[str], bool, int]:
    """The commits, newest first, whether they are all, and how many merges lie between.

    Where a history was cut, a commit looks like the first one, with all files as its own.
    """
    cut = git.folder / ".git" / "shallow"
    edge = cut.read_text().split() if cut.exists() else []
    wanted = "".join(f"{line}\n" for line in (commit, *(f"^{each}" for each in edge))).encode()
    walk = ("rev-list", f"--max-count={LAST}", "--stdin")
    ids = git.run(*walk, "--no-merges", given=wanted).decode().split()
    merges = git.run(*walk, "--merges", "--count", given=wanted)
    return ids, not edge and len(ids) < LAST, int(merges)


def _readable(git: Git, ids: Sequence[str]) -> list[str]:
    check = "--batch-check=%(objectname) %(objectsize)"
    sizes = (line.split() for line in git.run("cat-file", check, given=_asked(ids)).splitlines())
    return [name.decode() for name, size in sizes if size.isdigit() and int(size) <= LARGEST]


def _asked(ids: Iterable[str]) -> bytes:
    return "".join(f"{each}\n" for each in ids).encode()


def _mailmap(git: Git, commit: str, found: Sequence[Commit]) -> dict[Contact, Contact]:
    """Whom the repository's own `.mailmap` calls by another name or address."""
    people = [who for each in found for who in (each.author, *each.helpers)]
    asked = list(dict.fromkeys(who for who in people if who.mail))
    place = f"{commit}:.mailmap"
    try:
        if int(git.run("cat-file", "-s", place)) > LARGEST_MAILMAP:
            return {}
        given = "".join(f"{who.name} <{who.mail}>\n" for who in asked).encode()
        told = git.run("-c", f"mailmap.blob={place}", "check-mailmap", "--stdin", given=given)
    except GitError:  # there is none, or git cannot make sense of it
        return {}
    lines = told.decode("utf-8", "replace").splitlines()
    if len(lines) != len(asked):
        return {}
    pairs = (line.rpartition(" <") for line in lines)
    answers = [contact(name, mail.rstrip(">")) for name, _, mail in pairs]
    return {was: now for was, now in zip(asked, answers, strict=True) if was != now and now.mail}


def _lines(git: Git, ids: Sequence[str]) -> dict[str, Lines]:
    """What each commit changed, newest first, for as many as there is time for."""
    limited = replace(git, deadline=min(git.deadline, time.monotonic() + LINE_SECONDS))
    show = ("diff-tree", "--stdin", "--root", "-r", "-z", "-M", "-l200", "--numstat")
    found: dict[str, Lines] = {}
    for start in range(0, len(ids), TOGETHER):
        batch = ids[start : start + TOGETHER]
        try:
            told = limited.run(
                *("-c", "core.bigFileThreshold=1m", *show, "--no-ext-diff", "--no-textconv"),
                given=_asked(batch),
            )
        except GitError:  # too long, or too much: enough is known
            break
        found |= dict.fromkeys(batch, Lines()) | dict(counted(told))
    return found


def counted(told: bytes) -> Iterator[tuple[str, Lines]]:
    """What `git diff-tree --numstat -z` told, per commit. A renamed file has two names."""
    parts = iter(told.split(b"\0"))
    name, added, removed, left_out = "", 0, 0, 0
    for part in parts:
        if HEAD.fullmatch(part):
            if name:
                yield name, Lines(added, removed, left_out)
            name, added, removed, left_out = part.decode(), 0, 0, 0
        elif part:
            more, fewer, path = part.split(b"\t", 2)
            if not path:
                next(parts, b"")
                path = next(parts, b"")
            if _says_something(more, fewer, path):
                added, removed = added + int(more), removed + int(fewer)
            else:
                left_out += 1
    if name:
        yield name, Lines(added, removed, left_out)


def _says_something(more: bytes, fewer: bytes, path: bytes) -> bool:
    if b"-" in (more, fewer):  # no text
        return False
    huge = int(more) + int(fewer) > HUGE
    return not huge and not GENERATED.search(path.decode("utf-8", "replace"))


def _people(
    found: Sequence[Commit], joined: Mapping[Contact, Contact], changed: Mapping[str, Lines]
) -> list[Contributor]:
    """Everybody by mail address, busiest first; the newest commit says the name."""
    people: dict[str, Contributor] = {}
    for each in found:
        named = {_key(joined.get(who, who)): who for who in (*each.helpers, each.author)}
        for key, was in named.items():
            if was.is_bot:
                continue
            who = joined.get(was, was)
            row = people.setdefault(key, Contributor(who.name or "nameless", who.mail))
            if was != who and (alias := f"{was.name} <{was.mail}>".strip()) not in row.also:
                row.also = [*row.also, alias][:ALIASES]
            _add(row, each.day, changed.get(each.id, Lines()), helped=was is not each.author)
    return sorted(people.values(), key=lambda row: (-row.commits, row.name, row.mail))


def _key(who: Contact) -> str:
    return who.mail or who.name.casefold()


def _add(row: Contributor, day: date | None, lines: Lines, *, helped: bool) -> None:
    row.commits += 1
    row.helped += helped
    row.added += lines.added
    row.removed += lines.removed
    row.left_out += lines.left_out
    if day:
        row.first = min(row.first or day.isoformat(), day.isoformat())
        row.last = max(row.last, day.isoformat())
