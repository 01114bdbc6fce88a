"""The solutions that prove a lab: reference, other styles, template, and broken variants.

Each becomes a git repository of its own, just as a student's. The commits carry a fixed date,
so the same files give the same commit and a second proof finds its images again.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from grader.settings import ROOT
from lab_specs.faults import Code

SOLUTIONS = ROOT / "reference_solutions"
TEMPLATE = "template"
DATE = "2026-01-01T00:00:00+00:00"
GIT_ENV = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_DATE": DATE,
    "GIT_COMMITTER_DATE": DATE,
    "GIT_AUTHOR_NAME": "Reference",
    "GIT_AUTHOR_EMAIL": "reference@localhost",
    "GIT_COMMITTER_NAME": "Reference",
    "GIT_COMMITTER_EMAIL": "reference@localhost",
}


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One repository and the end that it must come to."""

    name: str
    lab: str
    folder: Path
    patch: Path | None = None
    top: bool = False  # reaches the highest level everywhere
    fails: frozenset[str] | None = None  # exactly these checks fail
    rejected: Code | None = None

    @property
    def expectation(self) -> str:
        """What must come out, in a few words."""
        if self.rejected:
            return f"rejected: {self.rejected}"
        if self.fails is not None:
            return f"fails {', '.join(sorted(self.fails))}"
        if self.name.endswith(TEMPLATE):
            return "passes nothing"
        return "top level everywhere" if self.top else "passed"


def variants(lab: str, solutions: Path = SOLUTIONS) -> Iterator[Variant]:
    """Every variant that must prove `lab`, the reference first. Raises ValueError."""
    reference = solutions / lab
    if not reference.is_dir():
        raise ValueError(f"{reference}: there is no reference solution that could prove {lab!r}")
    yield Variant(name=lab, lab=lab, folder=reference, top=True)
    for folder in sorted(solutions.glob(f"{lab}-*")):
        yield Variant(name=folder.name, lab=lab, folder=folder)
    for patch in sorted(reference.glob("broken/*.patch")):
        yield _broken(lab, reference, patch)


def make_repository(variant: Variant, target: Path) -> str:
    """Write the variant into a new git repository at `target`; the id of its one commit.

    Raises ValueError when its patch does not fit.
    """
    ignored = shutil.ignore_patterns("broken", "__pycache__", ".pytest_cache")
    shutil.copytree(variant.folder, target, ignore=ignored)
    git(target, "init", "--quiet", "--initial-branch=main")
    if variant.patch:
        git(target, "apply", "--whitespace=nowarn", str(variant.patch))
    git(target, "add", "--all")
    git(target, "commit", "--quiet", "--message", f"{variant.name}")
    return git(target, "rev-parse", "HEAD")


def _broken(lab: str, reference: Path, patch: Path) -> Variant:
    """Read what a patch must come to from its first line."""
    with patch.open() as lines:
        kind, _, rest = lines.readline().partition(":")
    names = [name.strip() for name in rest.split(",") if name.strip()]
    known = kind == "Fails" or (kind == "Rejected" and set(names) <= set(Code))
    if not known or not names:
        raise ValueError(f"{patch}: its first line must be 'Fails: check, …' or 'Rejected: code'")
    rejected = Code(names[0]) if kind == "Rejected" else None
    return Variant(
        name=f"{lab}: {patch.stem}",
        lab=lab,
        folder=reference,
        patch=patch,
        fails=None if rejected else frozenset(names),
        rejected=rejected,
    )


def git(folder: Path, *words: str) -> str:
    """What git prints in `folder`, untouched by anybody's settings. Raises ValueError."""
    done = subprocess.run(
        ["git", "-C", str(folder), *words],
        check=False,
        capture_output=True,
        text=True,
        env={name: value for name, value in os.environ.items() if name[:4] != "GIT_"} | GIT_ENV,
    )
    if done.returncode:
        raise ValueError(f"git {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout.strip()
