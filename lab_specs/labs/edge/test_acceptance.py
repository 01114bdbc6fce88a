"""Do the models that the image made fit into a device, and are they what their names promise?

The student's container makes files and is gone. The judge hands their bytes to the device, which
runs them with our interpreters under its own limits; it never reads them itself. Hidden images
go to the device, their labels to nobody.
"""

from collections.abc import Callable

import numpy as np
import pytest
from data import HIDDEN, archive, hidden, training
from demands import (
    demand_accuracy,
    demand_integers,
    demand_loss,
    demand_packed,
    demand_zeros,
    told,
)
from devices import Artefact, Device, Model, Shelf, collect, shuffled
from drawing import figures

from lab_specs.digits import Labels, Pixels
from lab_specs.kit import Figure, Image, Sidecar, check, expect

PROFICIENT, ADVANCED = 0.80, 0.85  # accuracies; brief.md says where all lines come from
SMALLER = 0.40  # of the float model's file
CHOICES = 4  # different weights in one product: two bits
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
    """`ptq` reads at most 3 % of all images fewer than `float`"""
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
    """`qat` reads at most 3 % of all images fewer than `float`, and 85 % right"""
    hint = (
        "Rounding a trained network to so few weights breaks it. Train on with the rounded weights"
        " in the forward pass, and let the gradient pass as if they had not been rounded."
    )
    demand_loss(shelf.model("qat"), base, hint, least=ADVANCED)


@check("pruning", "proficient", after="float_runs")
def test_pruned_zeros(base: Model, shelf: Shelf) -> None:
    """At least half of the pruned model's numbers are really zero"""
    demand_zeros(shelf.model("pruned"), base, ZEROS)


@check("pruning", "proficient", after="float_runs")
def test_pruned_right(base: Model, shelf: Shelf) -> None:
    """`pruned` reads at most 3 % of all images fewer than `float`"""
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
    """`small` reads at most 3 % of all images fewer than `float`, and 85 % right"""
    hint = "Quantise the pruned model after its last training, and calibrate with real images."
    demand_loss(shelf.model("small"), base, hint, least=ADVANCED)
