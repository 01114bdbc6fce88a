"""Figures of an attempt: what was measured, and what Prometheus made of it."""

from collections.abc import Sequence

from spells import BAD
from story import Story

from lab_specs.kit import Figure, Series


def buckets_figure(bounds: Sequence[str], counts: Sequence[float]) -> Figure:
    """How many answers fell in each bucket of the histogram, since the start."""
    inside = [here - below for here, below in zip(counts, [0.0, *counts], strict=False)]
    return Figure(
        id="durations",
        title="How long predictions took",
        x="bucket, up to this many seconds",
        y="requests",
        kind="bars",
        series=(Series(name="requests", x=tuple(bounds), y=tuple(inside)),),
        says="Each bar holds the requests of one bucket of the service's own histogram.",
    )


def story_figure(story: Story) -> Figure:
    """The share of bad requests as Prometheus saw it, and its alert."""
    seconds, shares, firing = zip(*story.moments, strict=True) if story.moments else ((), (), ())
    return Figure(
        id="alert",
        title="Trouble, and the alert",
        x="seconds",
        y="share",
        kind="lines",
        series=(
            Series(name="bad requests, share of the last minute", x=seconds, y=shares),
            Series(name=f"{BAD} fires", x=seconds, y=firing),
        ),
        says="A real Prometheus scrapes the service while bad requests come, and then good ones.",
    )
