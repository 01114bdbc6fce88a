"""Exported variants are measured without trust, and handed back exactly or damaged."""

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from lab_specs.faults import StudentFault
from lab_specs.kit import Volume
from tests.lab_specs.labs.judged import judged

WEIGHTS = np.random.default_rng(0).normal(size=50_000).astype(np.float32).tobytes()


@pytest.fixture(scope="module")
def lab() -> Iterator[ModuleType]:
    with judged("optimisation", "lineup") as module:
        yield module


class Image:
    """Volumes, and nothing that runs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def volume(self, name: str) -> Volume:
        (self._folder / name).mkdir(exist_ok=True)
        return Volume(name, self._folder / name, 24)


@pytest.fixture
def image(tmp_path: Path) -> Image:
    return Image(tmp_path)


def lineup(lab: ModuleType, image: Image, files: dict[str, bytes]) -> Any:
    for name, content in files.items():
        image.volume("models").write(name, content)
    return lab.Lineup(image, None)


def test_a_variant_is_the_files_of_its_folder(lab: ModuleType, image: Image) -> None:
    found = lineup(lab, image, {"base/a": b"12", "base/in/b": b"3", "small/a": b"4", "table": b"5"})
    assert found.folders == ["base", "small"]
    assert found.files("base") == {"a": b"12", "in/b": b"3"}
    assert found.sizes == {"base": 3, "small": 1}


def test_a_folder_without_files_is_missing(lab: ModuleType, image: Image) -> None:
    with pytest.raises(StudentFault, match="output_missing"):
        lineup(lab, image, {"based/a": b"1"}).files("base")


def test_a_link_adds_nothing(lab: ModuleType, image: Image) -> None:
    found = lineup(lab, image, {"base/a": b"12"})
    (image.volume("models").path / "base" / "b").symlink_to("/etc/passwd")
    assert found.sizes == {"base": 2}


def test_all_files_together_may_take_as_much_as_one(
    lab: ModuleType, image: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lab, "VARIANT_MB", 0.25)
    found = lineup(lab, image, {"base/a": WEIGHTS, "base/b": WEIGHTS})
    with pytest.raises(StudentFault, match="output_malformed"):
        found.files("base")


def test_padding_of_the_base_counts_nothing(lab: ModuleType, image: Image) -> None:
    plain = lineup(lab, image, {"base/a": WEIGHTS}).substance
    padded = lineup(lab, image, {"base/a": WEIGHTS + bytes(400_000)}).substance
    assert plain == pytest.approx(0.93 * len(WEIGHTS), rel=0.02)
    assert padded == pytest.approx(plain, rel=0.01)


def test_a_served_volume_holds_one_variant_and_nothing_else(lab: ModuleType, image: Image) -> None:
    found = lineup(lab, image, {"base/a": b"1", "small/in/a": b"2"})
    found.place("base", "other")
    found.place("small", "other")
    assert image.volume("other").names() == ["in/a"]
    assert image.volume("other").read("in/a") == b"2"


def test_half_of_every_large_file_is_damaged(lab: ModuleType) -> None:
    files = {"a": WEIGHTS, "b": WEIGHTS[: len(WEIGHTS) // 2], "settings": b"{}"}
    found = lab.damaged(files, 3)
    assert found["settings"] == b"{}"
    for name in ("a", "b"):
        before, after = (np.frombuffer(each[name], np.uint8) for each in (files, found))
        assert len(after) == len(before)
        assert 0.45 < (before != after).mean() < 0.5
        assert (before != after)[: len(before) // 4].sum() == 0
    assert lab.damaged(files, 3) == found != lab.damaged(files, 4)


def test_many_files_of_one_size_are_damaged_all(lab: ModuleType) -> None:
    files = {str(i): bytes(1000) for i in range(30)}
    assert all(any(content) for content in lab.damaged(files, 1).values())


def test_twins_are_found_whatever_their_files_are_called(lab: ModuleType) -> None:
    variants = {"base": {"a": b"1"}, "small": {"b": b"1"}, "other": {"a": b"1", "c": b"2"}}
    assert list(lab.twins(variants)) == [("base", "small")]
