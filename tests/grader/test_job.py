"""A job survives the broker, and a damaged one is refused in words."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.job import Job

PLAIN: dict[str, Any] = {
    "attempt": "a1",
    "lab": "serving",
    "repository": "https://github.com/ada/digits",
    "commit": "0123456789abcdef0123456789abcdef01234567",
    "context": "serve",
    "dockerfile": "serve/Dockerfile",
    "seed": 7,
    "seed_name": "autumn",
    "key": "ghs_abc",
    "token": "6b3c",
    "worker": "host 17",
}


@given(st.text(), st.text(), st.integers(min_value=-(2**63), max_value=2**63))
def test_a_job_survives_json(context: str, dockerfile: str, seed: int) -> None:
    plain = PLAIN | {"context": context, "dockerfile": dockerfile, "seed": seed}
    job = Job.from_plain(json.loads(json.dumps(plain)))
    assert job.to_plain() == plain
    assert job.context == context


def test_seed_and_key_are_not_printed() -> None:
    job = Job.from_plain(PLAIN | {"seed": 987_654_321, "key": "ghs_secret"})
    assert "987654321" not in f"{job!r} {job}"
    assert "ghs_secret" not in f"{job!r} {job}"


def test_context_and_dockerfile_may_be_left_out() -> None:
    optional = ("context", "dockerfile", "seed_name", "key", "token", "worker")
    job = Job.from_plain({name: value for name, value in PLAIN.items() if name not in optional})
    assert (job.context, job.dockerfile, job.seed_name) == (".", "", "public")
    assert (job.key, job.token, job.worker) == ("", "", "")


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"commit": "main"}, "commit"),
        ({"commit": "0123456789abcdef0123456789abcdef0123456"}, "commit"),
        ({"commit": "0123456789ABCDEF0123456789abcdef01234567"}, "commit"),
        ({"commit": "--upload-pack=touch"}, "commit"),
        ({"seed": "7"}, "seed"),
        ({"seed": True}, "seed"),
        ({"context": None}, "context"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_field_is_named(change: dict[str, Any], name: str) -> None:
    with pytest.raises(ValueError, match=name):
        Job.from_plain(PLAIN | change)


@pytest.mark.parametrize("name", ["attempt", "lab", "repository", "commit", "seed"])
def test_a_missing_field_is_named(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name}: missing"):
        Job.from_plain({key: value for key, value in PLAIN.items() if key != name})
