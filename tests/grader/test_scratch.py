import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from grader import scratch as module
from grader.scratch import remove_abandoned, scratch

HOLDER = """
import sys, time
from pathlib import Path
from grader.scratch import scratch
with scratch(Path(sys.argv[1]), "held") as folder:
    (folder / "file").write_text("work")
    print(folder, flush=True)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def _old_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "YOUNG_SECONDS", -1.0)


def test_a_folder_goes_with_all_that_is_in_it(tmp_path: Path) -> None:
    with scratch(tmp_path / "work", "one") as folder:
        assert "one" in folder.name
        (folder / "deep" / "er").mkdir(parents=True)
    assert list((tmp_path / "work").iterdir()) == []


def test_what_a_living_process_holds_stays_and_what_a_dead_one_left_goes(tmp_path: Path) -> None:
    words = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        folder = Path(holder.stdout.readline().strip())
        assert remove_abandoned(tmp_path) == 0
        assert (folder / "file").exists()
        os.kill(holder.pid, signal.SIGKILL)
    assert folder.exists()
    assert remove_abandoned(tmp_path) == 1
    assert not folder.exists()


def test_a_folder_of_this_process_stays_too(tmp_path: Path) -> None:
    with scratch(tmp_path, "own") as folder:
        assert remove_abandoned(tmp_path) == 0
        assert folder.is_dir()


def test_a_folder_that_may_not_be_locked_yet_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "YOUNG_SECONDS", 10.0)
    (tmp_path / "mlops-scratch-new").mkdir()
    assert remove_abandoned(tmp_path) == 0
    past = time.time() + 11
    monkeypatch.setattr(module.time, "time", lambda: past)
    assert remove_abandoned(tmp_path) == 1


def test_nothing_else_is_touched(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "mlops-scratch-link").symlink_to(tmp_path / "other")
    (tmp_path / "mlops-scratch-file").write_text("")
    assert remove_abandoned(tmp_path) == 0
    assert len(list(tmp_path.iterdir())) == 3
    assert remove_abandoned(tmp_path / "nowhere") == 0
