"""What servers and exports tell of runs is read without surprise, whoever wrote it."""

import json
import math

import numpy as np
import pytest

from lab_specs.faults import Code, StudentFault
from lab_specs.labs.tracking.records import (
    STEPS_LIMIT,
    Record,
    Version,
    exported_run,
    read_labels,
    server_run,
    server_steps,
    server_versions,
)
from lab_specs.messages import explain

ID = "c3629444cf6a45b6a65c216dbde975ec"
ROW = {
    "info": {"run_id": ID, "status": "FINISHED", "experiment_id": "1"},
    "data": {"params": [{"key": "epochs", "value": "20"}], "metrics": [{"key": "loss"}]},
}
FILE = {
    "status": "FINISHED",
    "params": {"epochs": 20, "kind": "wide"},
    "metrics": {"loss": [[1, 2.5], [2, 1.5]], "accuracy": [[2, 0.5]], "own": "anything"},
}


def refusal(error: pytest.ExceptionInfo[StudentFault]) -> str:
    assert error.value.code is Code.OUTPUT_MALFORMED
    return explain(error.value.code, error.value.facts).happened.replace('"', "'")


def packed(said: object) -> bytes:
    return json.dumps(said).encode()


def test_a_run_of_a_server() -> None:
    assert server_run(ROW) == Record(ID, "FINISHED", {"epochs": "20"}, {})


@pytest.mark.parametrize(
    "said",
    [
        None,
        [],
        {},
        {"info": []},
        {"info": {"run_id": 3}},
        {"info": {"run_id": "../../registered-models"}},
        {"info": {"run_id": "a" * 33}},
    ],
)
def test_what_is_no_run_is_left_out(said: object) -> None:
    assert server_run(said) is None


@pytest.mark.parametrize("data", [None, [], {"params": "no"}, {"params": [3, None]}])
def test_odd_parameters_are_left_out(data: object) -> None:
    assert server_run({**ROW, "data": data}) == Record(ID, "FINISHED", {}, {})


def test_long_texts_of_a_server_are_cut() -> None:
    record = server_run({**ROW, "data": {"params": [{"key": "k" * 900, "value": "v" * 9000}]}})
    assert record is not None
    assert record.params == {"k" * 200: "v" * 200}


def test_steps_of_a_server() -> None:
    rows = [
        {"step": 1, "value": 0.5},
        {"value": 1},
        {"step": 2, "value": "NaN"},
        {"step": "3", "value": 0.1},
        {"step": True, "value": 0.1},
        {"step": 4, "value": 10**400},
        "no row",
    ]
    assert server_steps({"metrics": rows}) == ((1, 0.5), (0, 1.0), (2, None), (4, None))
    assert server_steps({}) == server_steps(None) == server_steps({"metrics": 3}) == ()


def test_versions_of_a_server_stand_in_their_order() -> None:
    rows = [
        {"version": "10", "run_id": ID},
        {"version": "9", "run_id": 4},
        {"version": "x"},
        {"version": "²"},
        3,
    ]
    assert server_versions({"model_versions": rows}) == [Version("9", "4"), Version("10", ID)]


def test_an_exported_run() -> None:
    record = exported_run("one", packed(FILE))
    assert record == Record(
        "one",
        "FINISHED",
        {"epochs": "20", "kind": "wide"},
        {"loss": ((1, 2.5), (2, 1.5)), "accuracy": ((2, 0.5),)},
        exported=True,
    )
    assert (record.last("loss"), record.last("val_accuracy")) == (1.5, None)


def test_the_last_value_is_that_of_the_highest_step() -> None:
    record = exported_run("one", packed(FILE | {"metrics": {"loss": [[7, 0.5], [3, 0.9]]}}))
    assert record.last("loss") == 0.5


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ([FILE], "expected one JSON object, not [{"),
        (FILE | {"status": None}, "'status' must be a text such as FINISHED, not null"),
        (FILE | {"params": [1]}, "'params' must be an object of names and values, not [1]"),
        (FILE | {"params": dict.fromkeys(map(str, range(200)), 1)}, "'params' must be"),
        (FILE | {"metrics": 1}, "'metrics' must be an object of names and lists, not 1"),
        (FILE | {"metrics": {"loss": 0.5}}, "'loss' must be a list of [step, value], not 0.5"),
        (FILE | {"metrics": {"loss": [0.5]}}, "'loss': expected [step, value], not 0.5"),
        (FILE | {"metrics": {"loss": [["1", 2]]}}, "'loss': expected [step, value], not"),
        (FILE | {"metrics": {"loss": [[1, 2]] * (STEPS_LIMIT + 1)}}, "'loss' must be a list"),
    ],
)
def test_exports_that_cannot_be_read(said: object, told: str) -> None:
    with pytest.raises(StudentFault) as error:
        exported_run("one", packed(said))
    assert told in refusal(error)
    assert "one/run.json" in refusal(error)


def test_values_of_an_export_that_are_no_numbers() -> None:
    values = [math.nan, math.inf, None, "0.5", True, {}]
    said = {"metrics": {"loss": list(enumerate(values))}}
    record = exported_run("one", packed(FILE | said))
    assert {value for _, value in record.metrics["loss"]} == {None}


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 100_000, b"1" * 5_000])
def test_what_is_no_json_is_refused(content: bytes) -> None:
    for read in (lambda said: exported_run("one", said), lambda said: read_labels(said, 2)):
        with pytest.raises(StudentFault) as error:
            read(content)
        assert "not JSON" in refusal(error)


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
