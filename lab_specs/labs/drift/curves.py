"""What the attempt's page shows of a service that watches. Nothing here decides anything."""

from collections.abc import Mapping

from data import PERIOD
from story import Story

from lab_specs.kit import Figure, Series


def scores(told: Mapping[int, Mapping[str, float]], shifted: str, since: int) -> Figure:
    """The score of each feature, as told after each batch; one is shifted from a batch on."""
    names = sorted({name for scores in told.values() for name in scores})
    batches = sorted(told)
    return Figure(
        id="scores",
        title="Scores over time",
        says=f"What GET /drift told after each batch. From batch {since} on, {shifted} is shifted.",
        x="batch",
        y="score",
        kind="lines",
        series=[
            Series(name=name, x=batches, y=[told[batch].get(name) for batch in batches])
            for name in sorted(names, key=lambda name: name != shifted)
        ],
    )


def learning(story: Story) -> Figure:
    """How much is right in the new world, batch by batch, and the version that learnt next."""
    batches = range(1, len(story.steps) + 1)
    versions = [story.version, *(step.version for step in story.steps)]
    changed = [batch for batch in batches if versions[batch] != versions[batch - 1]]
    return Figure(
        id="learning",
        title="In a new world",
        says="The share of labels that are right after the world has changed for good; squares are"
        f" the batches whose labels brought a new version. A period has {PERIOD} batches.",
        x="batch of the new world",
        y="share of labels right",
        kind="lines",
        series=(
            Series(name="right", x=batches, y=[step.share_right for step in story.steps]),
            Series(
                name="new version",
                x=changed,
                y=[story.steps[batch - 1].share_right for batch in changed],
            ),
        ),
    )
