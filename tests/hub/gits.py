"""The git side of the stand-in: bare repositories on disk, read and written by real git."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, repeat
from pathlib import Path

from tests.grader.repositories import IDENTITY

NOTHING = "0" * 40
FIELDS = ("%H", "%T", "%P", "%an", "%ae", "%aI", "%cn", "%ce", "%cI", "%B")
FORMAT = "--format=" + "%x1f".join(FIELDS)
STATUS = {"A": "added", "D": "removed", "M": "modified", "R": "renamed", "C": "copied"}


@dataclass(frozen=True)
class Person:
    name: str
    email: str
    date: str


@dataclass(frozen=True)
class Commit:
    sha: str
    tree: str
    parents: list[str]
    author: Person
    committer: Person
    message: str


@dataclass(frozen=True)
class File:
    name: str
    sha: str | None
    status: str
    additions: int
    deletions: int


class NoSuchCommitError(LookupError):
    """Neither a commit nor a name of one."""


def git(folder: Path, *arguments: str, given: bytes = b"") -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env=IDENTITY, input=given, capture_output=True, check=True
    )
    return done.stdout.decode(errors="replace").rstrip("\n")


def create(folder: Path, default: str) -> None:
    folder.mkdir(parents=True)
    git(folder, "init", "-q", "--bare", "--template=", "-b", default)
    with (folder / "config").open("a") as config:
        config.write("[uploadpack]\n\tallowFilter = true\n\tallowAnySHA1InWant = true\n")


def refs(folder: Path, below: str = "refs/") -> dict[str, str]:
    """Full names of branches, tags and pull requests, and where they point."""
    told = git(folder, "for-each-ref", "--format=%(objectname) %(refname)", below)
    return {name: sha for sha, _, name in (line.partition(" ") for line in told.splitlines())}


def branches(folder: Path) -> dict[str, str]:
    start = "refs/heads/"
    return {name.removeprefix(start): sha for name, sha in refs(folder, start).items()}


def sha_of(folder: Path, ref: str) -> str:
    for name in (f"refs/heads/{ref}", f"refs/tags/{ref}", ref):
        peeled = name + "^{commit}"
        try:
            return git(folder, "rev-parse", "-q", "--verify", "--end-of-options", peeled)
        except subprocess.CalledProcessError:
            continue
    raise NoSuchCommitError(ref)


def log(folder: Path, *arguments: str) -> list[Commit]:
    told = git(folder, "log", "-z", FORMAT, *arguments)
    return [read(entry) for entry in told.split("\0") if entry]


def read(entry: str) -> Commit:
    sha, tree, parents, an, ae, ad, cn, ce, cd, message = entry.strip("\n").split("\x1f")
    author, committer = Person(an, ae, utc(ad)), Person(cn, ce, utc(cd))
    return Commit(sha, tree, parents.split(), author, committer, message.rstrip("\n"))


def utc(moment: str) -> str:
    """A moment as GitHub writes it."""
    return datetime.fromisoformat(moment).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def one(folder: Path, ref: str) -> Commit:
    return log(folder, "-1", sha_of(folder, ref))[0]


def files(folder: Path, sha: str, base: str | None = None) -> list[File]:
    """What a commit changed against its first parent, or against `base`."""
    between = [base, sha] if base else ["--root", sha]
    how = ("diff-tree", "-r", "-z", "--no-commit-id", "--no-renames")
    raw = git(folder, *how, "--raw", "--no-abbrev", *between).split("\0")
    numbers = {}
    for line in git(folder, *how, "--numstat", *between).split("\0"):
        if line:
            added, removed, name = line.split("\t", 2)
            numbers[name] = (int(added.replace("-", "0")), int(removed.replace("-", "0")))
    found = []
    for head, name in zip(raw[::2], raw[1::2], strict=False):
        *_, blob, status = head.split()
        found.append(
            File(name, blob if set(blob) != {"0"} else None, STATUS[status[0]], *numbers[name])
        )
    return found


def is_ancestor(folder: Path, older: str, newer: str) -> bool:
    command = ["git", "merge-base", "--is-ancestor", older, newer]
    return not subprocess.run(
        command, cwd=folder, env=IDENTITY, capture_output=True, check=False
    ).returncode


def kind_of(folder: Path, old: str, new: str) -> str:
    """What GitHub calls it when a ref moves so."""
    if old == NOTHING:
        return "branch_creation"
    if new == NOTHING:
        return "branch_deletion"
    return "push" if is_ancestor(folder, old, new) else "force_push"


def write(
    folder: Path,
    branch: str,
    contents: Mapping[str, str | bytes | None],
    *,
    message: str = "Hand in",
    author: tuple[str, str] = ("Ada", "ada@example.org"),
    when: datetime | None = None,
    parents: Sequence[str] | None = None,
) -> str:
    """Commit files (None removes one) to a branch, by one process; answers the commit.

    Without `parents` it stands on the branch, or a new one on the default; with [] it is a root.
    """
    if parents is None:
        heads, default = branches(folder), git(folder, "symbolic-ref", "--short", "HEAD")
        parents = [heads[name] for name in (branch, default) if name in heads][:1]
    joining = chain(["from"], repeat("merge"))
    moment = f"{int((when or datetime.now(UTC)).timestamp())} +0000"
    who = f"{author[0]} <{author[1]}> {moment}"
    # A branch of its own: the import takes a branch's old files along, a root has none.
    lines = [b"commit refs/import", b"mark :1"]
    lines += [f"author {who}".encode(), f"committer {who}".encode()]
    lines += data(message.encode())
    lines += [f"{word} {sha}".encode() for word, sha in zip(joining, parents, strict=False)]
    for name, content in contents.items():
        if content is None:
            lines.append(f"D {name}".encode())
        else:
            lines.append(f"M 100644 inline {name}".encode())
            lines += data(content.encode() if isinstance(content, str) else content)
    lines += [b"", b"get-mark :1", b"reset refs/import", b"from " + NOTHING.encode()]
    stream = b"\n".join([*lines, b"", f"reset refs/heads/{branch}\nfrom :1\n".encode()])
    return git(folder, "fast-import", "--quiet", "--force", given=stream).split()[0]


def data(content: bytes) -> list[bytes]:
    return [f"data {len(content)}".encode(), content]


def merge(folder: Path, branch: str, head: str, name: str) -> str:
    """The merge commit of a branch and another head; the branch stays where it is."""
    tree = git(folder, "merge-tree", "--write-tree", branch, head).splitlines()[0]
    return commit(folder, tree, f"Merge {head[:7]}", name, parents=[branch, head])


def generate(template: Path, folder: Path, branch: str, name: str) -> None:
    """The files of a template as one first commit, which has no history in common with it."""
    shutil.copytree(template / "objects", folder / "objects", dirs_exist_ok=True)
    tree = git(template, "rev-parse", f"{branch}^{{tree}}")
    sha = commit(folder, tree, "Initial commit", name)
    git(folder, "update-ref", f"refs/heads/{branch}", sha)


def commit(folder: Path, tree: str, message: str, name: str, parents: Sequence[str] = ()) -> str:
    moment = f"{int(datetime.now(UTC).timestamp())} +0000"
    who = {"GIT_AUTHOR_NAME": name, "GIT_COMMITTER_NAME": "GitHub"}
    dates = {"GIT_AUTHOR_DATE": moment, "GIT_COMMITTER_DATE": moment}
    on = [word for parent in parents for word in ("-p", parent)]
    command = ["git", "commit-tree", tree, *on, "-m", message]
    environment = IDENTITY | who | dates
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=True)
    return done.stdout.decode().strip()
