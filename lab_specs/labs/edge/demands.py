"""What several checks demand of a model, in the words that a student reads."""

from data import HIDDEN
from devices import Model

from lab_specs.kit import expect

LOSS = 0.03  # of all images, against the float model
INTEGERS = 0.90  # of all numbers in the graph
WIPED = 0.5  # of its accuracy may be left without integer weights,
GUESSING = 0.2  # and this much is luck
SAME_NUMBERS = 0.10  # more or fewer than in the float model


def demand_accuracy(model: Model, line: float) -> None:
    """At least the share `line` of the hidden images must be right."""
    expect(
        model.right >= line,
        expected=f"{model.artefact.file}: at least {line:.0%} of {HIDDEN} hidden images right",
        actual=f"{model.right:.1%} right",
        hint="About 10 % is guessing: does the model scale its input itself, as in training?"
        " Pixels come as 0 to 16.",
    )


def demand_loss(model: Model, base: Model, hint: str, *, least: float = 0.0) -> None:
    """At most LOSS of all images may be lost against the float model, and `least` must be right.

    The float model is the student's own: made worse, it would excuse whatever the others lost.
    """
    line = max(base.right - LOSS, least)
    expect(
        model.right >= line,
        expected=f"{model.artefact.file}: at least {line:.1%} of {HIDDEN} hidden"
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
