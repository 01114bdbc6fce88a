"""One document of a repository at one commit, read without writing any file of it to disk.

Nothing that a student chose reaches the file system: a path is only compared with git's list.
"""

import posixpath
from dataclasses import dataclass

from grader.fetch import FetchPolicy, bring, named, started
from grader.git import Git, GitError
from grader.output import tidy
from grader.scratch import scratch
from grader.tree import LINK, SUBMODULE, shown
from lab_specs.faults import Code, PlatformFault, StudentFault

LARGEST = 2**20  # bytes; a larger file is not even fetched, where the host can leave it out
SHOWN = 5  # documents that are named when the wanted one is not there
SAID = 100  # characters of a path in a sentence
PROSE = (".md", ".markdown", ".txt", ".rst")


@dataclass(frozen=True, slots=True)
class Document:
    """A text and the files beside it, or in words why it could not be read at this commit."""

    commit: str
    text: str = ""
    problem: str = ""
    files: frozenset[str] = frozenset()  # every regular file of the commit


@dataclass(frozen=True, slots=True)
class _Entry:
    mode: str
    blob: str


class _UnreadableError(Exception):
    """Why it is no document, in words for whoever wrote it."""


def read(repository: str, path: str, policy: FetchPolicy, commit: str = "") -> Document:
    """The document `path` at a commit; without one, at the default branch of this moment.

    Raises StudentFault when the repository or the commit is not there or too large,
    PlatformFault when the host is silent.
    """
    with scratch(policy.workdir, "read") as folder:
        git = started(folder, repository, policy)
        at = bring(git, named(git, commit), commit, f"--filter=blob:limit={LARGEST + 1}")
        try:
            entries = _entries(git, at, policy)
            return Document(at, _text(git, entries, path), files=_regular(entries))
        except _UnreadableError as problem:
            return Document(at, problem=str(problem))
        except GitError as error:
            if error.timed_out:
                raise git.fault_of(error) from error
            raise PlatformFault(Code.INTERNAL, error=error.text) from error


def _entries(git: Git, commit: str, policy: FetchPolicy) -> dict[str, _Entry]:
    """Everything in the commit, without sizes: those of files that did not come are not known."""
    try:
        listing = git.run("ls-tree", "-r", "-z", "--full-tree", commit)
    except GitError as error:
        if error.overflow:
            raise StudentFault(Code.TOO_MANY_FILES, limit=policy.max_files) from error
        raise
    found = {}
    for line in listing.split(b"\0"):
        head, _, path = line.partition(b"\t")
        if path:
            mode, _, blob = head.decode().split()
            found[path.decode("utf-8", "surrogateescape")] = _Entry(mode, blob)
    return found


def _regular(entries: dict[str, _Entry]) -> frozenset[str]:
    return frozenset(p for p, entry in entries.items() if entry.mode not in {LINK, SUBMODULE})


def _text(git: Git, entries: dict[str, _Entry], path: str) -> str:
    entry, said = _found(entries, path), _said(path)
    if not _fits(git, entry):
        raise _UnreadableError(f"{said} is larger than {LARGEST // 2**20} MB.")
    raw = git.run("cat-file", "blob", entry.blob)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _UnreadableError(f"{said} is no text in UTF-8.") from error
    if "\0" in text:
        raise _UnreadableError(f"{said} is no text: it holds bytes that no text has.")
    if not text.strip():
        raise _UnreadableError(f"{said} is empty.")
    return text.replace("\r\n", "\n")


def _found(entries: dict[str, _Entry], path: str) -> _Entry:
    """The regular file of exactly this name. Links are never followed."""
    folders, folder = [path], path
    while folder := posixpath.dirname(folder).rstrip("/"):
        folders.append(folder)
    for name in reversed(folders):
        mode = entries[name].mode if name in entries else ""
        if mode == LINK:
            raise _UnreadableError(f"{_said(name)} is a link, and links are not followed.")
        if mode == SUBMODULE:
            raise _UnreadableError(f"{_said(name)} is a submodule: what is in it lies elsewhere.")
    if path in entries:
        return entries[path]
    if any(name.startswith(f"{path.rstrip('/')}/") for name in entries):
        raise _UnreadableError(f"{_said(path)} is a folder.")
    there = sorted(_regular(entries), key=lambda name: (name.count("/"), name))
    prose = [_said(name) for name in there if name.lower().endswith(PROSE)][:SHOWN]
    seen = f" These are there: {', '.join(prose)}." if prose else ""
    raise _UnreadableError(f"There is no file {_said(path)}.{seen}")


def _fits(git: Git, entry: _Entry) -> bool:
    """Whether the file came, and is small. One that was left out has no size here."""
    try:
        return int(git.run("cat-file", "-s", entry.blob)) <= LARGEST
    except GitError as error:
        if error.timed_out:
            raise
        return False


def _said(path: str) -> str:
    return f"`{tidy(shown(path), SAID).replace('`', '').replace(chr(10), ' ')}`"
