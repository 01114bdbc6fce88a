"""The limits that a step of an image build gets before it runs."""

import json
from pathlib import Path
from typing import Any

import pytest

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


def test_without_a_bundle_no_step_runs(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="--bundle"):
        main(["run", "name"])
    with pytest.raises(FileNotFoundError):
        main(["run", "--bundle", str(tmp_path), "name"])
