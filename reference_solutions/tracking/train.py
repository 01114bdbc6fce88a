"""One training is one run of the tracking server: it says how it went, and how it ended."""

import hashlib
import signal
import sys
import tempfile
from pathlib import Path

import mlflow
import numpy as np
import torch

from model import answers, save
from registry import WEIGHTS, register
from training import BATCH_SIZE, LEARNING_RATE, Digits, fit


def train(data: Path, epochs: int, seed: int, name: str) -> None:
    """Train on the files in `data`, log it, and register the model under `name`.

    Whatever ends it early, an error or a signal, leaves the run marked as failed.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped by a signal"))
    torch.set_num_threads(1)  # one core is all that the lab gives
    digits, validation = read(data / "train.npz"), read(data / "validation.npz")
    with mlflow.start_run() as run:
        mlflow.log_params(
            {
                "epochs": epochs,
                "seed": seed,
                "learning_rate": LEARNING_RATE,
                "batch_size": BATCH_SIZE,
                "data_sha256": hashlib.sha256((data / "train.npz").read_bytes()).hexdigest(),
            }
        )
        for epoch, (model, loss) in enumerate(fit(digits, epochs, seed), start=1):
            said = answers(model, validation.x)
            right = share(said, validation)
            mlflow.log_metrics({"loss": loss, "val_accuracy": right}, step=epoch)
        mlflow.log_metric("accuracy", right)
        mlflow.log_dict(said, "predictions.json")
        with tempfile.TemporaryDirectory() as folder:
            save(model, Path(folder) / WEIGHTS)
            mlflow.log_artifact(str(Path(folder) / WEIGHTS), "model")
        register(name, run.info.run_id)


def read(path: Path) -> Digits:
    """Images and labels of a file."""
    with np.load(path, allow_pickle=False) as arrays:
        return Digits(torch.from_numpy(arrays["x"]), torch.from_numpy(arrays["y"]))


def share(said: list[int], truth: Digits) -> float:
    """How much of the answers is right, 0 to 1."""
    return (torch.tensor(said) == truth.y).float().mean().item()
