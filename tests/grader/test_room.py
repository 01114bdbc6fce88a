"""A worker says in words that its disk is short, before an attempt pays for it."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from grader import room
from grader.room import GB, shortage
from grader.settings import GraderSettings


@pytest.fixture
def disks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[Path, Any]:
    """What each folder's disk has left; the engine keeps its images in `engine`."""
    found: dict[Path, Any] = {}
    for name in ("work", "engine"):
        (tmp_path / name).mkdir()
        found[tmp_path / name] = disk(100)
    monkeypatch.setattr(room, "_told_folder", lambda: tmp_path / "engine")
    monkeypatch.setattr(room.os, "statvfs", lambda path: found[path])
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    return found


def disk(free_gb: float, files: int = 10**7, free_files: int = 10**7) -> SimpleNamespace:
    return SimpleNamespace(
        f_bavail=int(free_gb * GB / 4096), f_frsize=4096, f_files=files, f_favail=free_files
    )


def settings(folder: Path, **changes: Any) -> GraderSettings:
    return GraderSettings(workdir=folder, **changes)


def test_room_enough_is_nothing_to_say(disks: dict[Path, Any], tmp_path: Path) -> None:
    assert shortage(settings(tmp_path / "work")) is None


@pytest.mark.parametrize("name", ["work", "engine"])
def test_each_disk_can_be_short(disks: dict[Path, Any], tmp_path: Path, name: str) -> None:
    disks[tmp_path / name] = disk(4.5)
    said = shortage(settings(tmp_path / "work"))
    assert said is not None
    assert said.endswith(f"{tmp_path / name}: 4.5 GB are free, 5 are needed")
    assert shortage(settings(tmp_path / "work", free_disk_gb=4)) is None


def test_a_disk_may_run_out_of_files(disks: dict[Path, Any], tmp_path: Path) -> None:
    disks[tmp_path / "engine"] = disk(100, free_files=99)
    assert "room for 99 files" in str(shortage(settings(tmp_path / "work")))
    disks[tmp_path / "engine"] = disk(100, files=0, free_files=0)  # one that does not count them
    assert shortage(settings(tmp_path / "work")) is None


def test_an_engine_elsewhere_is_not_looked_at(
    disks: dict[Path, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disks[tmp_path / "engine"] = disk(0)
    monkeypatch.setenv("DOCKER_HOST", "ssh://grader@builder.example")
    assert shortage(settings(tmp_path / "work")) is None


def test_an_engine_that_does_not_answer_is_somebody_elses_to_tell(
    disks: dict[Path, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> Path:
        raise RuntimeError("no client")

    monkeypatch.setattr(room, "_told_folder", fail)
    assert shortage(settings(tmp_path / "work")) is None


def test_a_folder_that_is_not_there_yet_lies_on_its_parents_disk(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "yet"
    assert shortage(settings(folder, free_disk_gb=0)) is None
    assert f"folder {folder}: " in str(shortage(settings(folder, free_disk_gb=10**9)))


@pytest.mark.docker
def test_the_engine_here_says_where_its_images_lie() -> None:
    folder = room.engine_folder()
    assert folder is not None
    assert (folder / "image").is_dir()
