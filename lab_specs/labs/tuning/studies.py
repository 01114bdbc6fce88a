"""Runs the student's image as this lab does: workers that tune, and a fresh one that predicts."""

from collections.abc import Mapping
from dataclasses import dataclass

from data import HIDDEN
from reading import (
    BEST,
    PREDICTIONS,
    RECORD,
    TRIALS,
    Best,
    Trial,
    read_best,
    read_labels,
    read_record,
    read_trials,
)

from lab_specs.digits import Labels
from lab_specs.kit import Image, Run, Volume

EPOCHS = 12  # what every trial may use at most
WAIT_SECONDS = 300.0  # for one of several workers


@dataclass(frozen=True)
class Study:
    """A folder that workers share, and how the last of them ended."""

    run: Run
    out: Volume

    def require(self) -> "Study":
        """This study when its worker ended well; else a `StudentFault`."""
        self.run.require("tune")
        return self

    def trials(self) -> list[Trial]:
        """The table; a `StudentFault` says why there is none."""
        self.require()
        return read_trials(self.out.read(TRIALS, limit_mb=4))

    def best(self) -> Best:
        """What the search decided on."""
        self.require()
        return read_best(self.out.read(BEST, limit_mb=1))

    def record(self) -> dict[int, list[float]]:
        """The values of each trial, epoch by epoch."""
        self.require()
        return read_record(self.out.read(RECORD, limit_mb=4))


@dataclass(frozen=True)
class Prediction:
    """What a fresh container answered with the best model of a study."""

    run: Run
    pred: Volume

    def labels(self) -> Labels:
        """The answers for the hidden images; a `StudentFault` says why there are none."""
        self.run.require("predict")
        return read_labels(self.pred.read(PREDICTIONS, limit_mb=1), HIDDEN)


def tune(student: Image, name: str, **settings: str | int) -> Study:
    """One worker adds trials to the study on the volume `name`."""
    run = student.run(["tune"], env=_env(settings), mounts=_mounts(name))
    return Study(run, student.volume(name))


def tune_together(student: Image, name: str, *workers: str, **settings: str | int) -> list[Study]:
    """Several workers add trials to the study on the volume `name`, beside one another."""
    processes = [
        student.start(["tune"], env=_env(settings | {"worker": worker}), mounts=_mounts(name))
        for worker in workers
    ]
    runs = [process.wait(WAIT_SECONDS) for process in processes]
    for process in processes:
        process.remove()
    return [Study(run, student.volume(name)) for run in runs]


def predict(student: Image, name: str) -> Prediction:
    """Answer the hidden images in a fresh container with the study `name`."""
    mounts = {name: "/out:ro", "in": "/in:ro", "pred": "/pred:rw"}
    return Prediction(student.run(["predict"], mounts=mounts), student.volume("pred"))


def _env(settings: Mapping[str, str | int]) -> dict[str, str]:
    """The environment: settings are those of the brief in small letters, and stand for others."""
    named = {name.upper(): value for name, value in settings.items()}
    said = {"N_TRIALS": 1, "SEED": 0, "MAX_EPOCHS": EPOCHS, "WORKER": "one"} | named
    return {name: str(value) for name, value in said.items()}


def _mounts(name: str) -> dict[str, str]:
    return {"data": "/data:ro", name: "/out:rw"}
