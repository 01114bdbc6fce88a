import json
from pathlib import Path

import numpy as np
import pytest

from tracked import network
from tracked.journal import Run
from tracked.training import train


def write(folder: Path, x: np.ndarray) -> Path:
    folder.mkdir()
    for part in ("train", "validation"):
        np.savez(folder / f"{part}.npz", x=x, y=np.arange(len(x)) % 10)
    return folder


def told(runs: Path) -> list[dict]:
    return [json.loads(file.read_text()) for file in sorted(runs.glob("*/run.json"))]


def test_a_run_tells_how_it_stands(tmp_path: Path) -> None:
    with Run(tmp_path, {"seed": 1}) as run:
        run.log(1, loss=2.5)
        assert told(tmp_path)[0]["status"] == "RUNNING"
        run.log(2, loss=1.5)
    assert told(tmp_path) == [
        {"status": "FINISHED", "params": {"seed": 1}, "metrics": {"loss": [[1, 2.5], [2, 1.5]]}}
    ]


@pytest.mark.parametrize("error", [ValueError, SystemExit, KeyboardInterrupt])
def test_a_run_that_is_left_has_failed(tmp_path: Path, error: type[BaseException]) -> None:
    with pytest.raises(error), Run(tmp_path, {}):
        raise error
    assert told(tmp_path)[0]["status"] == "FAILED"


def test_the_kept_model_gives_the_kept_answers(tmp_path: Path) -> None:
    x = np.random.default_rng(0).uniform(0, 16, (60, 64)).astype(np.float32)
    train(write(tmp_path / "data", x), tmp_path / "runs", epochs=2, seed=1)
    (run,) = (tmp_path / "runs").iterdir()
    np.savez(tmp_path / "inputs.npz", x=x)
    network.predict(run, tmp_path / "inputs.npz", tmp_path / "answers.json")
    assert json.loads((tmp_path / "answers.json").read_text()) == json.loads(
        (run / "predictions.json").read_text()
    )


def test_pixels_must_be_numbers(tmp_path: Path) -> None:
    x = np.full((20, 64), np.nan, dtype=np.float32)
    with pytest.raises(ValueError, match="no numbers"):
        train(write(tmp_path / "data", x), tmp_path / "runs", epochs=1, seed=1)
    assert told(tmp_path / "runs") == []
