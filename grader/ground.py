"""How a hostile repository comes into being, in a folder of its own."""

import importlib.util
import shutil
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from grader.attack import FILE, VICTIM
from grader.solutions import git

COMMON = "common"  # files that each repository with an attack.py gets, too


@dataclass(frozen=True, kw_only=True)
class Target:
    """What is handed in: a link, a commit, and hosts that are allowed beside the usual ones."""

    link: str
    commit: str
    hosts: tuple[str, ...] = ()
    context: str = "."
    dockerfile: str = ""


@dataclass(frozen=True)
class Ground:
    """What the maker of a repository gets: the attack's files, a scratch folder, words to fill in.

    `stack` closes when the attempt is over.
    """

    files: Path
    shared: Path
    scratch: Path
    mark: str
    words: Mapping[str, str]
    stack: ExitStack

    def write(self, home: Path) -> Path:
        """Copy the attack's files to `home`; `@NAME@` in them becomes the word of that name."""
        home.mkdir(parents=True, exist_ok=True)
        if (self.files / "attack.py").exists():
            self._copy(self.shared / COMMON, home)
        self._copy(self.files, home)
        (home / "mark").write_text(self.mark)  # no two commits are alike, so nothing is used again
        return home

    def plant(self, home: Path | None = None) -> Target:
        """The attack's files as a repository."""
        home = home or self.write(self.scratch / "repository")
        git(home, "init", "--quiet", "--initial-branch=main")
        git(home, "add", "--all", "--force")
        git(home, "commit", "--quiet", "--message", f"Hand in {self.mark}")
        return Target(link=home.as_uri(), commit=git(home, "rev-parse", "HEAD"))

    def _copy(self, source: Path, home: Path) -> None:
        left_out = shutil.ignore_patterns(FILE, VICTIM, "__pycache__")
        shutil.copytree(source, home, dirs_exist_ok=True, ignore=left_out, symlinks=True)
        for path in home.rglob("*"):
            if path.is_file() and not path.is_symlink():
                text = path.read_text()
                for name, word in self.words.items():
                    text = text.replace(f"@{name}@", word)
                path.write_text(text)


def maker(folder: Path, name: str) -> Callable[[Ground], Target]:
    """The function `module.function` of a module in `folder`. Raises ValueError."""
    module, _, function = name.partition(".")
    spec = importlib.util.spec_from_file_location(f"hostile_{module}", folder / f"{module}.py")
    if spec is None or spec.loader is None:
        raise ValueError(f"{folder / module}.py: there is no such module")
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    made: Callable[[Ground], Target] = getattr(loaded, function)
    return made
