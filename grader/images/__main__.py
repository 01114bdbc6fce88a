"""`python -m grader.images [python|torch|judge|mlflow …]` makes the images that are not current."""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from grader.images import PYTHON, SIDECARS, STAND_IN_LABEL, STAND_INS, ImageError, debian, stand_ins
from grader.images.board import Board
from grader.images.commands import INPUTS_LABEL, OnLine, build, label, pull, tag_as, untag
from grader.images.recipe import REGISTRY_ROOT, Recipe, recipes
from grader.images.site import Site, read_site

NAMES = ("python", "torch", "judge", *SIDECARS)


def main(words: Sequence[str] | None = None) -> int:
    """Exit code 0 when every image asked for is current, 1 with the reason on stderr."""
    parser = argparse.ArgumentParser(prog="python -m grader.images", description=__doc__)
    parser.add_argument("--list", action="store_true", help="only say which images are current")
    parser.add_argument("names", nargs="*", metavar="|".join(NAMES), help="all when none is named")
    asked = parser.parse_args(words)
    if wrong := set(asked.names) - set(NAMES):
        parser.error(f"no such image: {', '.join(sorted(wrong))}")
    console = Console(stderr=True)
    try:
        site = read_site(os.environ)
        from_registry = is_from_registry(site)
        wanted = select(recipes(site, from_registry=from_registry), asked.names)
        if asked.list:
            Console().print(overview(wanted))
        else:
            make(wanted, console, from_registry=from_registry)
    except (ImageError, RuntimeError) as error:
        console.print(str(error), style="red", markup=False, highlight=False)
        return 1
    return 0


def is_from_registry(site: Site) -> bool:
    """Where the base comes from. A base that is there stays what it is, unless the site decides."""
    if site.registry != "auto":
        return site.registry == "on"
    made_here = label(PYTHON, STAND_IN_LABEL)
    return pull(REGISTRY_ROOT) if made_here is None else made_here == ""


def select(every: list[Recipe], names: Sequence[str]) -> list[Recipe]:
    """The images asked for; each of them starts from the base."""
    return [
        recipe
        for name, recipe in zip(NAMES, every, strict=True)
        if name == "python" or name in (names or NAMES)
    ]


def is_current(recipe: Recipe) -> bool:
    """Whether the image exists and was made from these inputs."""
    return label(recipe.tag, INPUTS_LABEL) == recipe.digest


def overview(wanted: list[Recipe]) -> Table:
    """Which images are current, and which usual names stand for our base."""
    table = Table("image", "state")
    for recipe in wanted:
        table.add_row(recipe.tag, "current" if is_current(recipe) else "to be made")
    for name in stand_ins():
        table.add_row(name, f"stand-in for {PYTHON}")
    return table


def make(wanted: list[Recipe], console: Console, *, from_registry: bool) -> None:
    """Makes what is not current, in order. Raises ImageError at the first that fails."""
    stale = [recipe for recipe in wanted if not is_current(recipe)]
    if stale:
        with Board(console) as board:
            for recipe in stale:
                started = time.monotonic()
                make_one(recipe, board.start(recipe.tag))
                board.end(f"{recipe.tag} is made ({time.monotonic() - started:.0f} s)")
    named = stand_ins()
    if from_registry:
        untag(list(named))
    elif stale or len(named) < len(STAND_INS):
        tag_as(PYTHON, STAND_INS)


def make_one(recipe: Recipe, on_line: OnLine) -> None:
    """Makes one image. Raises ImageError."""
    if recipe.lacks:
        raise ImageError(f"{recipe.tag}: {recipe.lacks}")
    root = recipe.arguments.get("ROOT")
    if root == debian.TAG:
        debian.make_root(on_line)
    if root == REGISTRY_ROOT and not pull(REGISTRY_ROOT):
        raise ImageError(f"{REGISTRY_ROOT} cannot be pulled: is a container registry reachable?")
    with tempfile.TemporaryDirectory() as folder:
        context = Path(folder)
        recipe.write(context)
        labels = {**recipe.labels, INPUTS_LABEL: recipe.digest}
        build(recipe.tag, context, arguments=recipe.arguments, labels=labels, on_line=on_line)


if __name__ == "__main__":
    sys.exit(main())
