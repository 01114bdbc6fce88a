"""Do the models that the image made fit into a device, and are they what their names promise?

The student's container makes files and is gone. The judge hands their bytes to the device, which
runs them with our interpreters under its own limits; it never reads them itself. Hidden images
go to the device, their labels to nobody.
"""

from collections.abc import Callable

import numpy as np
import pytest
from data import HIDDEN, archive, hidden, training
from devices import NAMES, Artefact, Device, Model, Shelf, collect, shuffled

from lab_specs.digits import Labels, Pixels
from lab_specs.kit import Figure, Image, Series, Sidecar, check, expect

PROFICIENT, ADVANCED = 0.80, 0.85  # accuracies; brief.md says where all lines come from
LOSS = 0.03  # of all images, against the float model
SMALLER = 0.40  # of the float model's file
INTEGERS = 0.90  # of all numbers in the graph
WIPED = 0.5  # of its accuracy may be left without integer weights,
GUESSING = 0.2  # and this much is luck
CHOICES = 4  # different weights in one product: two bits
SAME_NUMBERS = 0.10  # more or fewer than in the float model
ZEROS, MORE_ZEROS = 0.50, 0.70  # of all numbers in the graph
PACKED, SMALL_PACKED = 0.50, 0.15  # of the float model's file, both compressed
MEMORY_MB = 48.0
SLOWER = 3.0


@pytest.fixture(scope="session")
def images(seed: int) -> Pixels:
    """The hidden images. Only the device sees them."""
    return hidden(seed)[0]


@pytest.fixture(scope="session")
def truth(seed: int) -> Labels:
    """The hidden labels. They are in no volume."""
    return hidden(seed)[1]


@pytest.fixture(scope="session")
def artefacts(student: Image, seed: int) -> dict[str, Artefact]:
    """What `build` made."""
    x, y = training(seed)
    student.volume("data").write("train.npz", archive(x=x, y=y))
    mounts = {"data": "/data:ro", "models": "/models:rw"}
    student.run(["build"], mounts=mounts).require("build")
    return collect(student.volume("models"))


@pytest.fixture(scope="session")
def device(sidecar: Callable[[str], Sidecar], student: Image) -> Device:
    """The small machine that runs models."""
    return Device(sidecar("device"), student.volume("job"), student.volume("facts"))


@pytest.fixture(scope="session")
def shelf(
    artefacts: dict[str, Artefact],
    device: Device,
    images: Pixels,
    truth: Labels,
    show: Callable[[Figure], None],
) -> Shelf:
    """All models, after the device looked at them."""
    there = {name: artefact for name, artefact in artefacts.items() if not artefact.problem}
    seen = device.ask(there, images, look=True) if there else {}
    shelf = Shelf(artefacts, seen, truth)
    for figure in figures(shelf.running()):
        show(figure)
    return shelf


@pytest.fixture(scope="session")
def base(shelf: Shelf) -> Model:
    """The float model, which all others are compared with."""
    return shelf.model("float")


@check("device", "proficient")
def test_float_runs(base: Model) -> None:
    """The device runs the float model, and 80 % of the hidden images are right"""
    demand_accuracy(base, PROFICIENT)


@check("device", "proficient", after="float_runs")
def test_cold_start(device: Device, shelf: Shelf, images: Pixels) -> None:
    """A device that was just switched on gives the same answers, whatever order it is asked in"""
    others, order = shuffled(images)
    models = {model.name: model for model in shelf.running()}
    again = device.ask({name: models[name].artefact for name in models}, others, look=False)
    for name, seen in again.items():
        fault = f"{seen.fault}: {seen.reason}"
        expect(
            not seen.fault,
            expected=f"{name} runs a second time",
            actual=fault,
            hint="It ran the first time: does it need nearly all of the time or memory?",
        )
        odd = int(np.sum(seen.answers != models[name].seen.answers[order]))
        expect(
            odd == 0,
            expected=f"{name} answers {HIDDEN} images as it did before",
            actual=f"{odd} answers differ",
            hint="Export in evaluation mode: chance, such as dropout, and state that is carried"
            " from image to image have no place in the graph.",
        )


@check("device", "advanced", after="float_runs")
def test_accuracy_advanced(base: Model) -> None:
    """85 % of the hidden images are right"""
    demand_accuracy(base, ADVANCED)


@check("device", "advanced", after="float_runs")
def test_memory(shelf: Shelf) -> None:
    """No model takes more than 48 MiB of the device's memory"""
    for model in shelf.running():
        expect(
            model.seen.model_mb <= MEMORY_MB,
            expected=f"at most {MEMORY_MB:.0f} MiB for {model.name}, its interpreter included",
            actual=f"{model.seen.model_mb:.1f} MiB",
            hint="What lies between the layers counts, too: one image needs little.",
        )


@check("device", "expert", after="accuracy_advanced")
def test_latency(base: Model, shelf: Shelf) -> None:
    """The quantised model needs at most three times as long as the float one for an image"""
    model = shelf.model("ptq")
    times = (model.microseconds, base.microseconds)
    expect(
        all(times),
        expected="times of both models, measured in turns",
        actual="they ran alone, but not beside one another",
        hint="Do both together need more time or memory than the device has?",
    )
    expect(
        times[0] <= SLOWER * times[1],
        expected=f"at most {SLOWER * times[1]:.0f} µs: {SLOWER:g} times the {times[1]:.0f} µs of"
        " the float model, quickest of 40 rounds each",
        actual=f"{times[0]:.0f} µs",
        hint="Look at the graph that the interpreter runs: which operations were not there before?"
        " On many processors, unsigned activations are quicker than signed ones.",
    )


@check("quantisation", "proficient", after="float_runs")
def test_ptq_smaller(base: Model, shelf: Shelf) -> None:
    """The quantised model takes at most 40 % of the float model's space"""
    size = len(shelf.model("ptq").artefact.content)
    expect(
        size <= SMALLER * base.full,
        expected=f"at most {SMALLER * base.full:,.0f} bytes: {SMALLER:.0%} of {base.full:,}",
        actual=f"{size:,} bytes, {size / base.full:.0%}",
        hint="Store weights with 8 bits, not floats that have been rounded. In a tiny network"
        " names and scales take more than weights: start from a larger one.",
    )


@check("quantisation", "proficient", after="float_runs")
def test_ptq_right(base: Model, shelf: Shelf) -> None:
    """It reads at most 3 % of all images fewer than the float model"""
    demand_loss(shelf.model("ptq"), base, "Calibrate with real images, in their real range.")


@check("quantisation", "proficient", after="ptq_right")
def test_ptq_integers(base: Model, shelf: Shelf) -> None:
    """Its products are products of integers, and its answers come from them"""
    demand_integers(shelf.model("ptq"), base)


@check("quantisation", "advanced", after="ptq_integers")
def test_ptq_scales(shelf: Shelf) -> None:
    """Its scales are fixed: no range is worked out while it runs"""
    model = shelf.model("ptq")
    expect(
        not model.seen.dynamic,
        expected="static quantisation: activations come as integers with a known scale",
        actual=f"dynamic quantisation, operations {told(model)}",
        hint="Let the quantiser see some hundred images of /data/train.npz (calibration, a"
        " representative data set).",
    )


@check("quantisation", "expert", after="ptq_integers")
def test_qat_weights(base: Model, shelf: Shelf) -> None:
    """The model that was trained for it has at most four different weights in each product"""
    model = shelf.model("qat")
    demand_integers(model, base)
    expect(
        model.seen.choices <= CHOICES,
        expected=f"at most {CHOICES} different integers in the weights of each product: two bits",
        actual=f"{model.seen.choices}",
        hint="Such as -1, 0 and 1, stored as integers of 8 bits; each unit has a scale of its own.",
    )


@check("quantisation", "expert", after="qat_weights")
def test_qat_right(base: Model, shelf: Shelf) -> None:
    """It reads at most 3 % of all images fewer than the float model"""
    hint = (
        "Rounding a trained network to so few weights breaks it. Train on with the rounded weights"
        " in the forward pass, and let the gradient pass as if they had not been rounded."
    )
    demand_loss(shelf.model("qat"), base, hint)


@check("pruning", "proficient", after="float_runs")
def test_pruned_zeros(base: Model, shelf: Shelf) -> None:
    """At least half of the pruned model's numbers are really zero"""
    demand_zeros(shelf.model("pruned"), base, ZEROS)


@check("pruning", "proficient", after="float_runs")
def test_pruned_right(base: Model, shelf: Shelf) -> None:
    """It reads at most 3 % of all images fewer than the float model"""
    hint = "Prune in steps, and let what is left learn on after each, with the zeros held at zero."
    demand_loss(shelf.model("pruned"), base, hint)


@check("pruning", "advanced", after="pruned_zeros")
def test_pruned_packs(base: Model, shelf: Shelf) -> None:
    """At least 70 % are zero, and compressed it takes at most half of the float model's space"""
    model = shelf.model("pruned")
    demand_zeros(model, base, MORE_ZEROS)
    demand_packed(model, base, PACKED)


@check("pruning", "expert", after="pruned_packs")
def test_small_packs(base: Model, shelf: Shelf) -> None:
    """Pruned and quantised, it takes at most 15 % of the float model's space when compressed"""
    model = shelf.model("small")
    demand_integers(model, base)
    demand_zeros(model, base, MORE_ZEROS)
    demand_packed(model, base, SMALL_PACKED)


@check("pruning", "expert", after="small_packs")
def test_small_right(base: Model, shelf: Shelf) -> None:
    """It reads at most 3 % of all images fewer than the float model"""
    hint = "Quantise the pruned model after its last training, and calibrate with real images."
    demand_loss(shelf.model("small"), base, hint)


def demand_accuracy(model: Model, line: float) -> None:
    """At least the share `line` of the hidden images must be right."""
    expect(
        model.right >= line,
        expected=f"{model.artefact.file}: at least {line:.0%} of {HIDDEN} hidden images right",
        actual=f"{model.right:.1%} right",
        hint="About 10 % is guessing: does the model scale its input itself, as in training?"
        " Pixels come as 0 to 16.",
    )


def demand_loss(model: Model, base: Model, hint: str) -> None:
    """At most LOSS of all images may be lost against the float model."""
    expect(
        model.right >= base.right - LOSS,
        expected=f"{model.artefact.file}: at least {base.right - LOSS:.1%} of {HIDDEN} hidden"
        f" images right, as {base.artefact.file} has {base.right:.1%}",
        actual=f"{model.right:.1%} right",
        hint=hint,
    )


def demand_integers(model: Model, base: Model) -> None:
    """Nearly all numbers are weights of products of integers, and the answers come from them."""
    demand_same_numbers(model, base)
    expect(
        model.integers >= INTEGERS,
        expected=f"at least {INTEGERS:.0%} of the numbers in {model.artefact.file} are weights that"
        " the device multiplies with integers",
        actual=f"{model.integers:.1%}; operations that it really runs: {told(model)}",
        hint="Weights alone as integers are not enough: inputs of each product must be quantised,"
        " too. ONNX Runtime fuses QuantizeLinear and DequantizeLinear only where they stand on all"
        " sides of a product; SessionOptions.optimized_model_filepath shows what it made of them.",
    )
    expect(
        model.right_when_wiped <= max(WIPED * model.right, GUESSING),
        expected="wrong answers once the integer weights are wiped out",
        actual=f"{model.right_when_wiped:.1%} right without them, {model.right:.1%} with them",
        hint="The answers have to come from these products.",
    )


def demand_same_numbers(model: Model, base: Model) -> None:
    """The model has as many numbers in its graph as the float model."""
    numbers, wanted = model.seen.constants, base.seen.constants
    expect(
        abs(numbers - wanted) <= SAME_NUMBERS * wanted,
        expected=f"as many numbers as in {base.artefact.file}, {wanted:,}, up to"
        f" {SAME_NUMBERS:.0%} more or fewer",
        actual=f"{numbers:,} in {model.artefact.file}",
        hint="Make all models from one network: set weights to zero or to fewer bits, and leave"
        " none out.",
    )


def demand_zeros(model: Model, base: Model, line: float) -> None:
    """At least the share `line` of all numbers must stand for zero."""
    demand_same_numbers(model, base)
    expect(
        model.zeros >= line,
        expected=f"at least {line:.0%} of the numbers in {model.artefact.file} are zero",
        actual=f"{model.zeros:.1%}",
        hint="A mask beside the weights is no zero in the file: multiply it in before the export.",
    )


def demand_packed(model: Model, base: Model, line: float) -> None:
    """Compressed by gzip, the file takes at most the share `line` of the float model's."""
    size, full = model.artefact.packed, base.full_packed
    expect(
        size <= line * full,
        expected=f"{model.artefact.file} compressed: at most {line * full:,.0f} bytes, {line:.0%}"
        f" of {full:,}",
        actual=f"{size:,} bytes, {size / full:.0%}",
        hint="gzip finds zeros and repetitions: the more weights are zero, the less is left.",
    )


def told(model: Model) -> str:
    """The operations that the device really runs."""
    return ", ".join(f"{count} {name}" for name, count in model.seen.operations.items()) or "none"


def figures(models: list[Model]) -> list[Figure]:
    """Size against accuracy, and the time for an image, of the models that run."""
    spots = tuple(
        Series(name=model.name, x=(model.artefact.packed / 1024,), y=(model.right,))
        for model in models
    )
    timed = [model for model in models if model.seen.times]
    rounds = tuple(
        Series(name=model.name, x=tuple(range(1, len(model.seen.times) + 1)), y=model.seen.times)
        for model in timed
    )
    sizes = tuple(len(model.artefact.content) / 1024 for model in models)
    packed = tuple(model.artefact.packed / 1024 for model in models)
    names = tuple(name for name in NAMES if name in {model.name for model in models})
    return [
        Figure(
            id="accuracy",
            title="Size against accuracy",
            x="size after gzip, KiB",
            y="share of hidden images right",
            kind="points",
            series=spots,
        ),
        Figure(
            id="sizes",
            title="Space that the models take",
            x="model",
            y="KiB",
            kind="bars",
            series=(
                Series(name="file", x=names, y=sizes),
                Series(name="after gzip", x=names, y=packed),
            ),
        ),
        Figure(
            id="times",
            title="Time for one image, measured in turns",
            x="round",
            y="µs",
            kind="lines",
            series=rounds,
        ),
    ]
