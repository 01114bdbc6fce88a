"""Whatever dies while work is graded, nothing is lost: a short run of `script/chaos`."""

import subprocess

import pytest

from script.tools.portal import ROOT

SECONDS = 600  # two and a half minutes suffice where nobody else works; then it is given up
pytestmark = [
    pytest.mark.chaos,
    pytest.mark.docker,
    pytest.mark.services,
    pytest.mark.slow,
    pytest.mark.timeout(SECONDS + 120),
]
WORKS = 18  # two for each blow
FAULTS = (
    "Docker",
    "PostgreSQL",
    "Redis, wiped",
    "a full disk",
    "a paused worker",
    "a worker",
    "all workers",
    "the clock",
    "the web",
)


def test_every_fault_once_and_nothing_is_lost() -> None:
    words = ["--submissions", str(WORKS), "--seed", "7", "--seconds", str(SECONDS)]
    done = subprocess.run(
        [ROOT / "script" / "chaos", *words], check=False, capture_output=True, text=True
    )
    said = " ".join(done.stdout.split())
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"recorded exactly once │ {WORKS} │" in said
    assert "lost │ 0 │" in said
    for fault in FAULTS:
        assert f"of {len(FAULTS)}: {fault} while" in said
