"""Trains scikit-learn's multi-layer perceptron, epoch by epoch, on moved copies of the images."""

import json
from pathlib import Path

import numpy as np
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

from digit_classifier.images import centred, scaled, varied
from digit_classifier.network import Network

COPIES = 12  # moved copies of each image in an epoch
CLASSES = np.arange(10)


def train(data: Path, out: Path, seed: int, max_epochs: int) -> None:
    """Learn from the archive `data`; write `metrics.jsonl` on the way, `model.npz` at the end."""
    rng = np.random.default_rng(seed)
    with np.load(data, allow_pickle=False) as arrays:
        x, y = scaled(arrays["x"]), arrays["y"]
    x, val_x, y, val_y = train_test_split(x, y, test_size=0.15, random_state=seed)
    val_x = centred(val_x)
    model = MLPClassifier(
        hidden_layer_sizes=(256, 128),
        alpha=1e-2,
        batch_size=128,
        learning_rate_init=3e-3,
        random_state=seed,
    )
    with open(out / "metrics.jsonl", "w", buffering=1) as record:
        for epoch in range(1, max_epochs + 1):
            copies = centred(varied(np.tile(x, (COPIES, 1)), rng))
            model.partial_fit(copies, np.tile(y, COPIES), classes=CLASSES)
            line = {"epoch": epoch, "train_loss": float(model.loss_)} | judged(model, val_x, val_y)
            record.write(json.dumps(line) + "\n")
    Network(model.coefs_, model.intercepts_).save(out / "model.npz")


def judged(model: MLPClassifier, x: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """Loss and accuracy on images that were kept out of training."""
    chances = model.predict_proba(x)
    return {
        "val_loss": float(log_loss(y, chances, labels=CLASSES)),
        "val_accuracy": float(accuracy_score(y, chances.argmax(axis=1))),
    }
