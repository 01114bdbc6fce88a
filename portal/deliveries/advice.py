"""Advice to whoever reads a report: what the text has and lacks. Pure; it never decides anything.

Nothing is fetched: an image resolves when it is a page on the web, or a path beside a text of
which whoever asks knows that something is there.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

from lab_specs.edition.syllabus import Deliverable

WORD = re.compile(r"\w+(?:['\u2019.-]\w+)*")
OPEN_TASK = re.compile(r"^\s*[-*+]\s+\[ \]\s", re.MULTILINE)
DONE_TASK = re.compile(r"^\s*[-*+]\s+\[[xX]\]\s", re.MULTILINE)
BROKEN_IMAGE = re.compile(r"!\[[^\]\n]*\]\[[^\]\n]*\]")  # names a target that is nowhere
OF_A_DISK = re.compile(r"^(?:[A-Za-z]:[\\/]|[\\/]|~)")


class _Parser(MarkdownIt):
    """Keeps each target as it is written, also those that a browser would refuse to open."""

    def validateLink(self, url: str) -> bool:  # noqa: N802, ARG002 - as the library has it
        """Let a remark be made about any target."""
        return True

    def normalizeLink(self, url: str) -> str:  # noqa: N802 - the library's name
        """Leave it alone: mending an address hides that it is broken."""
        return url


_parser = _Parser("commonmark", {"html": False})


@dataclass(frozen=True, slots=True)
class Advice:
    """One remark: whether it is as asked, and what it is."""

    fine: bool
    says: str


def nowhere(target: str) -> bool:  # noqa: ARG001 - of any target
    """Say that nothing lies beside a text that lies in no repository."""
    return False


def advise(
    deliverable: Deliverable, text: str, *, exists: Callable[[str], bool] = nowhere
) -> list[Advice]:
    """Remarks on a Markdown text, in the order in which a reader meets them.

    `exists`: whether a relative target, such as figures/curve.png, is there beside the text.
    """
    tokens = _parser.parse(text)
    return [
        *_headings(deliverable, tokens),
        *_words(deliverable, tokens),
        *_tasks(text),
        *_images(tokens, exists),
    ]


def words(text: str) -> int:
    """How many words a reader reads: code and links' addresses are left out."""
    return _count(_parser.parse(text))


def _headings(deliverable: Deliverable, tokens: list[Token]) -> Iterator[Advice]:
    titles = {
        _plain(tokens[n + 1]).casefold().strip(" :#.0123456789")
        for n, token in enumerate(tokens)
        if token.type == "heading_open"
    }
    missing = [each for each in deliverable.headings if each.casefold() not in titles]
    if missing:
        yield Advice(False, f"No heading {', '.join(f'“{each}”' for each in missing)}.")
    elif deliverable.headings:
        yield Advice(True, "All headings are there.")


def _words(deliverable: Deliverable, tokens: list[Token]) -> Iterator[Advice]:
    count = _count(tokens)
    if deliverable.words is None:
        yield Advice(True, f"{count} words.")
        return
    least, most = deliverable.words
    side = "fewer" if count < least else "more" if count > most else ""
    if side:
        yield Advice(False, f"{count} words: {side} than the {least} to {most} that are asked.")
    else:
        yield Advice(True, f"{count} words, of the {least} to {most} that are asked.")


def _tasks(text: str) -> Iterator[Advice]:
    left, done = len(OPEN_TASK.findall(text)), len(DONE_TASK.findall(text))
    if left or done:
        yield Advice(not left, f"{done} of {done + left} tasks of the list are ticked.")


def _images(tokens: list[Token], exists: Callable[[str], bool]) -> Iterator[Advice]:
    inner = [child for token in tokens for child in token.children or ()]
    targets = [str(child.attrs.get("src", "")) for child in inner if child.type == "image"]
    broken = [each for each in targets if not _resolves(each, exists)]
    plain = " ".join(child.content for child in inner if child.type == "text")
    broken += BROKEN_IMAGE.findall(plain)
    if broken:
        shown = ", ".join(f"“{each[:60]}”" for each in broken[:5])
        more = f" and {len(broken) - 5} more" if len(broken) > 5 else ""  # noqa: PLR2004 - a line
        yield Advice(False, f"Images that nobody else can see: {shown}{more}.")
    elif targets:
        yield Advice(True, f"{len(targets)} images, and each leads somewhere.")


def _resolves(target: str, exists: Callable[[str], bool]) -> bool:
    try:
        parts = urlsplit(target)
    except ValueError:
        return False
    if parts.scheme in {"http", "https"}:
        return bool(parts.hostname)
    if not target or parts.scheme or parts.netloc or OF_A_DISK.match(target):
        return False
    return exists(target)


def _count(tokens: list[Token]) -> int:
    return sum(len(WORD.findall(_plain(token))) for token in tokens if token.type == "inline")


def _plain(token: Token) -> str:
    kinds = {"text", "softbreak", "hardbreak", "code_inline"}
    parts = [child.content or " " for child in token.children or () if child.type in kinds]
    return "".join(parts)
