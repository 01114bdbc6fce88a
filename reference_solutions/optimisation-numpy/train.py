"""Trains the classifier: `python train.py base.npz` writes its weights and biases."""

import sys

import numpy as np
import numpy.typing as npt
from scipy.ndimage import affine_transform
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier

SIDE, BRIGHTEST = 8, 16.0
COPIES = 16  # corruptions of each picture to train on
PASSES = 20  # over all of them
UNITS = (768, 512)

Array = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]


def corrupted(chance: np.random.Generator, *, held_back: bool, copies: int) -> tuple[Array, Labels]:
    """Scikit-learn's digits [N, 64] in 0..1, each `copies` times turned, shifted and noisy."""
    pictures, labels = load_digits(return_X_y=True)
    chosen = np.flatnonzero((np.arange(len(labels)) % 4 == 0) == held_back)
    chosen = np.tile(chosen, copies)
    moved = np.stack([_move(pictures[i].reshape(SIDE, SIDE), chance) for i in chosen])
    noisy = (moved + chance.normal(0, 1.5, moved.shape)).clip(0, BRIGHTEST)
    return (noisy.reshape(len(chosen), -1) / BRIGHTEST).astype(np.float32), labels[chosen]


def _move(picture: npt.NDArray[np.float64], chance: np.random.Generator) -> npt.NDArray[np.float64]:
    angle = np.deg2rad(chance.uniform(-15, 15))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle = np.full(2, (SIDE - 1) / 2)
    offset = middle - turn @ middle + chance.uniform(-1, 1, 2)
    moved: npt.NDArray[np.float64] = affine_transform(picture, turn, offset, order=1)
    return moved


def arrays(model: MLPClassifier) -> dict[str, Array]:
    """The model's layers by name: weights `w0`, `w1` … [inputs, units], biases `b0`, `b1` …"""
    named = {f"w{i}": weights for i, weights in enumerate(model.coefs_)}
    named |= {f"b{i}": biases for i, biases in enumerate(model.intercepts_)}
    return {name: values.astype(np.float32) for name, values in named.items()}


def main(path: str) -> None:
    """Train, and save what was learnt."""
    x, y = corrupted(np.random.default_rng(0), held_back=False, copies=COPIES)
    model = MLPClassifier(UNITS, random_state=0, batch_size=256, max_iter=PASSES, tol=0)
    model.fit(x, y)
    np.savez(path, **arrays(model))


if __name__ == "__main__":
    main(sys.argv[1])
