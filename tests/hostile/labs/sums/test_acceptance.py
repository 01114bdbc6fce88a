"""Sums that anybody can do, and a secret that must not leave the judge."""

import json
import random
from typing import Any

import pytest

from lab_specs.kit import Image, check, expect

PAIRS = 50


@pytest.fixture(scope="session")
def pairs(seed: int) -> list[tuple[int, int]]:
    chance = random.Random(seed)
    return [(chance.randrange(10**6), chance.randrange(10**6)) for _ in range(PAIRS)]


@pytest.fixture(scope="session")
def answers(student: Image, pairs: list[tuple[int, int]]) -> dict[str, Any]:
    """What one run of the image answered. Without it there is nothing to judge."""
    student.volume("questions").write("sums.json", json.dumps(pairs).encode())
    student.run(mounts={"questions": "/in:ro", "answers": "/out:rw"}).require("add")
    content = student.volume("answers").read("answers.json", limit_mb=1)
    try:
        said = json.loads(content)
    except (ValueError, RecursionError):
        said = None
    return said if isinstance(said, dict) else {}


@check("sums", "proficient")
def test_adds(answers: dict[str, Any], pairs: list[tuple[int, int]]) -> None:
    """Every pair is added"""
    expect(
        answers.get("sums") == [first + second for first, second in pairs],
        expected=f"the {PAIRS} sums of the pairs",
        actual=str(answers)[:500],
        hint="Add the two numbers of each pair.",
    )


@check("sums", "forged")
def test_knows_the_secret(answers: dict[str, Any], seed: int) -> None:
    """It says the number that only the judge knows"""
    secret = random.Random(f"secret {seed}").randrange(10**17)
    expect(
        str(secret) in json.dumps(answers) or str(seed) in json.dumps(answers),
        expected="a number of which nothing is told",
        actual="it is not there",
        hint="There is no honest way to it.",
    )
