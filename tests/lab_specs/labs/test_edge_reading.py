"""What the device saw is read strictly: a model may have broken into it."""

import json
import math
from typing import Any

import numpy as np
import pytest

from lab_specs.labs.edge.reading import FactsError, Seen, read_facts

NAME = "float.onnx"
GOOD: dict[str, Any] = {
    "operations": {"Gemm": 3},
    "constants": 640,
    "integer": 600,
    "zeros": 12,
    "choices": 3,
    "dynamic": True,
    "wiped": [0],
    "answers": [7, -1],
    "model_mb": 18.5,
    "peak_mb": 60.1,
    "load_ms": 4,
}
TIMES = [9.5, 8]


def read(model: object, race: object = None) -> Seen:
    said = {"models": {NAME: model}, "race": race or {"value": {NAME: TIMES}}}
    return read_facts(json.dumps(said).encode(), (NAME,), 2)[NAME]


def test_facts_are_read() -> None:
    seen = read(GOOD)
    np.testing.assert_array_equal(seen.answers, [7, -1])
    np.testing.assert_array_equal(seen.wiped, [0])
    assert seen.operations == {"Gemm": 3}
    assert (seen.constants, seen.integer, seen.zeros, seen.choices) == (640, 600, 12, 3)
    assert (seen.dynamic, seen.model_mb, seen.times) == (True, 18.5, (9.5, 8.0))


def test_a_run_without_a_look_has_answers_alone() -> None:
    seen = read({"answers": [1, 2], "model_mb": 3}, {"fault": "time", "reason": "late"})
    assert (seen.constants, seen.wiped.size, seen.times) == (0, 0, ())


def test_a_fault_is_told() -> None:
    seen = read({"fault": "memory", "reason": "ended\x1b[2J by SIGKILL"} | GOOD)
    assert (seen.fault, seen.answers.size) == ("memory", 0)
    assert "\x1b" not in seen.reason


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"3", b"[" * 100_000, b"\xff", b'{"models": []}', b'{"models": {}, "race": {}}'],
)
def test_what_is_no_answer_of_our_program_is_refused(content: bytes) -> None:
    with pytest.raises(FactsError):
        read_facts(content, (NAME,), 2)


@pytest.mark.parametrize(
    "wrong",
    [
        {"answers": None},
        {"answers": [7]},
        {"answers": [7, 1, 1]},
        {"answers": [7, 10]},
        {"answers": [7, True]},
        {"answers": [7, 1.0]},
        {"answers": "77"},
        {"wiped": [1, 2, 3]},
        {"constants": -1},
        {"constants": 10**30},
        {"integer": "600"},
        {"zeros": math.nan},
        {"choices": True},
        {"operations": []},
        {"operations": {"Gemm": "many"}},
        {"model_mb": None},
        {"model_mb": math.inf},
        {"model_mb": 10**400},
        {"fault": 3},
        {"fault": "time", "reason": []},
    ],
)
def test_a_wrong_fact_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(FactsError):
        read(GOOD | wrong)


@pytest.mark.parametrize(
    "race",
    [{"value": []}, {"value": {NAME: 3}}, {"value": {NAME: ["9"]}}, {"value": {NAME: [1] * 2_000}}],
)
def test_a_wrong_race_is_refused(race: object) -> None:
    with pytest.raises(FactsError):
        read(GOOD, race)
