"""Runs the student's image as this lab does: train in one container, predict in a fresh one."""

from collections.abc import Mapping
from dataclasses import dataclass

from data import HIDDEN
from reading import Epoch, read_labels, read_metrics

from lab_specs.digits import Labels
from lab_specs.kit import Image, Run, StudentFault, Volume, expect

METRICS, PREDICTIONS = "metrics.jsonl", "predictions.csv"
RECORD_SECONDS = 120.0  # no training may take longer
KILL_SECONDS = 10.0  # a killed container has ended by then


@dataclass(frozen=True)
class Trial:
    """One training, and what a fresh container answered with its model."""

    train: Run
    predict: Run
    out: Volume
    pred: Volume

    def require(self) -> "Trial":
        """This trial when both commands ended well; else a `StudentFault`."""
        self.train.require("train")
        self.predict.require("predict")
        return self

    def labels(self) -> Labels:
        """The answers for the hidden images; a `StudentFault` says why there are none."""
        self.require()
        return read_labels(self.pred.read(PREDICTIONS, limit_mb=1), HIDDEN)

    def epochs(self) -> list[Epoch]:
        """The lines of the record; a `StudentFault` says why there are none."""
        self.train.require("train")
        return read_metrics(self.out.read(METRICS, limit_mb=1))

    def model_files(self) -> list[str]:
        """Every file that the training left, but the record."""
        return [name for name in self.out.names() if name != METRICS]


def attempt(student: Image, name: str, *, data: str, seed: int, epochs: int) -> Trial:
    """Train on the volume `data`, predict, and keep both in volumes of the trial's own."""
    run = student.run(["train"], env=_env(seed, epochs), mounts=_mounts(name, data))
    out, pred = student.volume(f"out_{name}"), student.volume(f"pred_{name}")
    return Trial(run, predict(student, name), out, pred)


def train_and_kill(
    student: Image, name: str, *, seed: int, epochs: int, seconds: float | None = None
) -> bool:
    """Kill a training once its second epoch is recorded, or after `seconds` where they are given.

    Tells whether it was killed on its way: a quick one may be over before.
    """
    process = student.start(["train"], env=_env(seed, epochs), mounts=_mounts(name, "data"))
    out = student.volume(f"out_{name}")
    if seconds is None:
        out.wait_for(_has_two_lines, seconds=RECORD_SECONDS, process=process)
    else:
        out.wait_for(lambda _: False, seconds=seconds, process=process)
    process.signal("KILL")
    run = process.wait(KILL_SECONDS)
    process.remove()
    return run.exit_code != 0


def predict(student: Image, name: str) -> Run:
    """Predict in a fresh container with what the training `name` left."""
    mounts = {f"out_{name}": "/out:ro", "in": "/in:ro", f"pred_{name}": "/pred:rw"}
    return student.run(["predict"], mounts=mounts)


def answers_or_refusal(student: Image, name: str) -> Labels | None:
    """What `predict` answered; None when it refused: an error code, and no predictions."""
    pred = student.volume(f"pred_{name}")
    pred.clear()
    run = predict(student, name)
    if run.timed_out or run.out_of_memory:
        run.require("predict")
    wrote, failed = PREDICTIONS in pred.names(), run.exit_code != 0
    expect(
        wrote != failed,
        expected=f"`predict` either ends with an error code and writes no {PREDICTIONS},"
        " or ends with code 0 and writes it",
        actual=f"exit code {run.exit_code} and {'a' if wrote else 'no'} {PREDICTIONS}",
        hint="Load and check the model first, write the file last. When there is no sound model,"
        " say so and end with an error code (in Python: `sys.exit('no finished model')`).",
    )
    return None if failed else read_labels(pred.read(PREDICTIONS, limit_mb=1), HIDDEN)


def damage(student: Image, trial: Trial, names: list[str]) -> None:
    """Fill the volume of the trial `damaged` with a copy in which these files are cut in half."""
    copy = student.volume("out_damaged")
    copy.clear()
    copy.copy_from(trial.out)
    unread = sorted(set(trial.out.names()) - set(copy.names()))
    expect(
        not unread,
        expected="files in /out that every user may read",
        actual=f"not readable: {', '.join(unread)[:200]}",
        hint="Python's `tempfile` makes files that only their owner reads: `os.chmod(path, 0o644)`"
        " before the rename, or open a file beside the target yourself.",
    )
    for name in names:
        copy.truncate(name, 0.5)


def _env(seed: int, epochs: int) -> Mapping[str, str]:
    return {"SEED": str(seed), "MAX_EPOCHS": str(epochs)}


def _mounts(name: str, data: str) -> Mapping[str, str]:
    return {data: "/data:ro", f"out_{name}": "/out:rw"}


def _has_two_lines(out: Volume) -> bool:
    try:
        return out.read(METRICS, limit_mb=1).count(b"\n") > 1
    except StudentFault:
        return False
