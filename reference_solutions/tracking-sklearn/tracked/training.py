"""Trains scikit-learn's network and tells the journal how it goes."""

import hashlib
import json
import signal
import sys
from pathlib import Path

import numpy as np
from sklearn.neural_network import MLPClassifier

from tracked.journal import Run
from tracked.network import BRIGHTEST, answers, save


def train(data: Path, runs: Path, epochs: int, seed: int) -> None:
    """Train on the files in `data`; everything about it lies in a new folder of `runs`."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped by a signal"))
    settings = {"hidden_layer_sizes": 256, "learning_rate_init": 0.005, "batch_size": 32}
    digest = hashlib.sha256((data / "train.npz").read_bytes()).hexdigest()
    (x, y), (validation_x, validation_y) = (
        read(data / f"{part}.npz") for part in ("train", "validation")
    )
    model = MLPClassifier(random_state=seed, **settings)
    params = {"epochs": epochs, "seed": seed, "data_sha256": digest, **settings}
    with Run(runs, params) as run:
        for epoch in range(1, epochs + 1):
            model.partial_fit(x / BRIGHTEST, y, classes=np.arange(10))
            said = answers(model.coefs_, model.intercepts_, validation_x)
            right = float(np.mean(said == validation_y))
            run.log(epoch, loss=float(model.loss_), val_accuracy=right)
        run.log(epochs, accuracy=right)
        save(run.folder, model.coefs_, model.intercepts_)
        (run.folder / "predictions.json").write_text(json.dumps(said))


def read(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Images and labels. Raises ValueError when some pixels are no numbers."""
    with np.load(path, allow_pickle=False) as arrays:
        x, y = arrays["x"], arrays["y"]
    if not np.isfinite(x).all():
        raise ValueError(f"{path.name}: some pixels are no numbers")
    return x, y
