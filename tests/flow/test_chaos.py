"""Whatever dies while work is graded, nothing is lost: a short run of `script/chaos`."""

import subprocess

import pytest

from script.tools.portal import ROOT

pytestmark = [
    pytest.mark.chaos,
    pytest.mark.docker,
    pytest.mark.services,
    pytest.mark.slow,
    pytest.mark.timeout(330),
]
FAULTS = (
    "Docker 1",
    "PostgreSQL 1",
    "Redis, wiped 1",
    "a full disk 1",
    "a paused worker 1",
    "a worker 1",
    "all workers 1",
    "the web 1",
)


def test_every_fault_once_and_nothing_is_lost() -> None:
    words = [ROOT / "script" / "chaos", "--submissions", "25", "--seed", "7", "--seconds", "240"]
    done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=300)
    said = " ".join(done.stdout.split())
    assert done.returncode == 0, done.stdout + done.stderr
    assert ", ".join(FAULTS) in said.replace(" │ │ ", " ")
    assert "recorded exactly once │ 25" in said
