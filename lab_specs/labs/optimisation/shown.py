"""Figures of an attempt: what the optimised variant saves, and how the variants compare.

Times on a machine that others use decide nothing, so they are shown and no more.
"""

from client import medians
from reading import BASE, OPTIMISED

from lab_specs.digits import Pixels
from lab_specs.kit import Figure, Series, Service

BATCH, ROUNDS = 64, 15


def savings(services: dict[str, Service], sizes: dict[str, int], images: Pixels) -> Figure:
    """Size, start and seconds of a request: the optimised variant's share of the base's."""
    starts = {name: service.ready_seconds for name, service in services.items()}
    kinds: dict[str, dict[str, float]] = {
        "size": {name: float(found) for name, found in sizes.items()},
        "start": starts,
        "request of 1 image": medians(services, images[:1], ROUNDS),
        f"request of {BATCH}": medians(services, images[:BATCH], ROUNDS),
    }
    shares = {what: found[OPTIMISED] / max(found[BASE], 1e-9) for what, found in kinds.items()}
    alone, batch = (found[OPTIMISED] * 1000 for found in list(kinds.values())[2:])
    return Figure(
        id="savings",
        title="What the optimised variant takes of the base",
        x="measure",
        y="share of the base",
        kind="bars",
        series=(Series(name=OPTIMISED, x=tuple(shares), y=tuple(shares.values())),),
        says="Below 1 is saved. Both variants were asked in turns, so that what disturbs one"
        f" disturbs the other; {alone:.1f} ms and {batch:.1f} ms are the usual times of the"
        " optimised one. Times hold JSON and HTTP, too. Only size decides a level.",
    )


def compared(sizes: dict[str, int], accuracies: dict[str, float]) -> Figure:
    """Size against accuracy, a point for each variant."""
    points = tuple(
        Series(name=name, x=(sizes[name] / 2**20,), y=(accuracies[name],)) for name in accuracies
    )
    return Figure(
        id="variants",
        title="Size against accuracy",
        x="size, MiB",
        y="share of hidden images right",
        kind="points",
        series=points,
        says="Up is better, left is smaller.",
    )
