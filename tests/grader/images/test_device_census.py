"""Every number in a graph is counted, and what stands for zero is."""

import json
from pathlib import Path

import numpy as np
import pytest

from grader.images.device.census import NAME_CAP, NAMES_CAP, Census, unpacked
from grader.images.device.job import Job

JOB = {
    "inputs": "inputs.npy",
    "models": ["float.onnx"],
    "look": True,
    "race": [],
    "rounds": 3,
    "cpu_seconds": 5,
    "seconds": 60,
}


def test_numbers_and_zeros_are_counted() -> None:
    census = Census()
    census.count(np.array([0.0, 0.5, 0.0]))
    census.count(np.array([-1, 0, 1, 1], np.int8), integer=True)
    told = census.told()
    assert (told["constants"], told["integer"], told["zeros"], told["choices"]) == (7, 4, 3, 3)


def test_zero_is_what_stands_for_it() -> None:
    census = Census()
    census.count(np.array([128, 0, 128], np.uint8), integer=True, zero=128)
    census.count(np.array([[3, 3], [5, 3]], np.uint8).reshape(-1), zero=np.array([3, 3, 5, 5]))
    assert census.zeros == 2 + 3


def test_choices_are_those_of_the_richest_product() -> None:
    census = Census()
    census.count(np.arange(100, dtype=np.int8), integer=True)
    census.count(np.array([0, 1], np.int8), integer=True)
    census.count(np.arange(200, dtype=np.int16))
    assert census.choices == 100


def test_names_from_a_model_are_cut_short() -> None:
    census = Census()
    census.operations.update("x" * 500 + str(number) for number in range(200))
    operations = census.told()["operations"]
    assert len(operations) <= NAMES_CAP
    assert {len(name) for name in operations} == {NAME_CAP}


@pytest.mark.parametrize(
    ("raw", "bits", "numbers"),
    [([0x21, 0xF8], 4, [1, 2, -8, -1]), ([0b11_10_01_00], 2, [0, 1, -2, -1])],
)
def test_numbers_of_few_bits_are_unpacked(raw: list[int], bits: int, numbers: list[int]) -> None:
    packed = np.array(raw, np.uint8)
    assert unpacked(packed, bits, len(numbers)).tolist() == numbers
    assert unpacked(packed, bits, 3).tolist() == numbers[:3]


def test_a_job_is_read(tmp_path: Path) -> None:
    (tmp_path / "job.json").write_text(json.dumps(JOB))
    job = Job.read(tmp_path / "job.json")
    assert (job.folder, job.models, job.rounds, job.look) == (tmp_path, ("float.onnx",), 3, True)


@pytest.mark.parametrize("missing", JOB)
def test_a_job_lacks_nothing(tmp_path: Path, missing: str) -> None:
    (tmp_path / "job.json").write_text(json.dumps({k: v for k, v in JOB.items() if k != missing}))
    with pytest.raises(KeyError):
        Job.read(tmp_path / "job.json")
