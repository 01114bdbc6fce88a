"""A tracking server and an image that logs to it, both in memory, with one flaw on demand.

The model is a nearest neighbour: it learns at once, and well enough for every check.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

import numpy as np
from sklearn.neighbors import KNeighborsClassifier

from lab_specs.service import Reply
from lab_specs.student import Run, Volume

NOWHERE = "http://127.0.0.1:9"
METRICS = "loss", "val_accuracy"


class Tracker:
    """As much of MLflow's REST as the checks speak, over dictionaries. It is its own service."""

    port = 5000

    def __init__(self) -> None:
        self.runs: dict[str, dict[str, Any]] = {}
        self.versions: list[tuple[str, Any]] = []  # a run's id and its model
        self.champion: int | None = None

    def start_run(self) -> dict[str, Any]:
        """A new run, which goes on."""
        name = f"{len(self.runs):032x}"
        self.runs[name] = {"id": name, "status": "RUNNING", "params": {}, "metrics": {}}
        return self.runs[name]

    def register(self, run: str, model: object) -> None:
        """A new version, and the alias at it."""
        self.versions.append((run, model))
        self.champion = len(self.versions)

    def get(self, path: str, *, seconds: float) -> Reply:
        """Answer GET."""
        del seconds
        address = urlsplit(path)
        asked = {name: values[0] for name, values in parse_qs(address.query).items()}
        return self._reply(path, self._got(address.path.removeprefix("/api/2.0/mlflow"), asked))

    def post(self, path: str, *, json: Any, seconds: float) -> Reply:
        """Answer POST."""
        del seconds
        match path.removeprefix("/api/2.0/mlflow/"):
            case "experiments/search":
                return self._reply(path, {"experiments": [{"experiment_id": "1"}]})
            case "runs/search":
                return self._reply(path, {"runs": [self._run(one) for one in self.runs.values()]})
            case "registered-models/alias":
                self.champion = int(json["version"])
                return self._reply(path, {})
        return self._reply(path, None)

    def _got(self, path: str, asked: Mapping[str, str]) -> object:
        match path:
            case "/metrics/get-history":
                told = self.runs[asked["run_id"]]["metrics"].get(asked["metric_key"], [])
                return {"metrics": [{"step": step, "value": value} for step, value in told]}
            case "/get-artifact":
                return self.runs[asked["run_id"]].get("answers")
            case "/model-versions/search":
                rows = [
                    {"version": str(number), "run_id": run}
                    for number, (run, _) in enumerate(self.versions, start=1)
                ]
                return {"model_versions": rows[::-1]}
            case "/registered-models/alias" if self.champion:
                return {"model_version": {"version": str(self.champion)}}
        return None

    @staticmethod
    def _run(run: dict[str, Any]) -> dict[str, Any]:
        params = [{"key": key, "value": str(value)} for key, value in run["params"].items()]
        info = {"run_id": run["id"], "status": run["status"]}
        return {"info": info, "data": {"params": params}}

    @staticmethod
    def _reply(path: str, said: object) -> Reply:
        return Reply(404 if said is None else 200, {}, json.dumps(said), path)


class Student:
    """Stands for the student's image. `flaw` names what it does wrong."""

    def __init__(self, folder: Path, tracker: Tracker, flaw: str) -> None:
        self.tracker, self.flaw = tracker, flaw
        self._folder = folder

    def volume(self, name: str) -> Volume:
        """A folder instead of a volume."""
        (self._folder / name).mkdir(exist_ok=True)
        return Volume(name, self._folder / name, 32)

    def run(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str],
        mounts: Mapping[str, str],
        seconds: float = 60,
    ) -> Run:
        """Do what the command says, here and now."""
        code = 0
        try:
            if command == ["train"]:
                self._train(next(iter(mounts)), int(env["EPOCHS"]), int(env["SEED"]))
            else:
                self._predict(list(mounts)[1], env["MLFLOW_TRACKING_URI"])
        except ValueError:
            code = 1
        return Run(
            code,
            1.0,
            timed_out=False,
            out_of_memory=False,
            log="",
            full_volumes=(),
            limit_seconds=seconds,
        )

    def start(self, command: Sequence[str], **told: Any) -> "Endless":
        """A training that goes on until it is stopped."""
        assert command == ["train"]
        assert int(told["env"]["EPOCHS"]) > 1000
        return Endless(self)

    def _train(self, volume: str, epochs: int, seed: int) -> None:
        digest, (x, y) = self._read(volume, "train")
        _, (validation_x, validation_y) = self._read(volume, "validation")
        if self.flaw == "first run changed" and self.tracker.runs:
            next(iter(self.tracker.runs.values()))["params"]["late"] = 1
        run = self.tracker.start_run()
        run["params"] = {"epochs": epochs, "seed": seed, "data_sha256": digest}
        if self.flaw == "registers first":
            self.tracker.register(run["id"], None)
        if not np.isfinite(x).all() and self.flaw != "trains on NaN":
            run["status"] = "RUNNING" if self.flaw == "left running" else "FAILED"
            raise ValueError
        if self.flaw == "trains on the validation":
            x, y = np.concatenate([x, validation_x]), np.concatenate([y, validation_y])
        model = KNeighborsClassifier(1).fit(np.nan_to_num(x), y)
        answers = model.predict(validation_x)
        right = float(np.mean(answers == validation_y)) + 0.01 * (self.flaw == "flatters itself")
        for epoch in range(1, epochs + 1):
            step = 0 if self.flaw == "one step" else epoch
            for name, value in zip(METRICS, (1 / epoch, right), strict=True):
                run["metrics"].setdefault(name, []).append((step, value))
        run["metrics"]["accuracy"] = [(epochs, right)]
        run["answers"] = (validation_y if self.flaw == "keeps labels" else answers).tolist()
        if self.flaw != "registers first":
            self.tracker.register("" if self.flaw == "version of no run" else run["id"], model)
        run["status"] = "FINISHED"
        if self.flaw == "two runs":
            self.tracker.start_run()["status"] = "FINISHED"
        if self.flaw == "registers first":
            self.tracker.versions[-1] = (run["id"], model)

    def _predict(self, volume: str, uri: str) -> None:
        if uri == NOWHERE and self.flaw != "needs no server":
            raise ValueError
        number = self.tracker.champion or 0
        _, model = self.tracker.versions[-1 if self.flaw == "newest" else number - 1]
        with np.load(self._folder / "in" / "inputs.npz") as arrays:
            answers = model.predict(arrays["x"])
        self.volume(volume).write("predictions.json", json.dumps(answers.tolist()).encode())

    def _read(self, volume: str, part: str) -> tuple[str, tuple[Any, Any]]:
        file = self._folder / volume / f"{part}.npz"
        with np.load(file) as arrays:
            return hashlib.sha256(file.read_bytes()).hexdigest(), (arrays["x"], arrays["y"])


class Endless:
    """The process of a training that is told to go on for ever."""

    def __init__(self, student: Student) -> None:
        self._flaw = student.flaw
        self._run = student.tracker.start_run()
        if self._flaw != "silent":
            self._run["metrics"] = {"loss": [(1, 3.0), (2, 2.0), (3, 1.0)]}

    def running(self) -> bool:
        """Whether it goes on."""
        return True

    def signal(self, name: Literal["TERM"]) -> None:
        """End it."""
        assert name == "TERM"
        self._run["status"] = "RUNNING" if self._flaw == "left running" else "KILLED"

    def wait(self, seconds: float) -> Run:
        """How it ended."""
        return Run(
            137,
            1.0,
            timed_out=self._flaw == "deaf",
            out_of_memory=False,
            log="",
            full_volumes=(),
            limit_seconds=seconds,
        )

    def remove(self) -> None:
        """Forget it."""
