import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from predict import predict
from train import train

ROOT = Path(__file__).parent.parent


def test_every_image_gets_a_row_in_its_own_place(
    data: Path, out: Path, tmp_path: Path, bars: tuple[np.ndarray, np.ndarray]
) -> None:
    train(data, out, seed=1, max_epochs=8)
    predict(out / "model.pt", data / "inputs.npz", tmp_path / "predictions.csv")
    header, *rows = (tmp_path / "predictions.csv").read_text().splitlines()
    assert header == "index,label"
    index, label = np.array([row.split(",") for row in rows], dtype=int).T
    assert index.tolist() == list(range(len(bars[1])))
    assert np.mean(label == bars[1]) > 0.9


def test_without_a_model_nothing_is_written(data: Path, out: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        predict(out / "model.pt", data / "inputs.npz", tmp_path / "predictions.csv")
    assert not (tmp_path / "predictions.csv").exists()


def test_an_unknown_command_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, "main.py", "serve"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "unknown command 'serve'" in done.stderr
