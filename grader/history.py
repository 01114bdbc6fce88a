"""Who made the commits that lead to one: information for people, never part of a verdict."""

import re
import time
from collections import Counter
from dataclasses import dataclass, replace

from grader.git import Git, GitError
from grader.output import tidy

LAST = 300  # commits looked at, newest first
SECONDS = 5  # for all of it: somebody waits for the answer of a look-up
SHOWN = 12
LONGEST = 80  # characters of a name
FIELD, COMMIT = "\x1f", "\x1e"
FORMAT = "%an <%ae>%x1f%(trailers:key=Co-authored-by,valueonly,separator=%x1f)%x1e"
PERSON = re.compile(r"\s*(?P<name>[^<]*?)\s*<(?P<mail>[^>]*)>")


@dataclass(frozen=True, slots=True)
class Author:
    """Somebody, and how many of the last commits (merges left out) they made or helped with."""

    name: str
    commits: int


def authors(git: Git, commit: str) -> tuple[Author, ...]:
    """Who made the last commits; empty when the host does not tell in time."""
    brief = replace(git, deadline=min(git.deadline, time.monotonic() + SECONDS))
    fetch = ("fetch", "-q", "--no-tags", "--filter=tree:0", f"--depth={LAST}")
    log = ("log", f"-{LAST}", "--no-merges", "--no-show-signature", f"--format={FORMAT}")
    try:
        brief.run(*fetch, git.origin.url, commit)
        return counted(brief.run(*log, commit).decode("utf-8", "replace"))
    except GitError:
        return ()


def counted(told: str) -> tuple[Author, ...]:
    """What `git log` told, newest commit first, as authors; one per mail address, busiest first."""
    commits, names = Counter[str](), dict[str, str]()
    for record in told.split(COMMIT):
        people = {}
        for field in record.split(FIELD):
            if found := PERSON.match(field):
                mail = found["mail"].strip().lower()
                people[mail] = tidy(found["name"], LONGEST).strip() or "nameless"
        commits.update(people.keys())
        names = people | names
    busiest = sorted(commits.items(), key=lambda pair: (-pair[1], names[pair[0]], pair[0]))
    return tuple(Author(names[mail], number) for mail, number in busiest[:SHOWN])
