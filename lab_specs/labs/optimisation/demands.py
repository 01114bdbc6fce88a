"""What several checks demand of the variants, in the words that a student reads."""

import numpy as np
from client import Scores
from lineup import Lineup, size, twins
from reading import BASE, OPTIMISED, Row

from lab_specs.digits import Labels
from lab_specs.kit import expect, shorten

TIE = 1e-9  # accuracies that differ by less are the same one


def demand_size(lineup: Lineup, line: float, hint: str) -> None:
    """The optimised variant takes at most the share `line` of what the base holds."""
    now, usual = size(lineup.files(OPTIMISED)), lineup.substance
    expect(
        now <= line * usual,
        expected=f"at most {line:.2f} of the {usual:,} bytes that zlib leaves of `{BASE}`",
        actual=f"{now:,} bytes, {now / usual:.3f}",
        hint=hint,
    )


def demand_others(lineup: Lineup, count: int) -> None:
    """So many variants stand beside the base, and no two hold the same bytes."""
    others = [name for name in lineup.table if name != BASE]
    expect(
        len(others) >= count,
        expected=f"at least {count} variants beside `{BASE}`",
        actual=f"{len(others)}: {', '.join(others)}",
        hint="Dynamic and static quantisation, float16, pruning, distillation, fewer bits …",
    )
    same = next(twins({name: lineup.files(name) for name in lineup.table}), None)
    expect(
        same is None,
        expected="files of its own in every variant",
        actual=f"the same bytes in {' and '.join(same or ())}",
        hint="A technique that changes nothing was not applied.",
    )


def demand_choice(table: dict[str, Row], loss: float) -> None:
    """By the table itself, the optimised variant is the smallest that loses little accuracy."""
    line = table[BASE].accuracy - loss
    good = [name for name, row in table.items() if row.accuracy >= line - TIE]
    best = min(good, key=lambda name: table[name].size)
    expect(
        best == OPTIMISED,
        expected=f"`{OPTIMISED}` is the smallest variant of those with an accuracy of {line:.4f} or"
        " more in your table",
        actual=f"that is {best}: {shorten(table[best])}",
        hint=f"Export as `{OPTIMISED}` what your own table says is best.",
    )


def right(found: Scores, truth: Labels) -> float:
    """The share of images whose highest score is the right label's."""
    return float(np.mean(found.argmax(axis=1) == truth))


def agreement(one: Scores, two: Scores) -> float:
    """The share of images to which both give the same label."""
    return float(np.mean(one.argmax(axis=1) == two.argmax(axis=1)))
