"""Imports point one way. `pyproject.toml` says how; each of its contracts is seen to break, too."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("portal", "grader", "lab_specs")
LINT = Path(sys.executable).parent / "lint-imports"


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(LINT), "--no-cache", "--config", str(folder / "pyproject.toml")],
        check=False,
        capture_output=True,
        text=True,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder), "NO_COLOR": "1", "COLUMNS": "200"},
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("imports")
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            target = folder / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    shutil.copyfile(ROOT / "pyproject.toml", folder / "pyproject.toml")
    return folder


def test_imports_keep_their_contracts() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("portal/urls.py", "import grader.job", "Imports point one way"),
        ("lab_specs/report.py", "import portal.common", "Imports point one way"),
        ("portal/common/text.py", "import portal.courses.rules", "Inside the portal"),
        ("portal/courses/rules.py", "import portal.courses.models", "Inside an app"),
        ("portal/assessment/policy/values.py", "import django", "The policy engine"),
        ("portal/assessment/policy/case.py", "import portal.courses.models", "The policy engine"),
        ("lab_specs/faults.py", "import django", "know no platform"),
        ("lab_specs/service.py", "import docker", "know no platform"),
        ("grader/pipeline.py", "import portal.env", "runs without a portal"),
        ("grader/images/site.py", "import celery", "runs without a portal"),
        ("grader/job.py", "import grader.tasks", "Nobody imports the worker"),
        ("grader/session.py", "import docker", "One room talks to Docker"),
        ("portal/urls.py", "import docker", "One room talks to Docker"),
    ],
)
def test_a_wrong_import_is_caught(copy: Path, module: str, line: str, contract: str) -> None:
    path = copy / module
    before = path.read_text()
    path.write_text(f"{before}\n{line}\n")
    done = lint(copy)
    path.write_text(before)
    assert done.returncode == 1, done.stdout + done.stderr
    broken = [said for said in done.stdout.splitlines() if " BROKEN" in said]
    assert any(contract in said for said in broken), broken
