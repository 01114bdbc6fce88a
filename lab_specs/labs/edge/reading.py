"""Reads what the device saw. A model may have broken into it, so nothing there is believed.

Whoever got that far still knows no label: they never leave the judge.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lab_specs.digits import Labels
from lab_specs.faults import plain_text

MOST = 10**9  # of anything that is counted
REASON_CAP = 300  # characters
ROUNDS_CAP = 1_000
NONE = np.zeros(0, np.int64)


class FactsError(Exception):
    """The device's answer is not one that our program writes."""


@dataclass(frozen=True)
class Seen:
    """What the device saw of one model, or the `fault` that kept it from seeing more.

    `answers` are the labels, -1 where there was none; `wiped` the first of those that it gave
    with its integer weights wiped out. Numbers in the graph: `constants` in all, `integer` of
    them weights of products of integers, `zeros` zero, `choices` different ones at most in one
    such product. `dynamic`: scales are worked out while it runs. `model_mb` is what the model
    took of the memory, MiB, and `times` microseconds for one image, round by round.
    """

    fault: str = ""
    reason: str = ""
    answers: Labels = field(default_factory=lambda: NONE)
    wiped: Labels = field(default_factory=lambda: NONE)
    operations: Mapping[str, int] = field(default_factory=dict)
    constants: int = 0
    integer: int = 0
    zeros: int = 0
    choices: int = 0
    dynamic: bool = False
    model_mb: float = 0.0
    times: tuple[float, ...] = ()


def read_facts(content: bytes, names: tuple[str, ...], count: int) -> dict[str, Seen]:
    """What was seen of each model that was asked for, by its name. Raises `FactsError`."""
    try:
        said = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise FactsError("not JSON") from error
    models, race = _object(said, "models"), _object(said, "race")
    times = race.get("value", {})
    if not isinstance(times, dict):
        raise FactsError("no times")
    return {name: _seen(_object(models, name), times.get(name, []), count) for name in names}


def _seen(said: dict[str, Any], times: object, count: int) -> Seen:
    if "fault" in said:
        fault, reason = said["fault"], said.get("reason", "")
        if not isinstance(fault, str) or not isinstance(reason, str):
            raise FactsError("a fault without words")
        return Seen(fault=plain_text(fault, 20), reason=plain_text(reason, REASON_CAP))
    operations = said.get("operations", {})
    if not isinstance(operations, dict):
        raise FactsError("no operations")
    return Seen(
        answers=_labels(said.get("answers"), count, count),
        wiped=_labels(said.get("wiped", []), 0, count),
        operations={plain_text(key, 60): _whole(operations, key) for key in operations},
        constants=_whole(said, "constants"),
        integer=_whole(said, "integer"),
        zeros=_whole(said, "zeros"),
        choices=_whole(said, "choices"),
        dynamic=said.get("dynamic") is True,
        model_mb=_number(said.get("model_mb")),
        times=_times(times),
    )


def _object(said: object, name: str) -> dict[str, Any]:
    found = said.get(name) if isinstance(said, dict) else None
    if not isinstance(found, dict):
        raise FactsError(f"no {name[:REASON_CAP]}")
    return found


def _labels(said: object, fewest: int, most: int) -> Labels:
    if not isinstance(said, list) or not fewest <= len(said) <= most:
        raise FactsError("not one answer for each image")
    if not all(type(label) is int and -1 <= label <= 9 for label in said):
        raise FactsError("an answer that is no digit")
    return np.array(said, dtype=np.int64)


def _times(said: object) -> tuple[float, ...]:
    if not isinstance(said, list) or len(said) > ROUNDS_CAP:
        raise FactsError("no list of times")
    return tuple(_number(time) for time in said)


def _whole(said: dict[str, Any], name: str) -> int:
    value = said.get(name, 0)
    if type(value) is not int or not 0 <= value <= MOST:
        raise FactsError("a count that is none")
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise FactsError("a figure that is none")
    if not -MOST <= value <= MOST:  # nor is what is no number at all
        raise FactsError("a figure without bounds")
    return float(value)
