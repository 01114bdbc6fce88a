"""Trains the network with scikit-learn, and prunes it."""

from copy import deepcopy

import numpy as np
import numpy.typing as npt
from sklearn.neural_network import MLPClassifier

from network import Floats, Layer, Network

BRIGHTEST = 16.0
UNITS = (256, 128)
BATCH, DECAY = 64, 1e-3
EPOCHS = 20
SHARES = (0.5, 0.7, 0.8)  # of the weights that are zero, step by step
EPOCHS_BETWEEN = 9
SEED = 3

Labels = npt.NDArray[np.integer]


def train(x: Floats, y: Labels) -> MLPClassifier:
    """A network for pixel values 0..16."""
    model = MLPClassifier(UNITS, batch_size=BATCH, alpha=DECAY, random_state=SEED)
    for _ in range(EPOCHS):
        _epoch(model, x, y)
    return model


def prune(model: MLPClassifier, x: Floats, y: Labels) -> MLPClassifier:
    """A copy in which the smallest weights are zero; the others learn on between the steps."""
    smaller = deepcopy(model)
    for share in SHARES:
        sizes = np.concatenate([np.abs(weights).ravel() for weights in smaller.coefs_])
        line = np.quantile(sizes, share)
        kept = [np.abs(weights) > line for weights in smaller.coefs_]
        _cut(smaller, kept)
        for _ in range(EPOCHS_BETWEEN):
            _epoch(smaller, x, y)
            _cut(smaller, kept)
    return smaller


def network(model: MLPClassifier) -> Network:
    """The layers, the first of them for pixel values as they come."""
    scales = [BRIGHTEST] + [1.0] * (len(model.coefs_) - 1)
    return [
        Layer(weights.T / scale, biases)
        for weights, biases, scale in zip(model.coefs_, model.intercepts_, scales, strict=True)
    ]


def _epoch(model: MLPClassifier, x: Floats, y: Labels) -> None:
    model.partial_fit(x / BRIGHTEST, y, classes=np.arange(10))


def _cut(model: MLPClassifier, kept: list[npt.NDArray[np.bool_]]) -> None:
    for weights, mask in zip(model.coefs_, kept, strict=True):
        weights *= mask
