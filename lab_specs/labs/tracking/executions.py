"""Runs the student's image as this lab does: trainings that leave runs, and fresh predictions."""

import time
from dataclasses import dataclass
from functools import cached_property

import data
import numpy as np
from records import PREDICTIONS, RUNNING, Record, read_labels
from trackers import Export, Server

from lab_specs.digits import Labels
from lab_specs.kit import Image, Process, Run, Volume, expect

EXPERIMENT = "digits"
NOWHERE = "http://127.0.0.1:9"  # nothing listens there
ENDLESS = 100_000  # epochs
ALIVE = 3  # values of a metric that prove that it is written while training goes on
START_SECONDS = 60.0  # until a training has a run
LIVE_SECONDS = 20.0  # until the run has its first values, then
STOP_SECONDS = 15.0  # and to end after a signal
LOOK_EVERY = 0.2
PREDICT_SECONDS = 60.0

Runs = dict[str, Record]


@dataclass(frozen=True)
class Execution:
    """One execution of `train`, and the runs that there were before and after it."""

    run: Run
    before: Runs
    after: Runs

    @property
    def new(self) -> list[Record]:
        """The runs that came with it."""
        return [record for name, record in self.after.items() if name not in self.before]

    @property
    def record(self) -> Record:
        """The one run that came with it. Raises `Failure` when that is not one."""
        expect(
            len(self.new) == 1,
            expected="exactly one new run for one execution of `train`",
            actual=f"{len(self.new)} new runs, {len(self.before)} before",
            hint="Start one run and log everything to it; calls of a library that start runs of"
            " their own (autologging, nested runs, a second `start_run`) make more."
            " An offline export lies in /runs, one folder for each run.",
        )
        return self.new[0]


@dataclass(frozen=True)
class Prediction:
    """What a fresh container answered to hidden images and those of the validation."""

    run: Run
    pred: Volume
    seed: int

    @cached_property
    def labels(self) -> Labels:
        """The answers in the order of `data.asked`; a `StudentFault` says why there are none."""
        self.run.require("predict")
        _, order = data.asked(self.seed)
        said = read_labels(self.pred.read(PREDICTIONS, limit_mb=1), len(order))
        labels = np.empty_like(said)
        labels[order] = said
        return labels

    @property
    def hidden(self) -> Labels:
        """The answers to the hidden images."""
        return self.labels[: data.HIDDEN]

    @property
    def validation(self) -> Labels:
        """The answers to the images of the validation."""
        return self.labels[data.HIDDEN :]


@dataclass(frozen=True)
class Stopped:
    """A training without end: what it had told when it was stopped, and what was left of it."""

    told: Record | None
    ended: bool
    after: list[Record]


@dataclass(frozen=True)
class Lab:
    """The student's image with a tracking server beside it."""

    student: Image
    server: Server
    seed: int

    def runs(self) -> Runs:
        """The runs of the server; if it has none, those of the offline export."""
        return self.server.runs() or Export(self.student.volume("runs")).runs()

    def answers(self, record: Record, count: int) -> Labels:
        """The answers that a run left as its artefact."""
        if record.exported:
            return Export(self.student.volume("runs")).answers(record.id, count)
        return self.server.answers(record.id, count)

    def train(self, volume: str, *, epochs: int, seed: int, before: Runs) -> Execution:
        """Train on the data of a volume to the end."""
        env = self._env() | {"EPOCHS": str(epochs), "SEED": str(seed)}
        run = self.student.run(["train"], env=env, mounts=_mounts(volume))
        return Execution(run, before, self.runs())

    def stop(self, volume: str, *, seed: int, before: Runs) -> Stopped:
        """Train without end, look what is told meanwhile, and end it with a signal."""
        env = self._env() | {"EPOCHS": str(ENDLESS), "SEED": str(seed)}
        process = self.student.start(["train"], env=env, mounts=_mounts(volume))
        told = self._watched(process, before)
        process.signal("TERM")
        ended = not process.wait(STOP_SECONDS).timed_out
        process.remove()
        return Stopped(told, ended, self._new(before))

    def _watched(self, process: Process, before: Runs) -> Record | None:
        """The run of a training as soon as it tells how it goes; None when it does not."""
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and process.running():
            new = self._new(before)
            told = next(filter(_is_telling, new), None)
            if told is not None:
                return told
            if new:
                end = min(end, time.monotonic() + LIVE_SECONDS)
            time.sleep(LOOK_EVERY)
        return None

    def _new(self, before: Runs) -> list[Record]:
        return [record for name, record in self.runs().items() if name not in before]

    def predict(
        self, pred: str, record: Record | None = None, uri: str | None = None
    ) -> Prediction:
        """Ask a fresh container; an exported `record` is given to it in its folder."""
        env, mounts = self._env(uri), {"in": "/in:ro", pred: "/pred:rw"}
        if record is not None and record.exported:
            env, mounts = env | {"RUN": record.id}, mounts | {"runs": "/runs:ro"}
        run = self.student.run(["predict"], env=env, mounts=mounts, seconds=PREDICT_SECONDS)
        return Prediction(run, self.student.volume(pred), self.seed)

    def _env(self, uri: str | None = None) -> dict[str, str]:
        return {
            "MLFLOW_TRACKING_URI": uri or self.server.uri,
            "MLFLOW_EXPERIMENT_NAME": EXPERIMENT,
            "MODEL_NAME": self.server.model,
            "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",  # or a lost server is noticed minutes later
            "DO_NOT_TRACK": "true",
            "WANDB_MODE": "offline",
        }


def supply(student: Image, seed: int) -> None:
    """Put the data of each training, and what predictions are asked for, into their volumes."""
    x, y = data.validation(seed)
    kinds = {"data": data.training, "earlier": data.earlier, "broken": data.broken}
    for name, kind in kinds.items():
        train_x, train_y = kind(seed)
        student.volume(name).write("train.npz", data.packed(x=train_x, y=train_y))
        student.volume(name).write("validation.npz", data.packed(x=x, y=y))
    (asked, _), order = data.asked(seed)
    student.volume("in").write("inputs.npz", data.packed(x=asked[order]))


def _is_telling(record: Record) -> bool:
    steps = {step for step, _ in record.metrics.get("loss", ())}
    return record.status == RUNNING and len(steps) >= ALIVE


def _mounts(volume: str) -> dict[str, str]:
    return {volume: "/data:ro", "runs": "/runs:rw"}
