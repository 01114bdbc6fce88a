"""Data that is quick to learn: each digit lights another row or column."""

from pathlib import Path

import numpy as np
import pytest
import torch

COUNT = 640


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(0)
    y = np.arange(COUNT) % 10
    pictures = rng.uniform(0, 4, (COUNT, 8, 8))
    for picture, label in zip(pictures, y, strict=True):
        if label < 5:
            picture[label + 1] = 16
        else:
            picture[:, label - 4] = 16
    path = tmp_path_factory.mktemp("data") / "train.npz"
    x = pictures.reshape(COUNT, 64).astype(np.float32)
    np.savez(path, x=x, y=y.astype(np.int64))
    return path
