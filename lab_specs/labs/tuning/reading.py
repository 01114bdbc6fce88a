"""Reads what a student's container wrote. Every surprise is a `StudentFault` in clear words."""

import json
import math
from collections import defaultdict
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from lab_specs.digits import Labels
from lab_specs.faults import Code, StudentFault

TRIALS, BEST, RECORD, PREDICTIONS = "trials.json", "best.json", "epochs.jsonl", "predictions.json"
STATES = ("complete", "pruned")
LINES_LIMIT = 10_000
NAMES_LIMIT = 50  # parameters of a trial
SHOWN = 60  # characters of a value that an explanation quotes

Parameters = dict[str, str | float | bool | None]


@dataclass(frozen=True)
class Trial:
    """One entry of the table. The value, a validation accuracy, lies in 0..1."""

    number: int
    state: str
    value: float
    epochs: int
    worker: str
    parameters: Parameters

    @property
    def complete(self) -> bool:
        """Whether the trial was not given up."""
        return self.state == "complete"

    @property
    def key(self) -> str:
        """The same text for the same parameters, in whatever order they stand."""
        return json.dumps(self.parameters, sort_keys=True)


@dataclass(frozen=True)
class Best:
    """The trial that the search decided on."""

    number: int
    value: float
    parameters: Parameters


def read_trials(content: bytes) -> list[Trial]:
    """The table, by number, at least one trial; no number stands there twice."""
    said = _json(content, TRIALS)
    if not isinstance(said, list) or not said or len(said) > LINES_LIMIT:
        _refuse(TRIALS, "expected a list of trials, at least one")
    trials = sorted((_trial(entry) for entry in said), key=lambda trial: trial.number)
    numbers = [trial.number for trial in trials]
    if len(set(numbers)) < len(numbers):
        _refuse(TRIALS, f"a number stands there twice: {_shown(numbers)}")
    return trials


def read_best(content: bytes) -> Best:
    """The trial that `best.json` names."""
    said = _json(content, BEST)
    if not isinstance(said, dict):
        _refuse(BEST, f"expected one JSON object, not {_shown(said)}")
    number = _whole(said, "number", BEST)
    return Best(number, _share(said, "value", BEST), _parameters(said, BEST))


def read_record(content: bytes) -> dict[int, list[float]]:
    """The values of each trial, epoch by epoch. Workers may have written in turns."""
    lines = _text(content, RECORD).splitlines()
    if len(lines) > LINES_LIMIT:
        _refuse(RECORD, f"more than {LINES_LIMIT} lines")
    values: dict[int, list[float]] = defaultdict(list)
    for number, text in enumerate(lines, start=1):
        said = _json(text.encode(), RECORD, number)
        if not isinstance(said, dict):
            _refuse(RECORD, f"expected one JSON object, not {_shown(said)}", number)
        trial, epoch = _whole(said, "trial", RECORD, number), _whole(said, "epoch", RECORD, number)
        if epoch != len(values[trial]) + 1:
            problem = f"epoch {len(values[trial]) + 1} of trial {trial} comes next, not {epoch}"
            _refuse(RECORD, problem, number)
        values[trial].append(_share(said, "value", RECORD, number))
    return dict(values)


def read_labels(content: bytes, count: int) -> Labels:
    """The answers of `predictions.json`: one of 0..9 for each of `count` images."""
    said = _json(content, PREDICTIONS)
    if not isinstance(said, list) or len(said) != count:
        had = f"a list of {len(said)}" if isinstance(said, list) else _shown(said)
        _refuse(PREDICTIONS, f"expected a list of {count} digits, not {had}")
    for place, label in enumerate(said):
        if type(label) is not int or not 0 <= label <= 9:
            _refuse(
                PREDICTIONS, f"entry {place} must be a whole number 0 to 9, not {_shown(label)}"
            )
    return np.array(said, dtype=np.int64)


def _trial(said: object) -> Trial:
    if not isinstance(said, dict):
        _refuse(TRIALS, f"expected one JSON object for each trial, not {_shown(said)}")
    state, worker = said.get("state"), said.get("worker")
    if state not in STATES:
        _refuse(TRIALS, f"'state' is one of {', '.join(STATES)}, not {_shown(state)}")
    if not isinstance(worker, str):
        _refuse(TRIALS, f"'worker' must be a text, not {_shown(worker)}")
    number, epochs = _whole(said, "number", TRIALS), _whole(said, "epochs", TRIALS)
    if epochs < 1:
        _refuse(TRIALS, f"trial {number}: 'epochs' counts from 1, not {epochs}")
    if not 0 <= _number(said, "seconds", TRIALS) < math.inf:
        _refuse(TRIALS, f"trial {number}: 'seconds' is not a time: {_shown(said['seconds'])}")
    value, parameters = _share(said, "value", TRIALS), _parameters(said, TRIALS)
    return Trial(number, state, value, epochs, worker, parameters)


def _parameters(said: dict[str, Any], file: str) -> Parameters:
    found = said.get("parameters")
    if not isinstance(found, dict) or not 0 < len(found) <= NAMES_LIMIT:
        _refuse(file, f"'parameters' must be an object of names and values, not {_shown(found)}")
    for name, value in found.items():
        odd = isinstance(value, float) and not math.isfinite(value)
        if odd or isinstance(value, dict | list):
            _refuse(file, f"parameter {_shown(name)} must be one plain value, not {_shown(value)}")
    return found


def _whole(said: dict[str, Any], name: str, file: str, line: int | None = None) -> int:
    value = said.get(name)
    if type(value) is not int or not 0 <= value < 2**31:
        _refuse(file, f"'{name}' must be a whole number from 0, not {_shown(value)}", line)
    return value


def _share(said: dict[str, Any], name: str, file: str, line: int | None = None) -> float:
    value = _number(said, name, file, line)
    if not 0 <= value <= 1:
        _refuse(file, f"'{name}' is a share from 0 to 1, not {_shown(value)}", line)
    return float(value)


def _number(said: dict[str, Any], name: str, file: str, line: int | None = None) -> float:
    value = said.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        _refuse(file, f"'{name}' must be a number, not {_shown(value)}", line)
    return value


def _json(content: bytes, file: str, line: int | None = None) -> object:
    try:
        return json.loads(_text(content, file))
    except (ValueError, RecursionError):
        _refuse(file, "not JSON", line)


def _text(content: bytes, file: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        _refuse(file, "not UTF-8 text")


def _shown(value: object) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def _refuse(file: str, problem: str, line: int | None = None) -> NoReturn:
    facts = {} if line is None else {"line": line}
    raise StudentFault(Code.OUTPUT_MALFORMED, file=file, problem=problem, **facts)
