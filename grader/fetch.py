"""From a link to one commit on disk, with nothing in it that could hurt or surprise.

Sizes, names and links are judged from git's own list of files, before a file is written.
"""

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from grader import manifest
from grader.git import UNKNOWN_COMMIT, UNSERVED, Git, GitError
from grader.job import COMMIT, Job
from grader.origin import FetchPolicy, origin_of
from grader.output import tidy
from grader.places import Places
from grader.scratch import scratch
from grader.tree import Entry, read_links, read_tree
from lab_specs.faults import Code, PlatformFault, StudentFault

__all__ = ["FetchPolicy", "Resolved", "Source", "bring", "fetch", "named", "resolve", "started"]

REGULAR = ("100644", "100755")
REFS_SHOWN = 8
LONGEST_TITLE = 200
SAID = 200  # characters of a fact
EVERYTHING = ("+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*")
UNWRITABLE = re.compile(r"invalid path|File name too long|Is a directory|Not a directory")


@dataclass(frozen=True, slots=True)
class Resolved:
    """The commit that a branch, tag or id names now; the title is its author's first line."""

    commit: str
    title: str
    committed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One commit on disk. `context` and `dockerfile` exist; both are relative to `path`."""

    path: Path
    repository: str
    commit: str
    tree: str
    context: str
    dockerfile: str
    files: int
    bytes: int
    manifest_used: bool


def resolve(repository: str, ref: str, policy: FetchPolicy) -> Resolved:
    """What `ref` (branch, tag, full id; empty: the default branch) names at this moment.

    Raises StudentFault when link or ref lead nowhere, PlatformFault when the host is silent.
    """
    with scratch(policy.workdir, "resolve") as folder:
        git = started(folder, repository, policy)
        # tree:0 asks for the commit alone; a host that knows no filters sends its files, too
        commit = bring(git, named(git, ref), ref, "--filter=tree:0")
        told = git.run("log", "-1", "--no-show-signature", "--format=%cI%n%s", commit)
    when, _, title = tidy(told, LONGEST_TITLE).partition("\n")
    return Resolved(commit, title.strip(), _date(when))


def fetch(job: Job, workdir: Path, policy: FetchPolicy) -> Source:
    """Write the job's commit into `workdir`, a new folder, with its `.git`.

    Raises StudentFault when the repository, its files or the places that the job or
    `mlops.yaml` names are not as they should be, PlatformFault when the host is silent.
    """
    workdir.mkdir(parents=True)
    git = started(workdir, job.repository, policy)
    commit = bring(git, job.commit, job.commit)
    try:
        return _written(git, job, commit, policy)
    except GitError as error:
        if error.timed_out:
            raise git.fault_of(error) from error
        if UNWRITABLE.search(error.text):
            raise StudentFault(Code.UNSAFE_PATH, path=tidy(error.text, SAID)) from error
        raise PlatformFault(Code.INTERNAL, error=error.text) from error


def _written(git: Git, job: Job, commit: str, policy: FetchPolicy) -> Source:
    entries = read_tree(git, commit, policy)
    links = read_links(git, entries)
    context, dockerfile, manifest_used = _wanted(git, job, entries)
    places = Places(entries, links)
    context = places.context(context)
    dockerfile = places.dockerfile(context, dockerfile)
    git.run("checkout", "-q", "--detach", commit)
    return Source(
        path=git.folder,
        repository=git.origin.url,
        commit=commit,
        tree=git.run("rev-parse", f"{commit}^{{tree}}").decode().strip(),
        context=context,
        dockerfile=dockerfile,
        files=len(entries),
        bytes=sum(entry.size for entry in entries),
        manifest_used=manifest_used,
    )


def _wanted(git: Git, job: Job, entries: Sequence[Entry]) -> tuple[str, str, bool]:
    """Context and Dockerfile as the repository's own file says, or else as the form does."""
    found = next((entry for entry in entries if entry.path == manifest.NAME), None)
    if found is None:
        return job.context, job.dockerfile, False
    if found.mode not in REGULAR or found.size > manifest.LONGEST:
        problem = f"it is no regular file of at most {manifest.LONGEST} bytes"
        raise StudentFault(Code.MANIFEST_INVALID, problem=problem)
    place = manifest.read(git.run("cat-file", "blob", found.blob)).labs.get(job.lab)
    if place is None:
        return job.context, job.dockerfile, False
    return place.context, place.dockerfile, True


def started(folder: Path, repository: str, policy: FetchPolicy) -> Git:
    """An empty repository in `folder`, ready to fetch from the one that the policy allows."""
    origin = origin_of(repository, policy)
    git = Git(folder, origin, policy.max_bytes, time.monotonic() + policy.seconds, policy.key)
    git.run("init", "-q", "--template=")
    return git


def named(git: Git, ref: str) -> str:
    """The object that a ref names at this moment: a branch, tag or full id; empty: the default."""
    return ref.lower() if COMMIT.fullmatch(ref.lower()) else _among(_refs(git), ref)


def _refs(git: Git) -> dict[str, str]:
    """Each ref of the repository and its object, which for a tag may be the tag's own."""
    try:
        listing = git.run("ls-remote", "-q", git.origin.url)
    except GitError as error:
        raise git.fault_of(error) from error
    pairs = (line.partition("\t") for line in listing.decode("utf-8", "replace").splitlines())
    return {name: commit for commit, _, name in pairs if COMMIT.fullmatch(commit)}


def _among(refs: Mapping[str, str], ref: str) -> str:
    """The object that a ref names; a branch before a tag, as `git clone --branch` has it."""
    names = (f"refs/heads/{ref}", f"refs/tags/{ref}", ref) if ref else ("HEAD",)
    for name in names:
        if name in refs:
            return refs[name]
    known = [
        name.split("/", 2)[2] for name in refs if name.startswith(("refs/heads/", "refs/tags/"))
    ]
    known = [tidy(name, SAID) for name in known if not name.endswith("^{}")]
    raise StudentFault(Code.REF_NOT_FOUND, ref=tidy(ref, SAID), refs=known[:REFS_SHOWN])


def bring(git: Git, commit: str, ref: str, *options: str, depth: int = 1) -> str:
    """Bring `depth` commits here, up to this one, where the host can do that; answers its id."""
    fetch = ("fetch", "-q", "--no-tags")
    try:
        try:
            git.run(*fetch, *options, f"--depth={depth}", git.origin.url, commit)
        except GitError as error:
            if not UNSERVED.search(error.text):
                raise
            if options:  # git remembers a filter, and would come back for what it left out
                git.run("config", "--remove-section", f"remote.{git.origin.url}")
            git.run(*fetch, git.origin.url, *EVERYTHING)
    except GitError as error:
        if UNKNOWN_COMMIT.search(error.text):
            raise StudentFault(Code.REF_NOT_FOUND, ref=ref) from error
        raise git.fault_of(error) from error
    try:
        return git.run("rev-parse", "-q", "--verify", f"{commit}^{{commit}}").decode().strip()
    except GitError as error:
        raise StudentFault(Code.REF_NOT_FOUND, ref=ref) from error


def _date(when: str) -> datetime | None:
    """The author's clock and zone may be anything, and then there is no date."""
    try:
        return datetime.fromisoformat(when)
    except ValueError:
        return None
