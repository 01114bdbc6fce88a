"""How long answers took, for the attempt's page. Nothing here decides anything."""

import time
from collections import defaultdict
from collections.abc import Callable
from typing import TypeVar

from lab_specs.kit import Figure, Series

Answer = TypeVar("Answer")


class Latency:
    """Takes the time of good answers, by the kind of request. Threads may share it."""

    def __init__(self) -> None:
        self._seconds: dict[str, list[float]] = defaultdict(list)

    def of(self, kind: str, ask: Callable[[], Answer]) -> Answer:
        """The answer; its time is kept unless asking raises."""
        began = time.perf_counter()
        answer = ask()
        self._seconds[kind].append(time.perf_counter() - began)
        return answer

    def figure(self) -> Figure:
        """For each kind, how long the quickest so many per cent of its answers took at most."""
        series = []
        for kind, seconds in self._seconds.items():
            shares = [100 * (at + 1) / len(seconds) for at in range(len(seconds))]
            series.append(Series(name=kind, x=shares, y=[1_000 * each for each in sorted(seconds)]))
        return Figure(
            id="latency",
            title="How long answers took",
            says="So many per cent of the answers took at most so long. It depends on the machine"
            " and on what else it does; nothing is graded by speed.",
            x="per cent of the answers",
            y="milliseconds at most",
            kind="lines",
            series=series,
        )
