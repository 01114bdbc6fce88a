"""What several checks demand of a run and of a model, in the words that a student reads."""

import data
import numpy as np
from executions import Lab, Prediction
from records import FINISHED, METRICS, PREDICTIONS, Record, finite

from lab_specs.kit import Figure, Series, expect, shorten

ONE_IMAGE = 1.5 / 300  # an accuracy may be off by one image: sums are rounded
ALIKE = 0.99  # of two lists of answers of the same model


def demand_finished(record: Record) -> None:
    """The run is marked as one that ended well."""
    expect(
        record.status == FINISHED,
        expected=f"a run with the status {FINISHED} after `train` has ended well",
        actual=shorten(record.status),
        hint="End the run: `with mlflow.start_run():`, or `update-run` over REST.",
    )


def demand_server(record: Record) -> None:
    """The run is on the server: an export cannot show what comes now."""
    expect(
        not record.exported,
        expected="runs on the tracking server that MLFLOW_TRACKING_URI names",
        actual="an offline export, which reaches the levels below",
        hint="Log to the server: mlflow-skinny, or plain HTTP.",
    )


def count_of_validation(lab: Lab) -> int:
    """How many images the validation part has."""
    return len(data.validation(lab.seed)[1])


def hidden_share(prediction: Prediction, seed: int) -> float:
    """How much of the hidden images is right, 0 to 1."""
    return float(np.mean(prediction.hidden == data.hidden(seed)[1]))


def demand_parameters(record: Record, **asked: int) -> None:
    """The run has these parameters, as numbers."""
    for name, value in asked.items():
        said = record.params.get(name)
        expect(
            said is not None and number(said) == value,
            expected=f"the parameter {name} = {value}",
            actual="none" if said is None else shorten(said),
            hint=f"Read {name.upper()} from the environment, use it, and log what you used.",
        )


def number(text: str) -> float | None:
    """The text as a number; None when it is none."""
    try:
        return finite(float(text))
    except ValueError:
        return None


def demand_steps(record: Record, epochs: int) -> None:
    """Both metrics have one value for each epoch."""
    for name in ("loss", "val_accuracy"):
        steps = record.metrics.get(name, ())
        places = {step for step, _ in steps}
        expect(
            len(steps) == len(places) == epochs,
            expected=f"{epochs} values of {name}, at {epochs} steps",
            actual=f"{len(steps)} values at {len(places)} steps",
            hint="Log each epoch with its number: `log_metrics({…}, step=epoch)`.",
        )
        top = 1.0 if name == "val_accuracy" else np.inf
        odd = [value for _, value in steps if value is None or not 0 <= value <= top]
        expect(
            not odd,
            expected=f"finite values of {name}, " + ("from 0 to 1" if top == 1 else "from 0"),
            actual=shorten(odd),
            hint="An accuracy is a share: 0.79, not 79.",
        )


def demand_true(record: Record, prediction: Prediction, seed: int) -> None:
    """The logged accuracy is the share of validation images that the model gets right."""
    right = float(np.mean(prediction.validation == data.validation(seed)[1]))
    said = record.last("accuracy")
    expect(
        said is not None and abs(said - right) <= ONE_IMAGE,
        expected=f"accuracy = {right:.4f}: what a fresh container gets right of the validation",
        actual="none" if said is None else f"{said:.4f}",
        hint="Measure the very model that you register, after the last step, and log that. If you"
        " keep the best epoch, its value is the one.",
    )


def demand_alike(lab: Lab, record: Record, prediction: Prediction) -> None:
    """The run's artefact holds the answers that the model gives."""
    logged = lab.answers(record, count_of_validation(lab))
    same = float(np.mean(logged == prediction.validation))
    expect(
        same >= ALIKE,
        expected=f"the answers that the run kept in {PREDICTIONS}: at least {ALIKE:.0%} the same",
        actual=f"{same:.1%} the same",
        hint="Answer /data/validation.npz with the very model that you register, in its order.",
    )


def demand_accuracy(prediction: Prediction, seed: int, line: float, hint: str) -> None:
    """At least the share `line` of the hidden images must be right."""
    right = hidden_share(prediction, seed)
    wanted = f"at least {line:.0%} of {data.HIDDEN} hidden images right"
    expect(right >= line, expected=wanted, actual=f"{right:.1%} right", hint=hint)


def curves(record: Record) -> Figure:
    """What the run told of its training, step by step."""
    series = []
    for name in METRICS:
        told = [(step, value) for step, value in record.metrics.get(name, ()) if value is not None]
        if told:
            x, y = zip(*told, strict=True)
            series.append(Series(name=name, x=x, y=y))
    return Figure(
        id="curves",
        title="What the run has logged",
        x="step",
        y="value",
        kind="lines",
        series=tuple(series),
        says="As your run tells it; whether it is true is another check.",
    )
