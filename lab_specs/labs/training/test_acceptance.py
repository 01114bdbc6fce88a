"""Does the image train a model that learns, that can be made again, and that is well recorded?

Five trainings: `first` is the one whose accuracy counts. `short` and `again` are twins,
`other` differs from them in nothing but the seed; these three have few epochs and renamed
labels. `killed` is stopped after its second epoch (`halved`, at half of the time, where that
comes too late). Truth and accuracy stay here, outside of the image.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from curves import accuracies, digit_by_digit, losses
from data import HIDDEN, hidden, packed, renamed, training
from trials import Trial, answers_or_refusal, attempt, damage, train_and_kill

from lab_specs.digits import Labels
from lab_specs.kit import Figure, Image, check, expect

EPOCHS, FEW = 20, 5
SEED, OTHER_SEED = 7, 8  # what a container is told; the edition's own seed never enters one
PROFICIENT, ADVANCED, EXPERT = 0.70, 0.80, 0.90  # accuracies; brief.md says where from
GUESSING = 0.2  # an accuracy that no guess among ten classes comes near
OVERSTATED, UNDERSTATED = 0.10, 0.20  # how far a recorded accuracy may be off
FALLEN = 0.9  # a loss has fallen when it is below this share of its first value
ALONE = 3  # so many model files are also damaged one by one

Show = Callable[[Figure], None]


@pytest.fixture(scope="session")
def truth(seed: int) -> Labels:
    """The hidden labels. They are in no volume."""
    return hidden(seed)[1]


@pytest.fixture(scope="session")
def supplied(student: Image, seed: int) -> Image:
    """The student's image, with the data that it may see in their volumes."""
    x, y = training(seed)
    student.volume("data").write("train.npz", packed(x=x, y=y))
    student.volume("data_renamed").write("train.npz", packed(x=x, y=renamed(y, seed)))
    student.volume("in").write("inputs.npz", packed(x=hidden(seed)[0]))
    return student


@pytest.fixture(scope="session")
def first(supplied: Image) -> Trial:
    """The training whose accuracy counts. Without it there is nothing to judge."""
    return attempt(supplied, "first", data="data", seed=SEED, epochs=EPOCHS).require()


@pytest.fixture(scope="session")
def short(supplied: Image) -> Trial:
    """A training with few epochs and renamed labels."""
    return attempt(supplied, "short", data="data_renamed", seed=SEED, epochs=FEW)


@check("learning", "proficient")
def test_answers_every_image(first: Trial, truth: Labels, show: Show) -> None:
    """`predict` answers every image of `/in/inputs.npz` with one digit"""
    show(digit_by_digit(first.labels(), truth))


@check("learning", "proficient", after="answers_every_image")
def test_accuracy_proficient(first: Trial, truth: Labels) -> None:
    """At least 70 % of the hidden images are right: better than a linear model"""
    hint = (
        "About 10 % is guessing: check that `predict` loads what `train` saved, prepares images"
        " in the same way and keeps their order. Up to 65 % is a linear model: train a network."
    )
    demand_accuracy(first, truth, PROFICIENT, hint)


@check("learning", "advanced", after="accuracy_proficient")
def test_accuracy_advanced(first: Trial, truth: Labels) -> None:
    """At least 80 % of the hidden images are right"""
    hint = "Scale the pixels, tune the learning rate, use all epochs; give the network two layers."
    demand_accuracy(first, truth, ADVANCED, hint)


@check("learning", "expert", after="accuracy_advanced")
def test_accuracy_expert(first: Trial, truth: Labels) -> None:
    """At least 90 % of the hidden images are right"""
    hint = "Use convolutions, or train on copies of the images that you shift and turn yourself."
    demand_accuracy(first, truth, EXPERT, hint)


@check("reproducibility", "proficient", after="answers_every_image")
def test_same_seed_same_answers(supplied: Image, short: Trial) -> None:
    """Training twice with the same `SEED` gives the same answers"""
    again = attempt(supplied, "again", data="data_renamed", seed=SEED, epochs=FEW)
    differing = int(np.sum(short.labels() != again.labels()))
    expect(
        differing == 0,
        expected=f"the same answer for all {HIDDEN} images",
        actual=f"{differing} answers differ between two trainings with SEED={SEED}",
        hint="Seed every source of chance from SEED: Python, numpy, the framework, the split, the"
        " order. Chance in `predict` counts, too: drop-out left on, a shuffled loader.",
    )


@check("reproducibility", "advanced", after="same_seed_same_answers")
def test_seed_is_used(supplied: Image, short: Trial) -> None:
    """Another `SEED` gives another model"""
    other = attempt(supplied, "other", data="data_renamed", seed=OTHER_SEED, epochs=FEW)
    expect(
        np.any(short.labels() != other.labels()),
        expected=f"some of {HIDDEN} answers differ between SEED={SEED} and SEED={OTHER_SEED}",
        actual="all answers are the same",
        hint="Read SEED from the environment when training starts, and let it drive the first"
        " weights, the split and the order. Do not bring a finished model along.",
    )


@check("reproducibility", "proficient", after="answers_every_image")
def test_data_is_used(short: Trial, truth: Labels, seed: int) -> None:
    """The labels of `/data/train.npz` are learned as they are given"""
    labels = short.labels()
    followed = share(labels == renamed(truth, seed))
    expect(
        followed >= GUESSING,
        expected=f"trained for {FEW} epochs on data whose classes bear other names, the model"
        f" gives these names to at least {GUESSING:.0%} of the images",
        actual=f"{followed:.1%} got the name given, {share(labels == truth):.1%} the real digit",
        hint="Learn from /data/train.npz alone, in every run: no digits and no weights that"
        " are already in the image.",
    )


@check("reproducibility", "expert", after="answers_every_image")
def test_killed_training(supplied: Image, first: Trial, truth: Labels) -> None:
    """A killed training leaves no half-made model that `predict` accepts"""
    name = "killed"
    if not train_and_kill(supplied, name, seed=SEED, epochs=EPOCHS):
        name, half = "halved", first.train.seconds / 2
        train_and_kill(supplied, name, seed=SEED, epochs=EPOCHS, seconds=half)
    labels = answers_or_refusal(supplied, name)
    right = 1.0 if labels is None else share(labels == truth)
    expect(
        right >= PROFICIENT,
        expected=f"`predict` refuses what the killed training left, or gets {PROFICIENT:.0%} right",
        actual=f"it answered as if nothing had happened, and {right:.1%} is right",
        hint="Give the model the name that `predict` looks for only when training is over: write"
        " it to another file and rename that at the very end. Never fall back on a fresh model.",
    )


@check("reproducibility", "expert", after="answers_every_image")
def test_damaged_model(supplied: Image, first: Trial) -> None:
    """`predict` refuses model files of which half is missing"""
    names = first.model_files()
    expect(names, expected="a model in /out", actual="no file but the record", hint=DAMAGE_HINT)
    damage(supplied, first, names)
    refused = answers_or_refusal(supplied, "damaged") is None
    wanted = "an error code when every model file is cut in half"
    expect(refused, expected=wanted, actual="it answered all the same", hint=DAMAGE_HINT)
    for name in names[:ALONE] if len(names) > 1 else ():
        damage(supplied, first, [name])
        labels = answers_or_refusal(supplied, "damaged")
        expect(
            labels is None or np.array_equal(labels, first.labels()),
            expected=f"an error code when `{name}` is cut in half, or the same answers as before",
            actual="it gave other answers",
            hint=DAMAGE_HINT,
        )


DAMAGE_HINT = (
    "Load the model from /out, with a loader that checks what it reads, and let its error end"
    " `predict`. Never go on with what could be loaded."
)


@check("records", "proficient")
def test_metrics_lines(first: Trial, show: Show) -> None:
    """`metrics.jsonl` holds one complete line per epoch, and at most `MAX_EPOCHS`"""
    show(losses(first.epochs()))
    show(accuracies(first.epochs()))
    demand_at_most(EPOCHS, first)


@check("records", "advanced", after="metrics_lines")
def test_losses_fall(first: Trial) -> None:
    """The losses are finite, and they fall"""
    epochs = first.epochs()
    for name in ("train_loss", "val_loss"):
        losses = [float(getattr(epoch, name)) for epoch in epochs]
        odd = next((n for n, loss in enumerate(losses) if not np.isfinite(loss)), None)
        expect(
            odd is None,
            expected=f"a finite {name} in every epoch",
            actual=f"{name} {losses[odd or 0]} in epoch {(odd or 0) + 1}",
            hint="A learning rate that is too high, the logarithm of 0, or a mean over no rows.",
        )
        lowest = min(losses[1:], default=losses[0])
        expect(
            lowest < FALLEN * losses[0],
            expected=f"a {name} that falls below {FALLEN:.0%} of its first value, {losses[0]:.4g}",
            actual=f"the lowest of {len(losses)} epochs is {lowest:.4g}",
            hint="Does every batch clear the gradients, go backward and take a step, in this"
            " order? One line alone cannot fall: record each epoch.",
        )


@check("records", "expert", after="metrics_lines")
def test_max_epochs(short: Trial) -> None:
    """A smaller `MAX_EPOCHS` is kept to"""
    demand_at_most(FEW, short)


@check("records", "expert", after="metrics_lines")
def test_accuracy_is_believable(first: Trial, truth: Labels, show: Show) -> None:
    """The last `val_accuracy` agrees with the accuracy that we measure"""
    said, right = first.epochs()[-1].val_accuracy, share(first.labels() == truth)
    show(accuracies(first.epochs(), right))
    lowest, highest = max(0.0, right - UNDERSTATED), min(1.0, right + OVERSTATED)
    expect(
        lowest <= said <= highest,
        expected=f"a last val_accuracy from {lowest:.3f} to {highest:.3f},"
        f" because {right:.1%} of the hidden images are right",
        actual=f"val_accuracy {said:.3f}",
        hint="Measure on images that were kept out of training, with the model in evaluation mode,"
        " as a share: right answers divided by all answers.",
    )


def share(holds: Any) -> float:  # noqa: ANN401 - an array of truth values
    """How many are true, 0 to 1."""
    return float(np.mean(holds))


def demand_accuracy(trial: Trial, truth: Labels, line: float, hint: str) -> None:
    """At least the share `line` of the hidden images must be right."""
    right = share(trial.labels() == truth)
    wanted = f"at least {line:.0%} of {HIDDEN} hidden images right"
    expect(right >= line, expected=wanted, actual=f"{right:.1%} right", hint=hint)


def demand_at_most(limit: int, trial: Trial) -> None:
    """The record must have a line for each epoch, and no more than the limit allows."""
    count = len(trial.epochs())
    expect(
        count <= limit,
        expected=f"at most {limit} lines, as MAX_EPOCHS={limit} says",
        actual=f"{count} lines",
        hint="Read MAX_EPOCHS from the environment when training starts, and stop there.",
    )
