"""What one commit says of who made it. All of it was written by whoever made it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from grader.output import tidy

LONGEST = 80  # characters of a name
LONGEST_MAIL = 120
MOST_HELPERS = 30  # co-authors of one commit
OLDEST = date(1990, 1, 1)  # a clock that says less says nothing

AUTHOR = re.compile(r"^author (?P<name>[^<\n]*)<(?P<mail>[^>\n]*)>(?P<when>[^\n]*)$", re.MULTILINE)
HELPER = re.compile(
    r"^co-authored-by:(?P<name>[^<\n]*)<(?P<mail>[^>\n]*)>", re.IGNORECASE | re.MULTILINE
)
BOT_MAILS = ("noreply@github.com", "action@github.com", "actions@github.com")


@dataclass(frozen=True, slots=True)
class Contact:
    """A name and a mail address, as plain text without `<` and `>`; either may be empty."""

    name: str
    mail: str

    @property
    def is_bot(self) -> bool:
        """Whether this is a program by its own account."""
        return "[bot]" in f"{self.name} {self.mail}".lower() or self.mail in BOT_MAILS


@dataclass(frozen=True, slots=True)
class Commit:
    """Who made a commit, who helped, and the day of its author's clock in UTC, if that is one."""

    id: str
    author: Contact
    helpers: tuple[Contact, ...]
    day: date | None


def commits(told: bytes, *, now: datetime) -> Iterator[Commit]:
    """The commits that `git cat-file --batch` tells: a line with the size, then the content."""
    at = 0
    while at < len(told):
        line_end = told.index(b"\n", at)
        name, _, size = told[at:line_end].decode().split()
        at = line_end + 1
        yield _commit(name, told[at : at + int(size)].decode("utf-8", "replace"), now)
        at += int(size) + 1


def contact(name: str, mail: str) -> Contact:
    """A name and an address as they may be stored and shown."""
    return Contact(_plain(name, LONGEST), _plain(mail, LONGEST_MAIL).lower())


def _commit(name: str, content: str, now: datetime) -> Commit:
    head, _, message = content.partition("\n\n")
    found = AUTHOR.search(head)
    author = contact(found["name"], found["mail"]) if found else Contact("", "")
    # git knows trailers at the end alone; those who merge and squash leave them anywhere
    helpers = (contact(each["name"], each["mail"]) for each in HELPER.finditer(message))
    others = dict.fromkeys(each for each in helpers if each.mail != author.mail or not each.mail)
    day = _day(found["when"], now) if found else None
    return Commit(name, author, tuple(others)[:MOST_HELPERS], day)


def _day(when: str, now: datetime) -> date | None:
    """Clocks of authors may say anything; a day that cannot be is none."""
    try:
        day = datetime.fromtimestamp(int(when.split(maxsplit=1)[0]), UTC).date()
    except (ValueError, IndexError, OverflowError, OSError):
        return None
    return day if OLDEST <= day <= now.date() else None


def _plain(text: str, limit: int) -> str:
    words = " ".join(tidy(text, len(text)).replace("<", "").replace(">", "").split())
    return words[:limit].strip()
