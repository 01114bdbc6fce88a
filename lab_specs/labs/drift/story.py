"""The world changes for good, and labels come: what became of the model."""

from dataclasses import dataclass

from client import Drift, Version, feed, look, predict, share_right, teach
from data import PERIOD, TELLING, USUAL, Traffic, World

from lab_specs.kit import Service

NEW = Traffic(shift=dict.fromkeys(TELLING, 2.5))
PERIODS = 5  # of the new world


@dataclass(frozen=True)
class Step:
    """One batch of the new world with its labels."""

    share_right: float
    version: Version  # after its labels came


@dataclass(frozen=True)
class Story:
    """What happened from the first batch of the new world on."""

    version: Version  # before
    steps: list[Step]
    end: Drift

    @property
    def versions(self) -> list[Version]:
        """Every version in turn, each once for as long as it stayed."""
        found = [self.version]
        for step in self.steps:
            if step.version != found[-1]:
                found.append(step.version)
        return found

    def mean_right(self, first: int, last: int) -> float:
        """The share of right labels from one batch up to, but without, another."""
        shares = [step.share_right for step in self.steps[first:last]]
        return sum(shares) / len(shares)


def live(service: Service, world: World) -> Story:
    """A usual period, then five of a new world, all with labels."""
    version = teach(service, world)
    for _ in range(PERIOD):
        version = _step(service, world, USUAL).version
    steps = [_step(service, world, NEW) for _ in range(PERIODS * PERIOD)]
    return Story(version, steps, look(service, world))


def _step(service: Service, world: World, traffic: Traffic) -> Step:
    rows, labels = world.batch(traffic)
    read, _ = predict(service, rows)
    return Step(share_right(read, labels), feed(service, rows, labels))
