"""Data that is quick to learn: each digit lights another row or column."""

from pathlib import Path

import numpy as np
import pytest
import torch

COUNT = 240


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def bars() -> tuple[np.ndarray, np.ndarray]:
    """Noisy pictures [240, 64] of ten easy classes, and their labels."""
    rng = np.random.default_rng(0)
    y = np.arange(COUNT) % 10
    pictures = rng.uniform(0, 4, (COUNT, 8, 8))
    for picture, label in zip(pictures, y, strict=True):
        if label < 5:
            picture[label + 1] = 16
        else:
            picture[:, label - 4] = 16
    return pictures.reshape(COUNT, 64).astype(np.float32), y.astype(np.int64)


@pytest.fixture
def data(bars: tuple[np.ndarray, np.ndarray], tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    x, y = bars
    np.savez(folder / "train.npz", x=x, y=y)
    np.savez(folder / "inputs.npz", x=x)
    return folder


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder
