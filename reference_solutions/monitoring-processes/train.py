"""Trains a small and a large network on corrupted digits, and keeps both beside itself."""

import joblib
import numpy as np
from scipy.ndimage import rotate, shift
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier

COPIES = 12  # of each digit, each corrupted in another way
UNITS = {"small": 192, "large": 320}
ROUNDS = 20


def corrupted(pictures: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Each picture [8, 8] turned, moved, and made noisy; as rows [N, 64]."""
    turned = [rotate(one, rng.uniform(-15, 15), reshape=False, order=1) for one in pictures]
    moved = np.stack([shift(one, rng.uniform(-1, 1, 2), order=1) for one in turned])
    noisy = moved + rng.normal(0, 1.5, pictures.shape)
    return noisy.clip(0, 16).reshape(len(pictures), -1)


def main() -> None:
    """Train and save."""
    rows, labels = load_digits(return_X_y=True)
    kept = np.arange(len(labels)) % 4 != 0
    pictures, labels = rows[kept].reshape(-1, 8, 8), labels[kept]
    rng = np.random.default_rng(0)
    x = np.concatenate([corrupted(pictures, rng) for _ in range(COPIES)])
    for name, units in UNITS.items():
        model = MLPClassifier((units,), max_iter=ROUNDS, random_state=0)
        joblib.dump(model.fit(x / 16, np.tile(labels, COPIES)), f"{name}.joblib")


if __name__ == "__main__":
    main()
