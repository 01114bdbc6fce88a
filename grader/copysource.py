"""Why a file that COPY names is not there: ignored, left out, misspelt or kept elsewhere.

Asked of git and of the files on disk; nothing of the student's is run.
"""

import os
import posixpath
import re
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from grader.fetch import Source
from grader.git import Git, GitError
from grader.output import tidy
from grader.tree import SUBMODULE, shown

CHECK_IGNORE = ("check-ignore", "-v", "-z", "--no-index", "--stdin")
SAID = 200  # characters of a fact
LONGEST_IGNORE = 64 * 1024  # bytes of a .dockerignore that are read


def facts_of(source: Source, name: str) -> dict[str, Any]:
    """What is known about `name`, a path below the context that the build did not find."""
    inside = posixpath.normpath(name.strip("/") or ".")
    wanted = posixpath.normpath(posixpath.join(source.context, inside))
    facts: dict[str, Any] = {"file": tidy(inside, SAID)}
    if source.context != ".":
        facts["context"] = source.context
    if wanted.startswith("..") or not wanted.isprintable():
        return facts
    if (source.path / wanted).exists():
        return facts | {"excluded_by": _excluded_by(source, inside)}
    files, submodules = _committed(source)
    above = next((name for name in submodules if f"{wanted}/".startswith(f"{name}/")), None)
    kept = next((f"{path}.dvc" for path in _upwards(wanted) if f"{path}.dvc" in files), None)
    found = {
        "submodule": above,
        "dvc": kept,
        "ignored_by": _ignored_by(source, wanted),
        "elsewhere": inside if inside != wanted and _is_there(inside, files) else None,
    }
    if not any(found.values()):
        found["nearest"] = _nearest(wanted, files)
    return facts | {name: tidy(shown(text), SAID) for name, text in found.items() if text}


def _committed(source: Source) -> tuple[set[str], set[str]]:
    """The paths of all files of the commit, and of its submodules."""
    listing = Git.local(source.path).run("ls-tree", "-r", "-z", "--full-tree", source.commit)
    files, submodules = set[str](), set[str]()
    for line in listing.decode("utf-8", "surrogateescape").split("\0"):
        head, _, path = line.partition("\t")
        (submodules if head.startswith(SUBMODULE) else files).add(path)
    return files, submodules


def _ignored_by(source: Source, wanted: str) -> str | None:
    """The place and the pattern by which git ignores it, such as `.gitignore line 3: *.pt`."""
    try:
        told = Git.local(source.path).run(*CHECK_IGNORE, given=os.fsencode(wanted))
    except GitError:  # exit code 1: it does not
        return None
    place, line, pattern, *_ = told.decode("utf-8", "surrogateescape").split("\0")
    return None if pattern.startswith("!") else f"{place} line {line}: {pattern}"


def _excluded_by(source: Source, inside: str) -> str:
    """The line of .dockerignore that leaves the path out, as far as it can be told."""
    special = source.path / f"{source.dockerfile}.dockerignore"
    file = special if special.is_file() else source.path / source.context / ".dockerignore"
    said = file.name
    try:
        with file.open(encoding="utf-8", errors="replace") as text:
            lines = text.read(LONGEST_IGNORE).splitlines()
    except OSError:
        return said
    for number, line in enumerate(lines, 1):
        pattern = line.strip().strip("/")
        if pattern and pattern[0] not in "#!" and _matches(pattern, inside):
            said = tidy(f"{file.name} line {number}: {line.strip()}", SAID)
    return said


def _matches(pattern: str, path: str) -> bool:
    """Whether a pattern of .dockerignore names the path or a folder above it."""
    expression = ""
    for part in re.split(r"(\*\*/?|\*|\?)", posixpath.normpath(pattern)):
        expression += {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}.get(
            part, re.escape(part)
        )
    return any(re.fullmatch(expression, above) for above in _upwards(path))


def _upwards(path: str) -> list[str]:
    """The path and each folder above it, the root left out."""
    parts = path.split("/")
    return ["/".join(parts[:length]) for length in range(len(parts), 0, -1)]


def _is_there(path: str, files: set[str]) -> bool:
    return path in files or any(file.startswith(f"{path}/") for file in files)


def _nearest(wanted: str, files: set[str]) -> str | None:
    """A file or folder whose name differs only in spelling, or that has the same last name."""
    paths = sorted({above for file in files for above in _upwards(file)})
    folded = {path.lower(): path for path in paths}
    if wanted.lower() in folded:
        return folded[wanted.lower()]
    close = get_close_matches(wanted.lower(), folded, n=1, cutoff=0.8)
    if close:
        return folded[close[0]]
    name = Path(wanted).name
    return next((path for path in paths if Path(path).name == name), None)
