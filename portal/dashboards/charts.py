"""Figures for pages: plain shapes that a template draws, in colours of the stylesheet."""

from collections.abc import Sequence
from dataclasses import dataclass

FULL = 100  # width of a bar in its own units


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a bar: where it starts and how wide it is, of 100, and what it stands for."""

    tone: str
    start: float
    width: float
    label: str


def bar(counts: Sequence[tuple[str, int, str]], *, full: int) -> list[Part]:
    """A stacked bar from (tone, count, word), in which `full` of them fill the width."""
    parts: list[Part] = []
    start = 0.0
    for tone, count, word in counts:
        width = FULL * count / full if full else 0.0
        if count:
            parts.append(Part(tone, round(start, 2), round(width, 2), f"{count} {word}"))
        start += width
    return parts
