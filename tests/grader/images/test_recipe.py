"""What an image is made of, and when it counts as current."""

from dataclasses import replace
from pathlib import Path

import pytest

from grader.images import JUDGE, PYTHON, SIDECARS, STAND_IN_LABEL, TORCH, debian, recipe
from grader.images.recipe import Recipe, recipes
from grader.images.site import Site

SITE = Site("auto", "certificates\n", "[global]\n", [], "https://wheels.example")


def digests(site: Site, *, from_registry: bool = False) -> dict[str, str]:
    return {made.tag: made.digest for made in recipes(site, from_registry=from_registry)}


def test_the_base_comes_first() -> None:
    assert list(digests(SITE)) == [PYTHON, TORCH, JUDGE, *SIDECARS.values()]


def test_the_same_inputs_give_the_same_digests() -> None:
    assert digests(SITE) == digests(replace(SITE))


@pytest.mark.parametrize(
    "other", [replace(SITE, certificates="others\n"), replace(SITE, pip_conf="[global]\na = b\n")]
)
def test_a_change_of_the_base_makes_every_image_again(other: Site) -> None:
    assert not set(digests(SITE).values()) & set(digests(other).values())


def test_where_the_base_comes_from_makes_every_image_again() -> None:
    here, there = digests(SITE), digests(SITE, from_registry=True)
    assert not set(here.values()) & set(there.values())


def test_only_a_base_made_here_is_a_stand_in() -> None:
    here = recipes(SITE, from_registry=False)[0]
    there = recipes(SITE, from_registry=True)[0]
    assert here.arguments["ROOT"] == debian.TAG
    assert STAND_IN_LABEL in here.labels
    assert there.arguments["ROOT"] == "python:3.11-slim"
    assert STAND_IN_LABEL not in there.labels


def test_the_judge_holds_its_own_modules_and_no_lab(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "labs" / "secret").mkdir(parents=True)
    (tmp_path / "labs" / "secret" / "data.py").touch()
    (tmp_path / "kit.py").write_text("first")
    monkeypatch.setattr(recipe, "LAB_SPECS", tmp_path)
    judge = recipes(SITE, from_registry=False)[2]
    assert judge.files["lab_specs/kit.py"] == b"first"
    assert not [path for path in judge.files if "labs/" in path or path.endswith("data.py")]
    before = digests(SITE)
    (tmp_path / "kit.py").write_text("other")
    changed = {tag for tag, digest in digests(SITE).items() if digest != before[tag]}
    assert changed == {JUDGE}


def test_torch_is_installed_from_a_wheel_of_the_machine_before_an_index(tmp_path: Path) -> None:
    site = replace(SITE, wheel_folders=[tmp_path])
    assert recipes(site, from_registry=False)[1].arguments["TORCH_SOURCE"] == (
        "--index-url https://wheels.example"
    )
    for machine in ("x86_64", "aarch64"):
        (tmp_path / f"torch-2.13.0+cpu-cp311-cp311-manylinux_2_28_{machine}.whl").touch()
    torch = recipes(site, from_registry=False)[1]
    assert torch.arguments["TORCH_SOURCE"] == "--no-index --find-links wheels"
    assert [wheel.parent for wheel in torch.wheels] == [tmp_path]


def test_without_wheel_and_index_torch_says_what_is_lacking() -> None:
    python, torch, judge, *_ = recipes(replace(SITE, torch_index=""), from_registry=False)
    assert "GRADER_TORCH_INDEX" in torch.lacks
    assert (python.lacks, judge.lacks) == ("", "")


def test_the_context_holds_the_files_and_the_wheels(tmp_path: Path) -> None:
    wheel = tmp_path / "a.whl"
    wheel.write_bytes(b"wheel")
    context = tmp_path / "context"
    context.mkdir()
    Recipe("a:1", {"Dockerfile": b"FROM b", "deep/file.py": b"1"}, wheels=[wheel]).write(context)
    assert (context / "Dockerfile").read_bytes() == b"FROM b"
    assert (context / "deep" / "file.py").read_bytes() == b"1"
    assert (context / "wheels" / "a.whl").read_bytes() == b"wheel"


def test_locks_name_no_host_and_hash_every_package() -> None:
    files = list(recipe.HERE.glob("*/requirements.lock"))
    assert {file.parent.name for file in files} >= {"python", "torch", "judge", "mlflow"}
    for lock in (file.read_text() for file in files):
        assert "://" not in lock
        packages = [line for line in lock.splitlines() if "==" in line]
        assert packages
        assert all(line.endswith("\\") for line in packages)
