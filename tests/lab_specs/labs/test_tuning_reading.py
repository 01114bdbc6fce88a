"""What a tuning worker wrote is read strictly, and refused in words that help."""

import json
import math

import numpy as np
import pytest

from lab_specs.faults import Code, StudentFault
from lab_specs.labs.tuning.reading import (
    LINES_LIMIT,
    Best,
    Trial,
    read_best,
    read_labels,
    read_record,
    read_trials,
)
from lab_specs.messages import explain

ROW = {
    "number": 0,
    "state": "complete",
    "value": 0.5,
    "epochs": 3,
    "seconds": 0.25,
    "worker": "one",
    "parameters": {"rate": 0.1, "kind": "wide"},
}
LINE = {"trial": 0, "epoch": 1, "value": 0.5}


def refusal(error: pytest.ExceptionInfo[StudentFault]) -> str:
    assert error.value.code is Code.OUTPUT_MALFORMED
    return explain(error.value.code, error.value.facts).happened


def packed(said: object) -> bytes:
    return json.dumps(said).encode()


def lines(*objects: object) -> bytes:
    return "".join(f"{json.dumps(one)}\n" for one in objects).encode()


def test_trials_are_put_in_the_order_of_their_numbers() -> None:
    later = ROW | {"number": 4, "state": "pruned", "parameters": {"kind": "wide", "rate": 0.1}}
    one, two = read_trials(packed([later, ROW]))
    assert one == Trial(0, "complete", 0.5, 3, "one", {"rate": 0.1, "kind": "wide"})
    assert (one.complete, two.complete) == (True, False)
    assert two.number == 4
    assert one.key == two.key


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({}, "expected a list of trials, at least one"),
        ([], "expected a list of trials, at least one"),
        ([3], "expected one JSON object for each trial, not 3"),
        ([ROW, ROW], "a number stands there twice: [0, 0]"),
        ([ROW | {"number": -1}], "'number' must be a whole number from 0, not -1"),
        ([ROW | {"number": True}], "'number' must be a whole number from 0, not true"),
        ([ROW | {"number": 2**40}], "'number' must be a whole number from 0"),
        ([ROW | {"state": "COMPLETE"}], "'state' is one of complete, pruned, not 'COMPLETE'"),
        ([ROW | {"state": ["complete"]}], "'state' is one of complete, pruned"),
        ([ROW | {"worker": 1}], "'worker' must be a text, not 1"),
        ([ROW | {"value": 78.1}], "'value' is a share from 0 to 1, not 78.1"),
        ([ROW | {"value": 10**400}], "'value' is a share from 0 to 1"),
        ([ROW | {"value": math.nan}], "'value' is a share from 0 to 1, not NaN"),
        ([ROW | {"value": None}], "'value' must be a number, not null"),
        ([ROW | {"epochs": 0}], "trial 0: 'epochs' counts from 1, not 0"),
        ([ROW | {"epochs": 2.0}], "'epochs' must be a whole number from 0, not 2.0"),
        ([ROW | {"seconds": math.inf}], "trial 0: 'seconds' is not a time"),
        ([ROW | {"seconds": -1}], "trial 0: 'seconds' is not a time"),
        ([ROW | {"parameters": {}}], "'parameters' must be an object of names and values"),
        ([ROW | {"parameters": [1]}], "'parameters' must be an object of names and values"),
        ([ROW | {"parameters": {"a": [1]}}], "must be one plain value, not [1]"),
        ([ROW | {"parameters": {"a": math.nan}}], "must be one plain value, not NaN"),
        ([ROW | {"parameters": dict.fromkeys(map(str, range(60)), 1)}], "'parameters' must be"),
    ],
)
def test_tables_that_cannot_be_read(said: object, told: str) -> None:
    with pytest.raises(StudentFault) as error:
        read_trials(packed(said))
    assert told in refusal(error).replace('"', "'")


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 100_000, b"number,value\n0,1\n"])
def test_what_is_no_json_is_refused(content: bytes) -> None:
    for read in (read_trials, read_best, read_record, lambda said: read_labels(said, 2)):
        if read is read_record and not content:
            continue  # a record may be empty
        with pytest.raises(StudentFault) as error:
            read(content)  # type: ignore[operator]
        assert "not " in refusal(error)


def test_the_best_is_a_number_a_value_and_parameters() -> None:
    assert read_best(packed(ROW)) == Best(0, 0.5, {"rate": 0.1, "kind": "wide"})
    with pytest.raises(StudentFault) as error:
        read_best(packed([ROW]))
    assert "expected one JSON object" in refusal(error)


def test_a_record_is_sorted_by_trials_whoever_wrote_between() -> None:
    content = lines(LINE, LINE | {"trial": 1}, LINE | {"epoch": 2, "value": 0.75})
    assert read_record(content) == {0: [0.5, 0.75], 1: [0.5]}
    assert read_record(b"") == {}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (lines(LINE, LINE), "at line 2: epoch 2 of trial 0 comes next, not 1"),
        (lines(LINE | {"epoch": 0}), "at line 1: epoch 1 of trial 0 comes next, not 0"),
        (lines(LINE | {"trial": "0"}), "at line 1: 'trial' must be a whole number"),
        (lines(LINE | {"value": 50}), "at line 1: 'value' is a share from 0 to 1, not 50"),
        (lines([1]), "at line 1: expected one JSON object, not [1]"),
        (lines(LINE) + b"\n" + lines(LINE), "at line 2: not JSON"),
        (b"\n" * (LINES_LIMIT + 1), "more than 10000 lines"),
    ],
)
def test_records_that_cannot_be_read(content: bytes, told: str) -> None:
    with pytest.raises(StudentFault) as error:
        read_record(content)
    assert told in refusal(error)


def test_answers_are_digits_in_order() -> None:
    labels = read_labels(b"[1, 0, 9]", 3)
    assert labels.tolist() == [1, 0, 9]
    assert labels.dtype == np.int64


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ([1, 2], "expected a list of 3 digits, not a list of 2"),
        ({"0": 1}, "expected a list of 3 digits, not {"),
        ([1, 2, 10], "entry 2 must be a whole number 0 to 9, not 10"),
        ([1, 2.0, 3], "entry 1 must be a whole number 0 to 9, not 2.0"),
        ([True, 2, 3], "entry 0 must be a whole number 0 to 9, not true"),
    ],
)
def test_answers_that_cannot_be_read(said: object, told: str) -> None:
    with pytest.raises(StudentFault) as error:
        read_labels(packed(said), 3)
    assert told in refusal(error)
