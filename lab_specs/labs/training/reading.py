"""Reads what a student's container wrote. Every surprise is a `StudentFault` in clear words."""

import json
import math
import re
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from lab_specs.digits import Labels
from lab_specs.faults import Code, StudentFault

HEADER = "index,label"
ROW = re.compile(r"(\d{1,9}),(\d)", re.ASCII)
LINE_LIMIT = 2_000  # characters of one line of metrics
LINES_LIMIT = 10_000
SHOWN = 40  # characters of a line that an explanation quotes


@dataclass(frozen=True)
class Epoch:
    """One line of `metrics.jsonl`. Losses may be NaN or infinite; the accuracy lies in 0..1."""

    epoch: int
    train_loss: float
    val_loss: float
    val_accuracy: float


def read_labels(content: bytes, count: int) -> Labels:
    """The labels of `predictions.csv` by index: one of 0..9 for each of `count` images."""
    header, *rows = _lines(content, "predictions.csv", 10 * count + 1)
    if header != HEADER:
        problem = f"the first line must be '{HEADER}', not '{header[:SHOWN]}'"
        _refuse("predictions.csv", 1, problem)
    labels = np.full(count, -1, dtype=np.int64)
    for line, row in enumerate(rows, start=2):
        match = ROW.fullmatch(row)
        if match is None:
            problem = f"expected an index and a digit, such as '7,3', not '{row[:SHOWN]}'"
            _refuse("predictions.csv", line, problem)
        index, label = int(match[1]), int(match[2])
        if index >= count:
            problem = f"index {index} is beyond the last image, {count - 1}; the first is 0"
            _refuse("predictions.csv", line, problem)
        if labels[index] >= 0:
            _refuse("predictions.csv", line, f"index {index} stands there a second time")
        labels[index] = label
    missing = np.flatnonzero(labels < 0)
    if missing.size:
        problem = f"{missing.size} of {count} images have no row, the first is index {missing[0]}"
        _refuse("predictions.csv", len(rows) + 1, problem)
    return labels


def read_metrics(content: bytes) -> list[Epoch]:
    """The lines of `metrics.jsonl`: epochs 1, 2, 3 … in this order, at least one."""
    lines = _lines(content, "metrics.jsonl", LINES_LIMIT)
    return [_epoch(text, number) for number, text in enumerate(lines, start=1)]


def _epoch(text: str, number: int) -> Epoch:
    try:
        said = json.loads(text) if len(text) <= LINE_LIMIT else None
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        _refuse("metrics.jsonl", number, f"expected one JSON object, not '{text[:SHOWN]}'")
    if said.get("epoch") != number or isinstance(said["epoch"], bool):
        problem = f"epochs count 1, 2, 3 …: expected 'epoch': {number}, not {_shown(said, 'epoch')}"
        _refuse("metrics.jsonl", number, problem)
    accuracy = _number(said, "val_accuracy", number)
    if not 0 <= accuracy <= 1:
        problem = f"'val_accuracy' is a share from 0 to 1, not {_shown(said, 'val_accuracy')}"
        _refuse("metrics.jsonl", number, problem)
    train_loss, val_loss = (_number(said, name, number) for name in ("train_loss", "val_loss"))
    return Epoch(number, train_loss, val_loss, accuracy)


def _number(said: dict[str, Any], name: str, line: int) -> float:
    value = said.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        _refuse("metrics.jsonl", line, f"'{name}' must be a number, not {_shown(said, name)}")
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _shown(said: dict[str, Any], name: str) -> str:
    return f"'{said[name]!s:.40}'" if name in said else "missing"


def _lines(content: bytes, file: str, limit: int) -> list[str]:
    """The lines of a text file, at least one; what stands after the last newline may be empty."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        _refuse(file, content[: error.start].count(b"\n") + 1, "not UTF-8 text")
    lines = [line.removesuffix("\r") for line in text.split("\n", limit)]
    if len(lines) > limit:
        _refuse(file, limit, f"more than {limit} lines")
    if lines[-1] == "":
        lines.pop()
    if not lines:
        _refuse(file, 1, "the file is empty")
    return lines


def _refuse(file: str, line: int, problem: str) -> NoReturn:
    raise StudentFault(Code.OUTPUT_MALFORMED, file=file, line=line, problem=problem)
