"""What the attempt's page shows of a search. Nothing here decides anything."""

from collections.abc import Mapping, Sequence
from itertools import accumulate

from reading import STATES, Trial

from lab_specs.kit import Figure, Series


def values(trials: Sequence[Trial]) -> Figure:
    """The value of each trial; pruned ones stand apart."""
    series = []
    for state in STATES:
        kept = [trial for trial in trials if trial.state == state]
        numbers, heights = [trial.number for trial in kept], [trial.value for trial in kept]
        series.append(Series(name=state, x=numbers, y=heights))
    return Figure(
        id="trials",
        title="Trials",
        says="The table of the first search. The value of a pruned trial is its last one.",
        x="number of the trial",
        y="value",
        kind="points",
        series=series,
    )


def progress(trials: Sequence[Trial]) -> Figure:
    """What the search had found after so many epochs, if its trials were made one by one."""
    epochs = list(accumulate(trial.epochs for trial in trials))
    heights = [trial.value if trial.complete else 0.0 for trial in trials]
    best = list(accumulate(heights, max))
    return Figure(
        id="progress",
        title="Best so far",
        says="The highest value of a complete trial, by the epochs that the search had used.",
        x="epochs used",
        y="best value",
        kind="lines",
        series=(Series(name="best so far", x=epochs, y=[value or None for value in best]),),
    )


def learning(record: Mapping[int, Sequence[float]]) -> Figure:
    """Each trial, epoch by epoch: the first twelve of them."""
    return Figure(
        id="learning",
        title="Trial by trial",
        says="From `epochs.jsonl`. A line that ends early is a trial that was given up.",
        x="epoch",
        y="value",
        kind="lines",
        series=[
            Series(name=f"trial {number}", x=range(1, len(heights) + 1), y=heights)
            for number, heights in sorted(record.items())
        ],
    )
