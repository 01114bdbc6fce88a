"""Where a repository's Dockerfile stands, or what looks like one where it does not."""

import re
from collections.abc import Mapping, Sequence

from grader.output import tidy
from grader.tree import SUBMODULE, Entry, resolved, shown
from lab_specs.faults import Code, StudentFault

SHOWN = 8
SAID = 200  # characters of a path in a fact
# Dockerfile, dockerfile, Dockerfile-app, train.dockerfile, api.docker, Dockerfile-backend.txt
DOCKERFILE_LIKE = re.compile(r"dockerfile(?![^/]*\.(?:md|dockerignore)$)|containerfile$|.\.docker$")
COMPOSE = re.compile(r"(?:docker-)?compose[^/]*\.ya?ml")


class Places:
    """The folders and files of a commit, asked by the names that people give them."""

    def __init__(self, entries: Sequence[Entry], links: Mapping[str, str]) -> None:
        self._files = {entry.path for entry in entries if entry.mode != SUBMODULE}
        self._links = links
        nearest_first = sorted(self._files, key=lambda path: (path.count("/"), path))
        self._named = [(path, path.rpartition("/")[2].lower()) for path in nearest_first]

    def context(self, name: str) -> str:
        """The folder as it is called in the tree, `.` for its root; or CONTEXT_MISSING."""
        real = self._real(name)
        if real == "":
            return "."
        if real is not None and any(path.startswith(f"{real}/") for path in self._files):
            return real
        folders = dict.fromkeys(path.rpartition("/")[0] or "." for path in self._like())
        raise StudentFault(
            Code.CONTEXT_MISSING, context=tidy(name, SAID), folders=_listed(list(folders))
        )

    def dockerfile(self, context: str, name: str) -> str:
        """The file as it is called in the tree; or DOCKERFILE_MISSING with those that are seen."""
        wanted = name or ("Dockerfile" if context == "." else f"{context}/Dockerfile")
        real = self._real(wanted)
        if real is not None and real in self._files:
            return real
        notebooks = sum(base.endswith(".ipynb") for _, base in self._named)
        compose = [path for path, base in self._named if COMPOSE.fullmatch(base)]
        raise StudentFault(
            Code.DOCKERFILE_MISSING,
            dockerfile=tidy(wanted, SAID),
            seen=_listed(self._like()),
            notebooks=notebooks or None,
            compose=_listed(compose),
        )

    def _like(self) -> list[str]:
        return [path for path, base in self._named if DOCKERFILE_LIKE.search(base)]

    def _real(self, name: str) -> str | None:
        return None if name.startswith("/") else resolved(name, self._links)


def _listed(paths: Sequence[str]) -> list[str]:
    return [tidy(shown(path), SAID) for path in paths[:SHOWN]]
