"""What a comparison needs of one repository: its code at a commit, and the ids of its history.

No file of it is written to disk; a large file is not even fetched where the host can leave it out.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from grader.fetch import FetchPolicy, bring, named, started
from grader.git import Git, GitError
from grader.scratch import scratch
from grader.similarity import Group, Source
from grader.tree import LINK, SUBMODULE, shown
from grader.winnowing import fingerprints
from lab_specs.faults import Code, PlatformFault

SECONDS = 60  # for one repository
LARGEST = 2**19  # bytes of a file; a notebook with its pictures may be larger than its code
LONGEST = 150_000  # characters of code in one file
MOST_FILES, MOST_CODE = 300, 400_000  # files, and characters of code, of one repository
AT_ONCE = 50  # files that git tells at once
MOST_COMMITS = 5_000
CODE = re.compile(
    r"\.(?P<python>py|ipynb)$|\.ya?ml$|(^|/)(Dockerfile[^/]*|Containerfile|[^/]*\.Dockerfile)$",
    re.IGNORECASE,
)
FOREIGN = re.compile(r"(^|/)(node_modules|\.?venv|site-packages|__pycache__)/|lock\.ya?ml$")


@dataclass(frozen=True, slots=True)
class Gathered:
    """One repository's part of a comparison, and what was left out of it."""

    group: Group
    commit: str
    left_out: int = 0  # files that are too large, or too many
    whole: bool = True  # whether the history goes back to its beginning


def gather(key: int, repository: str, ref: str, policy: FetchPolicy) -> Gathered:
    """Fetch a commit (branch, tag or full id) with its history, and take fingerprints of its code.

    Raises StudentFault when it is not there or too large, PlatformFault when the host is silent.
    """
    brief = replace(policy, seconds=min(policy.seconds, SECONDS))
    with scratch(policy.workdir, "compare") as folder:
        git = started(folder, repository, brief)
        commit = bring(git, named(git, ref), ref, f"--filter=blob:limit={LARGEST + 1}")
        history = ("fetch", "-q", "--no-tags", "--filter=tree:0", f"--depth={MOST_COMMITS}")
        here = Git.local(folder, SECONDS)
        try:
            git.run(*history, git.origin.url, commit)
            # git remembers the filter, and would go and get each file that was left out
            git.run("config", "--remove-section", f"remote.{git.origin.url}")
            commits, roots, whole = _history(here, commit)
            sources, left_out = _sources(here, commit)
        except GitError as error:
            if error.timed_out or not error.overflow:
                raise git.fault_of(error) from error
            raise PlatformFault(Code.INTERNAL, error=error.text) from error
    return Gathered(Group(key, commits, roots, sources), commit, left_out, whole)


def _history(git: Git, commit: str) -> tuple[frozenset[str], frozenset[str], bool]:
    walk = ("rev-list", f"--max-count={MOST_COMMITS}")
    ids = git.run(*walk, commit).decode().split()
    roots = git.run(*walk, "--max-parents=0", commit).decode().split()
    cut = git.folder / ".git" / "shallow"
    edge = frozenset(cut.read_text().split()) if cut.exists() else frozenset[str]()
    return frozenset(ids), frozenset(roots) - edge, not edge and len(ids) < MOST_COMMITS


def _sources(git: Git, commit: str) -> tuple[Sequence[Source], int]:
    """The code of a commit, by path, as far as it is worth to be compared."""
    paths = dict(_paths(git.run("ls-tree", "-r", "-z", "--full-tree", commit)))
    texts, left_out = _texts(git, paths)
    sources, room = [], MOST_CODE
    for path in sorted(texts):
        kind = CODE.search(path)
        text = _code(path, texts[path])
        if len(text) > min(LONGEST, room):
            left_out += 1
            continue
        room -= len(text)
        spots = fingerprints(text, python=bool(kind and kind["python"]))
        sources.append(Source(path, text, spots))
    return sources, left_out


def _paths(listing: bytes) -> Iterator[tuple[str, str]]:
    """Each path of code, and the id of what it holds. Links and submodules are none."""
    for line in listing.split(b"\0"):
        head, _, path = line.partition(b"\t")
        name = shown(path.decode("utf-8", "surrogateescape"))
        if CODE.search(name) and not FOREIGN.search(name):
            mode, _, blob = head.decode().split()
            if mode not in (LINK, SUBMODULE):
                yield name, blob


def _texts(git: Git, paths: Mapping[str, str]) -> tuple[dict[str, str], int]:
    """The files that came, few and small enough; and how many others there are."""
    first = sorted(paths)[:MOST_FILES]
    asked = "".join(f"{paths[path]}\n" for path in first).encode()
    told = git.run("cat-file", "--batch-check=%(objectsize)", given=asked).split(b"\n")
    small = [
        path
        for path, size in zip(first, told, strict=False)
        if size.isdigit() and int(size) <= LARGEST
    ]
    texts = {}
    for path, raw in _contents(git, [(path, paths[path]) for path in small]):
        if b"\0" not in raw:
            texts[path] = raw.decode("utf-8", "replace").replace("\r\n", "\n")
    return texts, len(paths) - len(texts)


def _contents(git: Git, wanted: Sequence[tuple[str, str]]) -> Iterator[tuple[str, bytes]]:
    """What lies at each path. A few at a time, so that git never says too much."""
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        asked = "".join(f"{blob}\n" for _, blob in some).encode()
        told, at = git.run("cat-file", "--batch", given=asked), 0
        for path, _ in some:
            line_end = told.index(b"\n", at)
            size = int(told[at:line_end].split()[2])
            yield path, told[line_end + 1 : line_end + 1 + size]
            at = line_end + size + 2


def _code(path: str, text: str) -> str:
    """The text; of a notebook the code of its cells, one below the other."""
    if not path.lower().endswith(".ipynb"):
        return text
    try:
        cells = json.loads(text)["cells"]
        return "\n".join(
            "".join(cell["source"]) for cell in cells if cell.get("cell_type") == "code"
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ""  # no notebook
