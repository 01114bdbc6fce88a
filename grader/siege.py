"""`python -m grader attack`: hostile repositories must come to the end that is written for them.

They go through the same pipeline as a student's submission, beside an honest one.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from grader.arena import AT_ONCE, Arena
from grader.attack import Attack, Tried, load_attacks
from grader.settings import GraderSettings

console = Console(highlight=False)


@dataclass(frozen=True)
class Siege:
    """What came of all attacks, and what was wrong once they were over."""

    results: Sequence[Tried]
    after: Sequence[str]
    honest: int
    containers: int
    seconds: float


def attack(names: Sequence[str], folder: Path, settings: GraderSettings) -> int:
    """Try attacks, print a line for each and a table; 0 when all hold.

    Raises ValueError for an unknown name or an attack that is written wrongly.
    """
    siege = besiege(load_attacks(folder, names), folder, settings, tell)
    console.print(summary(siege.results))
    for problem in siege.after:
        console.print(Text(f"Afterwards, NOT HELD: {problem}"))
    for line in (*by_family(siege.results), figures(siege)):
        console.print(line)
    held = all(one.held for one in siege.results)
    return 0 if held and not siege.after else 1


def besiege(
    attacks: Sequence[Attack],
    folder: Path,
    settings: GraderSettings,
    told: Callable[[Tried], None] = lambda _: None,
) -> Siege:
    """Try attacks of `folder`, some at once; `told` hears of each as it ends."""
    began, results = time.monotonic(), list[Tried]()
    with Arena.opened(folder, settings) as arena:
        # More hands than turns: what an attempt left is looked at while the next one runs.
        hands = ThreadPoolExecutor(3 * AT_ONCE)
        try:
            tries = [hands.submit(arena.attempt, one) for one in longest_first(attacks)]
            for one in as_completed(tries):
                results.append(one.result())
                told(one.result())
        finally:  # whoever is tired of waiting waits for those that run, not for all
            hands.shutdown(cancel_futures=True)
        after = arena.aftermath()
        containers = len({one.id for one in arena.witness.seen})
    return Siege(results, after, len(arena.honest), containers, time.monotonic() - began)


def longest_first(attacks: Sequence[Attack]) -> list[Attack]:
    """So that no long one is left for the end."""
    return sorted(attacks, key=lambda one: -one.expected.seconds)


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


def by_family(results: Sequence[Tried]) -> list[str]:
    """A line for each family of attacks: tried, held, and the seconds of the longest."""
    lines = []
    for family in sorted({one.attack.family for one in results}):
        those = [one for one in results if one.attack.family == family]
        tried, held = sum(not one.not_tried for one in those), sum(one.held for one in those)
        longest = max(one.seconds for one in those)
        lines.append(f"{family}: {tried} tried, {held} held, the longest took {longest:.1f} s")
    return lines


def figures(siege: Siege) -> str:
    """The last line: all of it in numbers."""
    held = sum(one.held for one in siege.results)
    not_tried = sum(bool(one.not_tried) for one in siege.results)
    return (
        f"{held} of {len(siege.results)} attacks were held, {not_tried} could not be tried;"
        f" {siege.honest} honest attempts beside them; {siege.containers} containers looked at;"
        f" {siege.seconds:.0f} s."
    )
