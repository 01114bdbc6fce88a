"""What a student's container wrote is read strictly, and refused in words that help."""

import json
import math

import numpy as np
import pytest

from lab_specs.faults import Code, StudentFault
from lab_specs.labs.training.reading import LINES_LIMIT, Epoch, read_labels, read_metrics
from lab_specs.messages import explain

GOOD = {"epoch": 1, "train_loss": 2.3, "val_loss": 2, "val_accuracy": 0.25}


def refusal(error: pytest.ExceptionInfo[StudentFault]) -> str:
    assert error.value.code is Code.OUTPUT_MALFORMED
    return explain(error.value.code, error.value.facts).happened


def lines(*objects: object) -> bytes:
    return "".join(f"{json.dumps(one)}\n" for one in objects).encode()


def test_labels_are_put_in_the_order_of_their_indices() -> None:
    labels = read_labels(b"index,label\n2,7\n0,1\n1,0\n", 3)
    assert labels.tolist() == [1, 0, 7]
    assert labels.dtype == np.int64


@pytest.mark.parametrize(
    "content",
    [
        b"index,label\n0,1\n1,2",
        b"index,label\r\n0,1\r\n1,2\r\n",
        b"\xef\xbb\xbfindex,label\n0,1\n1,2\n",
    ],
    ids=["no last newline", "Windows", "byte order mark"],
)
def test_ways_of_ending_a_line_do_not_matter(content: bytes) -> None:
    assert read_labels(content, 2).tolist() == [1, 2]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "at line 1: the file is empty"),
        (b"\n", "at line 1: the first line must be 'index,label', not ''"),
        (b"0,1\n1,2\n", "the first line must be 'index,label', not '0,1'"),
        (b"index,label\n0,1\n", "1 of 2 images have no row, the first is index 1"),
        (b"index,label\n", "2 of 2 images have no row, the first is index 0"),
        (b"index,label\n0,1\n0,2\n1,1\n", "at line 3: index 0 stands there a second time"),
        (b"index,label\n1,1\n2,2\n", "at line 3: index 2 is beyond the last image, 1"),
        (b"index,label\n0,10\n1,2\n", "not '0,10'"),
        (b"index,label\n0,1.0\n1,2\n", "not '0,1.0'"),
        (b"index,label\n0,nan\n1,2\n", "not '0,nan'"),
        (b"index,label\n-1,1\n1,2\n", "not '-1,1'"),
        (b"index,label\n0,1,0.9\n1,2\n", "not '0,1,0.9'"),
        (b"index,label\n0, 1\n1,2\n", "not '0, 1'"),
        ("index,label\n0,\u0661\n".encode(), "expected an index and a digit"),
        (b"index,label\n0,1\n\n1,2\n", "at line 3: expected an index and a digit"),
        (b"index,label\n0,1\n\xff,2\n", "at line 3: not UTF-8 text"),
        (b"index,label\n" + b"0,1\n" * 100, "more than 21 lines"),
        (b"index,label\n" + b"9" * 100_000, "expected an index and a digit"),
    ],
)
def test_predictions_that_cannot_be_read(content: bytes, said: str) -> None:
    with pytest.raises(StudentFault) as error:
        read_labels(content, 2)
    assert said in refusal(error)


def test_metrics_are_read_line_by_line() -> None:
    assert read_metrics(lines(GOOD, GOOD | {"epoch": 2, "rate": 0.1})) == [
        Epoch(1, 2.3, 2.0, 0.25),
        Epoch(2, 2.3, 2.0, 0.25),
    ]


def test_losses_may_be_what_they_are() -> None:
    (epoch,) = read_metrics(lines(GOOD | {"train_loss": math.nan, "val_loss": math.inf}))
    assert math.isnan(epoch.train_loss)
    assert epoch.val_loss == math.inf
    (epoch,) = read_metrics(lines(GOOD | {"train_loss": 10**400}))
    assert epoch.train_loss == math.inf


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "at line 1: the file is empty"),
        (lines(GOOD, GOOD), "at line 2: epochs count 1, 2, 3 …: expected 'epoch': 2, not '1'"),
        (lines(GOOD | {"epoch": 0}), "expected 'epoch': 1, not '0'"),
        (lines(GOOD | {"epoch": True}), "expected 'epoch': 1, not 'True'"),
        (lines({"train_loss": 1.0}), "expected 'epoch': 1, not missing"),
        (lines(GOOD | {"val_accuracy": 25}), "a share from 0 to 1, not '25'"),
        (lines(GOOD | {"val_accuracy": math.nan}), "a share from 0 to 1, not 'nan'"),
        (lines(GOOD | {"train_loss": None}), "'train_loss' must be a number, not 'None'"),
        (lines(GOOD | {"val_loss": "2"}), "'val_loss' must be a number, not '2'"),
        (lines(GOOD | {"val_loss": True}), "'val_loss' must be a number, not 'True'"),
        (lines({"epoch": 1, "val_accuracy": 0.5}), "'train_loss' must be a number, not missing"),
        (lines([GOOD]), "expected one JSON object"),
        (json.dumps(GOOD, indent=1).encode(), "expected one JSON object, not '{'"),
        (lines(GOOD) + b"\n" + lines(GOOD | {"epoch": 2}), "at line 2: expected one JSON object"),
        (b"{'epoch': 1}\n", "expected one JSON object"),
        (b"[" * 1_500 + b"\n", "expected one JSON object"),
        (lines(GOOD | {"notes": "x" * 3_000}), "expected one JSON object"),
        (b'{"epoch": 1, "train_loss": 1' + b"0" * 1_900 + b"}", "must be a number"),
        (b"\xff\n", "not UTF-8 text"),
        (b"\n" * 2 * LINES_LIMIT, "more than 10000 lines"),
    ],
)
def test_metrics_that_cannot_be_read(content: bytes, said: str) -> None:
    with pytest.raises(StudentFault) as error:
        read_metrics(content)
    assert said in refusal(error)
