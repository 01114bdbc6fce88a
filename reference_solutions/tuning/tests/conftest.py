"""Data that is quick to learn: each digit lights another row or column."""

from pathlib import Path

import numpy as np
import optuna
import pytest
import torch

COUNT = 240


@pytest.fixture(scope="session", autouse=True)
def quiet() -> None:
    torch.set_num_threads(1)
    optuna.logging.set_verbosity(optuna.logging.ERROR)


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
    folder = tmp_path_factory.mktemp("data")
    x = pictures.reshape(COUNT, 64).astype(np.float32)
    np.savez(folder / "train.npz", x=x, y=y.astype(np.int64))
    return folder
