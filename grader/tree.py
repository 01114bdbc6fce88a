"""The files of a commit, judged before any of them is written to disk."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grader.git import Git, GitError
from grader.origin import MEBIBYTE, FetchPolicy
from lab_specs.faults import Code, StudentFault

LINK, SUBMODULE = "120000", "160000"
LONGEST_TARGET = 4_096  # bytes; Linux follows no longer link
LONGEST_NAME, LONGEST_PATH = 255, 3_500  # bytes; Linux takes 4,096, the folder of it included
STEPS = 1_000  # folders walked for one link, and at once the end of every circle
SHOWN = 3


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a commit; `size` in bytes, 0 for a submodule. Folders are no entries."""

    mode: str
    blob: str
    size: int
    path: str


def read_tree(git: Git, commit: str, policy: FetchPolicy) -> list[Entry]:
    """All files of the commit. Raises StudentFault when they are too many or too large."""
    try:
        listing = git.run("ls-tree", "-r", "-l", "-z", "--full-tree", commit)
    except GitError as error:
        if error.overflow:
            raise StudentFault(Code.TOO_MANY_FILES, limit=policy.max_files) from error
        raise
    entries = [_entry(line) for line in listing.split(b"\0") if line]
    if len(entries) > policy.max_files:
        folders = Counter(entry.path.partition("/")[0] for entry in entries)
        most = [f"{shown(name)} ({count})" for name, count in folders.most_common(SHOWN)]
        raise StudentFault(
            Code.TOO_MANY_FILES, files=len(entries), limit=policy.max_files, folders=most
        )
    total = sum(entry.size for entry in entries)
    if total > policy.max_bytes:
        largest = sorted(entries, key=lambda entry: -entry.size)[:SHOWN]
        raise StudentFault(
            Code.REPOSITORY_TOO_LARGE,
            size_mb=round(total / MEBIBYTE, 1),
            limit_mb=round(policy.max_bytes / MEBIBYTE, 1),
            largest=[f"{shown(e.path)} ({e.size / MEBIBYTE:.1f} MB)" for e in largest],
        )
    return entries


def read_links(git: Git, entries: Sequence[Entry]) -> dict[str, str]:
    """Each symbolic link and where it points. Raises StudentFault when one leaves the tree."""
    for entry in entries:
        if {"", ".", "..", ".git"} & set(entry.path.lower().split("/")) or _too_long(entry.path):
            raise StudentFault(Code.UNSAFE_PATH, path=shown(entry.path)[:LONGEST_NAME])
    links = [entry for entry in entries if entry.mode == LINK]
    for entry in links:
        if entry.size > LONGEST_TARGET:
            raise StudentFault(Code.UNSAFE_PATH, path=shown(entry.path))
    wanted = "".join(f"{entry.blob}\n" for entry in links).encode()
    told = git.run("cat-file", "--batch", given=wanted) if links else b""
    targets = dict(zip((entry.path for entry in links), _contents(told), strict=True))
    for path, target in targets.items():
        if resolved(path, targets) is None:
            raise StudentFault(Code.UNSAFE_PATH, path=shown(path), target=shown(target))
    return targets


def resolved(path: str, links: Mapping[str, str]) -> str | None:
    """The path that `path` really names inside the tree; None when it leads out or in a circle.

    The root of the tree is the empty string. Nothing is asked of the disk.
    """
    pending, done = path.split("/")[::-1], list[str]()
    for _ in range(STEPS):
        if not pending:
            return "/".join(done)
        part = pending.pop()
        if part == "..":
            if not done:
                return None
            done.pop()
        elif part not in ("", "."):
            done.append(part)
            target = links.get("/".join(done))
            if target is not None:
                if target.startswith("/"):
                    return None
                done.pop()
                pending += target.split("/")[::-1]
    return None


def shown(path: str) -> str:
    """A path as text that can be stored: bytes that are no UTF-8 become question marks."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _too_long(path: str) -> bool:
    """Whether no file can have this name. git would say so, but cuts its own words short."""
    names = [name.encode("utf-8", "surrogateescape") for name in path.split("/")]
    return max(map(len, names)) > LONGEST_NAME or sum(map(len, names)) + len(names) > LONGEST_PATH


def _entry(line: bytes) -> Entry:
    head, _, path = line.partition(b"\t")
    mode, _, blob, size = head.decode().split()
    return Entry(mode, blob, 0 if size == "-" else int(size), _text(path))


def _contents(told: bytes) -> list[str]:
    """The blobs that `git cat-file --batch` tells: a line with the size, then the content."""
    contents, at = [], 0
    while at < len(told):
        line_end = told.index(b"\n", at)
        size = int(told[at:line_end].split()[2])
        at = line_end + 1
        contents.append(_text(told[at : at + size]))
        at += size + 1
    return contents


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")
