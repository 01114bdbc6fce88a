"""What the attempt's page shows of a training. Nothing here decides anything."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from data import CLASSES
from reading import Epoch

from lab_specs.digits import Labels
from lab_specs.kit import Figure, Series


def losses(epochs: Sequence[Epoch]) -> Figure:
    """Both losses, epoch by epoch; where one is not finite, there is no point."""
    x = [epoch.epoch for epoch in epochs]
    return Figure(
        id="loss",
        title="Loss while training",
        says="From `metrics.jsonl`. Where the two part, the model learns its images by heart.",
        x="epoch",
        y="loss",
        kind="lines",
        series=(
            Series(name="training images", x=x, y=[epoch.train_loss for epoch in epochs]),
            Series(name="kept out of training", x=x, y=[epoch.val_loss for epoch in epochs]),
        ),
    )


def accuracies(epochs: Sequence[Epoch], measured: float | None = None) -> Figure:
    """The recorded accuracy; and beside it the one that was measured, as soon as it is known."""
    x = [epoch.epoch for epoch in epochs]
    series = [Series(name="val_accuracy", x=x, y=[epoch.val_accuracy for epoch in epochs])]
    if measured is not None:
        ends = sorted({x[0], x[-1]})
        series.append(Series(name="measured at the end", x=ends, y=[measured] * len(ends)))
    return Figure(
        id="accuracy",
        title="Accuracy while training",
        says="As `metrics.jsonl` tells it, and what we measured on the hidden images at the end.",
        x="epoch",
        y="share of images read right",
        kind="lines",
        series=series,
    )


def digit_by_digit(labels: Labels, truth: Labels) -> Figure:
    """How well each digit is found, and how far its name can be trusted."""
    digits, right = range(CLASSES), labels == truth
    found = [_mean(right[truth == digit]) for digit in digits]
    trusted = [_mean(right[labels == digit]) for digit in digits]
    return Figure(
        id="digits",
        title="Digit by digit",
        says="Of the images of a digit, how many got its name; of the answers with a digit's name,"
        " how many were right.",
        x="digit",
        y="share right",
        kind="bars",
        series=(
            Series(name="of its images", x=digits, y=found),
            Series(name="of its answers", x=digits, y=trusted),
        ),
    )


def _mean(right: npt.NDArray[np.bool_]) -> float | None:
    """The share of right ones; None, which is no bar, where there are none at all."""
    return float(np.mean(right)) if right.size else None
