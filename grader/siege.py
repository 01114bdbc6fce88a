"""`python -m grader attack`: hostile repositories must come to the end that is written for them.

They go through the same pipeline as a student's submission, beside an honest one.
"""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from grader.arena import AT_ONCE, Arena
from grader.attack import Attack, Tried, load_attacks
from grader.settings import GraderSettings

console = Console(highlight=False)


def attack(names: Sequence[str], folder: Path, settings: GraderSettings) -> int:
    """Try attacks, two at once, and print a line for each and a table; 0 when all hold.

    Raises ValueError for an unknown name or an attack that is written wrongly.
    """
    attacks = load_attacks(folder, names)
    began = time.monotonic()
    with Arena.opened(folder, settings) as arena:
        # More hands than turns: what an attempt left is looked at while the next one runs.
        with ThreadPoolExecutor(2 * AT_ONCE) as hands:
            tries = [hands.submit(arena.attempt, one) for one in longest_first(attacks)]
            results = [_told(one.result()) for one in as_completed(tries)]
        after = arena.aftermath()
        honest, seen = len(arena.honest), len({one.id for one in arena.witness.seen})
    console.print(summary(results))
    for problem in after:
        console.print(Text(f"Afterwards, NOT HELD: {problem}"))
    held = sum(one.held for one in results)
    not_tried = sum(bool(one.not_tried) for one in results)
    console.print(
        f"{held} of {len(results)} attacks were held, {not_tried} could not be tried;"
        f" {honest} honest attempts beside them; {seen} containers looked at;"
        f" {time.monotonic() - began:.0f} s."
    )
    return 0 if held == len(results) and not after else 1


def longest_first(attacks: Sequence[Attack]) -> list[Attack]:
    """So that no long one is left for the end."""
    return sorted(attacks, key=lambda one: -one.expected.seconds)


def _told(tried: Tried) -> Tried:
    tell(tried)
    return tried


def tell(tried: Tried) -> None:
    """One line: what was tried, whether it was held, how, and how long it took."""
    state = "held" if tried.held else "not tried" if tried.not_tried else "NOT HELD"
    how = tried.not_tried or "; ".join(tried.wrong) or tried.attack.expected.held
    what = f"{tried.attack.name}: {tried.attack.expected.title}"
    console.print(Text(f"{what}: {state} ({how}; {tried.seconds:.1f} s)"), soft_wrap=True)


def summary(results: Sequence[Tried]) -> Table:
    """A row for each attack."""
    table = Table("", "attack", "came to", "seconds")
    for tried in sorted(results, key=lambda one: one.attack.name):
        mark = "✔" if tried.held else "?" if tried.not_tried else "✘"
        table.add_row(mark, *map(Text, (tried.attack.name, tried.came_to, f"{tried.seconds:.1f}")))
    return table
