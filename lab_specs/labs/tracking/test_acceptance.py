"""Does the image leave runs that can be trusted, and does it predict from the registry alone?

`first` is a short training on a month-old part of the data, `second` the one whose model counts.
Then come predictions: with the model in use, with the older one, without a server. At the end a
training on broken data, and one that is stopped on its way.
"""

import hashlib
import secrets
from collections.abc import Callable

import numpy as np
import pytest
from demands import (
    ALIKE,
    count_of_validation,
    curves,
    demand_accuracy,
    demand_alike,
    demand_finished,
    demand_parameters,
    demand_server,
    demand_steps,
    demand_true,
    hidden_share,
)
from executions import NOWHERE, Execution, Lab, Prediction, Stopped, supply
from records import FINISHED, PREDICTIONS, RUNNING
from trackers import ALIAS, Server

from lab_specs.kit import Figure, Image, Sidecar, check, expect, shorten

EPOCHS, FEW = 20, 2
SEED, OTHER_SEED = 7, 8  # what a container is told; the edition's own seed never enters one
LEARNED, EXPERT = 0.45, 0.70  # accuracies; brief.md says where from
OVERSTATED, UNDERSTATED = 0.08, 0.15  # how far the logged accuracy may be off


@pytest.fixture(scope="session")
def lab(student: Image, sidecar: Callable[[str], Sidecar], seed: int) -> Lab:
    """The student's image, a tracking server, and all data in their volumes."""
    supply(student, seed)
    name = f"digits-{secrets.token_hex(3)}"
    return Lab(student, Server(sidecar("mlflow").serve(), name), seed)


@pytest.fixture(scope="session")
def first(lab: Lab) -> Execution:
    """A short training. Without one that ends well there is nothing to judge."""
    execution = lab.train("earlier", epochs=FEW, seed=OTHER_SEED, before={})
    execution.run.require("train")
    return execution


@pytest.fixture(scope="session")
def second(lab: Lab, first: Execution) -> Execution:
    """The training whose model counts."""
    execution = lab.train("data", epochs=EPOCHS, seed=SEED, before=first.after)
    execution.run.require("train")
    return execution


@pytest.fixture(scope="session")
def prediction(lab: Lab, second: Execution) -> Prediction:
    """What a fresh container answers with the model in use."""
    return lab.predict("pred", second.record)


@pytest.fixture(scope="session")
def stopped(lab: Lab, second: Execution) -> Stopped:
    """What a training without end told before it was stopped."""
    demand_server(second.record)
    return lab.stop("data", seed=SEED, before=lab.runs())


@check("runs", "proficient")
def test_one_run(first: Execution) -> None:
    """One execution of `train` leaves exactly one new run, and it is finished"""
    demand_finished(first.record)


@check("runs", "proficient", after="one_run")
def test_second_run(first: Execution, second: Execution) -> None:
    """A second execution adds one run, and leaves the first as it was"""
    demand_finished(second.record)
    expect(
        second.after.get(first.record.id) == first.record,
        expected="the first run as it was: status, parameters, metrics",
        actual="it has changed, or is gone",
        hint="Never write to a run that has ended: every execution starts a run of its own.",
    )


@check("record", "proficient", after="second_run")
def test_parameters(first: Execution, second: Execution) -> None:
    """Each run has the parameters `epochs` and `seed` as they were asked for"""
    demand_parameters(first.record, epochs=FEW, seed=OTHER_SEED)
    demand_parameters(second.record, epochs=EPOCHS, seed=SEED)


@check("record", "proficient", after="second_run")
def test_steps(first: Execution, second: Execution, show: Callable[[Figure], None]) -> None:
    """`loss` and `val_accuracy` have a value for each epoch, each at a step of its own"""
    show(curves(second.record))
    demand_steps(first.record, FEW)
    demand_steps(second.record, EPOCHS)
    values = [value for _, value in sorted(second.record.metrics["loss"]) if value is not None]
    expect(
        values[-1] < values[0],
        expected="a loss that is lower after the last epoch than after the first",
        actual=f"{values[0]:.4g} first, {values[-1]:.4g} last",
        hint="Log the loss of the training images, epoch by epoch, with `step=epoch`.",
    )


@check("record", "proficient", after="second_run")
def test_artefact(lab: Lab, first: Execution, second: Execution) -> None:
    """Each run has its answers to the validation images as the artefact `predictions.json`"""
    for execution in (first, second):
        lab.answers(execution.record, count_of_validation(lab))


@check("record", "advanced", after="second_run")
def test_which_data(lab: Lab, first: Execution, second: Execution) -> None:
    """The parameter `data_sha256` tells which training file each run has seen"""
    for execution, volume in ((first, "earlier"), (second, "data")):
        content = lab.student.volume(volume).read("train.npz")
        digest = hashlib.sha256(content).hexdigest()
        said = execution.record.params.get("data_sha256", "nothing")
        expect(
            said.lower() == digest,
            expected=f"data_sha256 = {digest[:16]}…, the digest of /data/train.npz as it was",
            actual=shorten(said),
            hint="Digest the bytes of the file, in hexadecimal digits:"
            " `hashlib.sha256(path.read_bytes()).hexdigest()`.",
        )


@check("model", "proficient", after="second_run")
def test_predicts(prediction: Prediction) -> None:
    """A fresh container answers every image with one digit"""
    assert len(prediction.labels)


@check("model", "proficient", after="predicts")
def test_learned(prediction: Prediction, seed: int) -> None:
    """At least 45 % of the hidden images are right"""
    hint = (
        "About 10 % is guessing: images prepared otherwise than in training, answers in another"
        " order, or a model that was registered before it was trained."
    )
    demand_accuracy(prediction, seed, LEARNED, hint)


@check("honesty", "proficient", after="predicts")
def test_accuracy_is_true(second: Execution, prediction: Prediction, seed: int) -> None:
    """The metric `accuracy` is what the registered model does on the validation images"""
    demand_true(second.record, prediction, seed)


@check("honesty", "advanced", after="accuracy_is_true")
def test_answers_are_true(lab: Lab, second: Execution, prediction: Prediction) -> None:
    """`predictions.json` holds the answers of the registered model, image by image"""
    demand_alike(lab, second.record, prediction)


@check("honesty", "expert", after="accuracy_is_true")
def test_accuracy_is_believable(second: Execution, prediction: Prediction, seed: int) -> None:
    """The metric `accuracy` agrees with the accuracy on hidden images"""
    said, right = second.record.last("accuracy") or 0.0, hidden_share(prediction, seed)
    lowest, highest = right - UNDERSTATED, right + OVERSTATED
    expect(
        lowest <= said <= highest,
        expected=f"an accuracy from {lowest:.3f} to {highest:.3f},"
        f" because {right:.1%} of the hidden images are right",
        actual=f"{said:.3f}",
        hint="Measure on /data/validation.npz, and never train on it.",
    )


@check("model", "advanced", after="predicts")
def test_versions(lab: Lab, first: Execution, second: Execution) -> None:
    """Each execution registers a version that names its run, and `champion` is the newest"""
    demand_server(second.record)
    found = lab.server.versions()
    runs = [version.run for version in found]
    expect(
        runs == [first.record.id, second.record.id],
        expected=f"two versions of {lab.server.model}, one for each run",
        actual=f"{len(found)} versions, of runs {shorten(runs)}",
        hint="Register the model at the end of the run and say `run_id`:"
        " `create_model_version(name, source, run_id)`.",
    )
    expect(
        lab.server.champion() == found[-1].number,
        expected=f"the alias {ALIAS} at version {found[-1].number}, the newest",
        actual=f"at {lab.server.champion() or 'none'}",
        hint=f"`set_registered_model_alias(name, '{ALIAS}', version)`.",
    )


@check("model", "advanced", after="versions")
def test_follows_alias(lab: Lab, first: Execution, prediction: Prediction) -> None:
    """When `champion` points at the older version again, a fresh container predicts with that"""
    lab.server.point_at(lab.server.versions()[0].number)
    older = lab.predict("back")
    expect(
        np.mean(older.labels == prediction.labels) < ALIKE,
        expected="other answers than those of the newer version",
        actual="the same answers, image by image",
        hint=f"Ask the registry for `models:/NAME@{ALIAS}` each time. A model in the image, or"
        " simply the newest version, is not what the registry says.",
    )
    demand_alike(lab, first.record, older)
    lab.server.point_at(lab.server.versions()[-1].number)


@check("model", "expert", after="predicts")
def test_needs_registry(lab: Lab, second: Execution) -> None:
    """Without a server `predict` ends with an error and answers nothing"""
    demand_server(second.record)
    lost = lab.predict("away", uri=NOWHERE)
    expect(
        lost.run.exit_code != 0 and not lost.run.timed_out and PREDICTIONS not in lost.pred.names(),
        expected=f"an error code within {lost.run.limit_seconds:.0f} s and no {PREDICTIONS}"
        " while nothing answers at MLFLOW_TRACKING_URI",
        actual="it waited for longer"
        if lost.run.timed_out
        else f"exit code {lost.run.exit_code}, files: {shorten(lost.pred.names())}",
        hint="Whoever answers without the registry has a model from somewhere else.",
    )


@check("model", "expert", after="learned")
def test_learned_well(prediction: Prediction, seed: int) -> None:
    """At least 70 % of the hidden images are right"""
    hint = "Try a larger learning rate, smaller batches, a wider layer: EPOCHS stays as it is."
    demand_accuracy(prediction, seed, EXPERT, hint)


@check("runs", "advanced", after="second_run")
def test_broken_data(lab: Lab, prediction: Prediction) -> None:
    """Data that cannot be learned from ends in an error, and never in a finished run"""
    del prediction  # whatever comes of this, it may not touch the model that counts
    model = lab.server.versions(), lab.server.champion()
    broken = lab.train("broken", epochs=FEW, seed=SEED, before=lab.runs())
    expect(
        broken.run.exit_code != 0 and not broken.run.timed_out,
        expected="an error code when pixels are no numbers",
        actual=f"exit code {broken.run.exit_code}",
        hint=BROKEN_HINT,
    )
    marked = [record.status for record in broken.new]
    expect(
        len(marked) < 2 and not {FINISHED, RUNNING} & set(marked),
        expected="one run marked as FAILED, or none",
        actual=f"new runs: {shorten(marked)}",
        hint=BROKEN_HINT,
    )
    now = lab.server.versions(), lab.server.champion()
    expect(
        now == model,
        expected=f"no new version of the model, and {ALIAS} where it was",
        actual=f"{len(now[0])} versions instead of {len(model[0])}, {ALIAS} at {now[1] or 'none'}",
        hint="Register a model when everything else has gone well.",
    )


BROKEN_HINT = (
    "Look at the pixels before you train, or at the loss while you do: NaN is nothing to go on"
    " with. Inside `with mlflow.start_run():` an exception marks the run as FAILED; over REST you"
    " do that yourself."
)


@check("record", "expert", after="steps")
def test_live(stopped: Stopped) -> None:
    """Metrics arrive while the training goes on"""
    expect(
        stopped.told is not None,
        expected="a run with the status RUNNING and a loss at three steps or more, while a training"
        " of many epochs goes on",
        actual="none",
        hint="Log each epoch when it is over, not all of them at the end.",
    )


@check("runs", "expert", after="live")
def test_stopped_run(lab: Lab, stopped: Stopped) -> None:
    """A training that is stopped on its way leaves one run, marked as failed or killed"""
    marked = [record.status for record in stopped.after]
    hint = (
        "SIGTERM ends Python without a word unless you handle it: let it raise"
        " (`signal.signal(SIGTERM, lambda *_: sys.exit(…))`), and the run is marked on the way out."
        " The first process of a container gets the signal, so start yours without a shell."
    )
    expect(stopped.ended, expected="an end soon after SIGTERM", actual="it went on", hint=hint)
    expect(
        marked in (["FAILED"], ["KILLED"]),
        expected="one run, marked FAILED or KILLED",
        actual=f"new runs: {shorten(marked)}",
        hint=hint,
    )
    runs = {version.run for version in lab.server.versions()}
    expect(
        not runs & {record.id for record in stopped.after},
        expected="no version of a model that was not finished",
        actual="a version of the stopped run",
        hint="Register a model when everything else has gone well.",
    )
