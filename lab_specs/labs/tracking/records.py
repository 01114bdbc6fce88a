"""Runs as a tracker tells of them: a server over HTTP, or files that a team exported.

Both are untrusted. What a server says is read leniently, since only a container that tampered
makes it odd; what a team wrote is read strictly, in words that help.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from lab_specs.digits import Labels
from lab_specs.faults import Code, StudentFault

METRICS = ("loss", "val_accuracy", "accuracy")
FINISHED, RUNNING = "FINISHED", "RUNNING"
RUN_FILE, PREDICTIONS = "run.json", "predictions.json"
RUN_ID = re.compile(r"[0-9a-f]{32}")
STEPS_LIMIT = 1_000  # values of a metric that are looked at
NAMES_LIMIT = 100  # parameters of a run that are looked at
TEXT_LIMIT = 200  # characters of a name or value
SHOWN = 60  # characters of a value that an explanation quotes

Step = tuple[int, float | None]  # None for a value that is no number


@dataclass(frozen=True)
class Record:
    """One run: its parameters as texts, and all values of the metrics that we know."""

    id: str
    status: str
    params: Mapping[str, str]
    metrics: Mapping[str, tuple[Step, ...]]
    exported: bool = False

    def last(self, name: str) -> float | None:
        """The value of the metric at its highest step; None when there is none."""
        steps = self.metrics.get(name, ())
        return max(steps, key=lambda step: step[0])[1] if steps else None


@dataclass(frozen=True)
class Version:
    """One version of a registered model, and the run that it says it comes from."""

    number: str
    run: str


def server_run(said: object) -> Record | None:
    """A run as `runs/search` lists it, without metrics; None when it is no run."""
    run = _object(said)
    info, data = _object(run.get("info")), _object(run.get("data"))
    name = _text(info.get("run_id"))
    if not RUN_ID.fullmatch(name):
        return None
    params = {_text(one.get("key")): _text(one.get("value")) for one in _objects(data, "params")}
    return Record(name, _text(info.get("status")), params, {})


def server_steps(said: object) -> tuple[Step, ...]:
    """The values of a metric as `metrics/get-history` tells them, in the order of its answer."""
    return tuple(
        (one["step"], finite(one.get("value")))
        for one in ({"step": 0} | each for each in _objects(_object(said), "metrics"))
        if type(one["step"]) is int
    )


def server_versions(said: object) -> list[Version]:
    """The versions of a model as `model-versions/search` lists them, the oldest first."""
    found = [
        Version(_text(one.get("version")), _text(one.get("run_id")))
        for one in _objects(_object(said), "model_versions")
    ]
    return sorted((one for one in found if one.number.isdecimal()), key=lambda v: int(v.number))


def exported_run(name: str, content: bytes) -> Record:
    """A run as a team wrote it down: the `run.json` of the folder `name`."""
    file = f"{name}/{RUN_FILE}"
    said = read_json(content, file)
    if not isinstance(said, dict):
        _refuse(file, f"expected one JSON object, not {_shown(said)}")
    status, params, metrics = (said.get(part) for part in ("status", "params", "metrics"))
    if not isinstance(status, str):
        _refuse(file, f"'status' must be a text such as {FINISHED}, not {_shown(status)}")
    if not isinstance(params, dict) or len(params) > NAMES_LIMIT:
        _refuse(file, f"'params' must be an object of names and values, not {_shown(params)}")
    if not isinstance(metrics, dict):
        _refuse(file, f"'metrics' must be an object of names and lists, not {_shown(metrics)}")
    known = {one: _steps(metrics[one], one, file) for one in METRICS if one in metrics}
    told = {_text(key): _text(value) for key, value in params.items()}
    return Record(name, status, told, known, exported=True)


def read_labels(content: bytes, count: int, file: str = PREDICTIONS) -> Labels:
    """Answers: one of 0..9 for each of `count` images."""
    said = read_json(content, file)
    if not isinstance(said, list) or len(said) != count:
        had = f"a list of {len(said)}" if isinstance(said, list) else _shown(said)
        _refuse(file, f"expected a list of {count} digits, not {had}")
    for place, label in enumerate(said):
        if type(label) is not int or not 0 <= label <= 9:
            _refuse(file, f"entry {place} must be a whole number 0 to 9, not {_shown(label)}")
    return np.array(said, dtype=np.int64)


def read_json(content: bytes, file: str) -> object:
    """The content of a file. Raises `StudentFault` when it is no JSON."""
    try:
        return json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        _refuse(file, "not JSON")


def finite(value: object) -> float | None:
    """The value as a finite number; None when it is none. MLflow writes NaN as a text."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def _steps(said: object, name: str, file: str) -> tuple[Step, ...]:
    if not isinstance(said, list) or len(said) > STEPS_LIMIT:
        _refuse(file, f"metric '{name}' must be a list of [step, value], not {_shown(said)}")
    for pair in said:
        if not isinstance(pair, list) or len(pair) != 2 or type(pair[0]) is not int:
            _refuse(file, f"metric '{name}': expected [step, value], not {_shown(pair)}")
    return tuple((step, finite(value)) for step, value in said)


def _object(said: object) -> dict[str, Any]:
    return said if isinstance(said, dict) else {}


def _objects(said: dict[str, Any], name: str) -> list[dict[str, Any]]:
    rows = said.get(name)
    return [one for one in rows if isinstance(one, dict)] if isinstance(rows, list) else []


def _text(value: object) -> str:
    return str(value)[:TEXT_LIMIT] if isinstance(value, str | int | float) else ""


def _shown(value: object) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def _refuse(file: str, problem: str) -> NoReturn:
    raise StudentFault(Code.OUTPUT_MALFORMED, file=file, problem=problem)
