"""The limits that a step of an image build gets before it runs."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from script.tools import hold_step
from script.tools.hold_step import main


@pytest.fixture
def step() -> dict[str, Any]:
    """What BuildKit writes, shortened."""
    kept = ["CAP_CHOWN", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETUID"]
    return {
        "process": {"args": ["true"], "capabilities": {"bounding": kept, "effective": kept}},
        "linux": {
            "resources": {"devices": [{"allow": False}]},
            "cgroupsPath": "/docker/buildkit/a",
        },
    }


def held(bundle: Path, step: dict[str, Any]) -> dict[str, Any]:
    (bundle / "config.json").write_text(json.dumps(step))
    main(["--log", "x", "run", "--bundle", str(bundle), "name"])
    config: dict[str, Any] = json.loads((bundle / "config.json").read_text())
    return config


def test_a_step_is_held_like_a_run(tmp_path: Path, step: dict[str, Any]) -> None:
    resources = held(tmp_path, step)["linux"]["resources"]
    assert resources["memory"] == {"limit": 4096 * 1024**2, "swap": 4096 * 1024**2}
    assert resources["pids"] == {"limit": 1024}
    assert resources["cpu"] == {"period": 100_000, "quota": 200_000}
    assert resources["devices"] == [{"allow": False}], "what was there stays"


def test_the_administrator_says_how_much(
    tmp_path: Path, step: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADER_BUILD_MEMORY_MB", "512")
    monkeypatch.setenv("GRADER_BUILD_PIDS", "64")
    monkeypatch.setenv("GRADER_BUILD_CPUS", "0.5")
    monkeypatch.setenv("GRADER_BUILD_DISK_GB", "0.5")
    config = held(tmp_path, step)
    assert config["linux"]["resources"]["memory"]["limit"] == 512 * 1024**2
    assert config["linux"]["resources"]["pids"]["limit"] == 64
    assert config["linux"]["resources"]["cpu"]["quota"] == 50_000
    files = next(one for one in config["process"]["rlimits"] if one["type"] == "RLIMIT_FSIZE")
    assert files["hard"] == files["soft"] == 512 * 1024**2


def test_what_no_build_needs_is_taken_away(tmp_path: Path, step: dict[str, Any]) -> None:
    process = held(tmp_path, step)["process"]
    assert process["capabilities"] == {
        "bounding": ["CAP_CHOWN", "CAP_SETUID"],
        "effective": ["CAP_CHOWN", "CAP_SETUID"],
    }
    assert {"type": "RLIMIT_CORE", "soft": 0, "hard": 0} in process["rlimits"]


OWNED = "/docker/buildkit/build-" + "a" * 32


def test_all_steps_of_a_build_come_into_one_group(
    tmp_path: Path, step: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    groups = tmp_path / "groups"
    for controller in ("memory", "pids", "cpu"):
        (groups / controller / "docker/buildkit").mkdir(parents=True)
    old, fresh = (groups / "cpu/docker/buildkit" / f"build-{name}" for name in "of")
    old.mkdir()
    fresh.mkdir()
    os.utime(old, (0, 0))
    monkeypatch.setattr(hold_step, "GROUPS", groups)
    # What a Dockerfile says of it comes first.
    step["process"]["env"] = [f"no_proxy=build-{letter * 32}" for letter in "ba"]
    assert held(tmp_path, step)["linux"]["cgroupsPath"] == f"{OWNED}/a"
    assert (groups / f"pids{OWNED}/pids.max").read_text() == "1024"
    assert (groups / f"memory{OWNED}/memory.limit_in_bytes").read_text() == str(4096 * 1024**2)
    assert (old.exists(), fresh.exists()) == (False, True)


@pytest.mark.parametrize(
    ("path", "env"),
    [
        ("/docker/buildkit/a", []),
        ("/docker/buildkit/a", ["no_proxy=../../x"]),
        ("system.slice:docker:a", ["no_proxy=build-" + "a" * 32]),
    ],
)
def test_a_step_that_names_no_build_stays_where_it_is(
    tmp_path: Path, step: dict[str, Any], path: str, env: list[str]
) -> None:
    step["process"]["env"] = env
    step["linux"]["cgroupsPath"] = path
    assert held(tmp_path, step)["linux"]["cgroupsPath"] == path


def test_without_a_bundle_no_step_runs(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="--bundle"):
        main(["run", "name"])
    with pytest.raises(FileNotFoundError):
        main(["run", "--bundle", str(tmp_path), "name"])
