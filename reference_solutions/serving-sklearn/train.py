"""Trains the classifier and writes it: `python train.py model.joblib`.

The service will see digits that are turned, shifted and noisy, so the training shows each of
scikit-learn's digits many times, corrupted anew. The seed is fixed: one commit, one model.
"""

import sys

import joblib
import numpy as np
from scipy.ndimage import affine_transform
from sklearn.datasets import load_digits
from sklearn.svm import SVC

COPIES = 12  # corrupted copies of each digit
BRIGHTEST = 16.0  # pixel values run from 0 to 16
TURN = 15.0  # largest rotation, degrees
SHIFT = 1.0  # largest move along each axis, pixels
NOISE = 1.5  # standard deviation, in pixel values


def corrupt(rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Each row [N, 64] as a picture that is turned, shifted and made noisy."""
    moved = np.stack([move(row.reshape(8, 8), rng).ravel() for row in rows])
    return np.clip(moved + rng.normal(0, NOISE, moved.shape), 0, BRIGHTEST)


def move(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The picture turned about its centre and shifted, in one interpolation: two would blur."""
    angle = np.deg2rad(rng.uniform(-TURN, TURN))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    centre = (np.array(picture.shape) - 1) / 2
    offset = centre - turn @ centre + rng.uniform(-SHIFT, SHIFT, size=2)
    return affine_transform(picture, turn, offset, order=1)


def fit(rows: np.ndarray, labels: np.ndarray, copies: int = COPIES) -> SVC:
    """A support vector machine trained on corrupted copies of the rows."""
    rng = np.random.default_rng(0)
    corrupted = np.concatenate([corrupt(rows, rng) for _ in range(copies)])
    return SVC(C=5).fit(corrupted / BRIGHTEST, np.tile(labels, copies))


def main(path: str) -> None:
    """Train, tell how good it is on digits held back, and save the classifier."""
    rows, labels = load_digits(return_X_y=True)
    held_back = np.arange(len(labels)) % 4 == 0
    model = fit(rows[~held_back], labels[~held_back])
    seen = corrupt(rows[held_back], np.random.default_rng(1))
    print(f"accuracy on digits held back: {model.score(seen / BRIGHTEST, labels[held_back]):.3f}")
    joblib.dump(model, path)


if __name__ == "__main__":
    main(sys.argv[1])
