"""Every lab is proved by its solutions and its broken variants, on real containers."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LABS = sorted(path.parent.name for path in (ROOT / "lab_specs" / "labs").glob("*/lab.yaml"))


@pytest.mark.docker
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("lab", LABS)
def test_every_variant_comes_to_its_end(lab: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "grader", "verify", lab],
        cwd=ROOT,
        env=os.environ | {"COLUMNS": "160"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_lab_has_what_proves_it() -> None:
    assert LABS
    for lab in LABS:
        solutions = ROOT / "reference_solutions"
        assert (solutions / lab / "Dockerfile").is_file()
        assert len(list((solutions / lab / "broken").glob("*.patch"))) >= 8
        others = [path.name for path in solutions.glob(f"{lab}-*")]
        assert f"{lab}-template" in others
        assert len(others) >= 2, "a second solution in another style"
