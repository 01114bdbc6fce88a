"""Handwritten digits, corrupted: the data of both labs, from a public generator and a seed.

The base images are scikit-learn's 1,797 real ones. One in four is hidden: it never appears in
the training part, whatever the seed. Each drawn image is turned, shifted and made noisy.
"""

from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.ndimage import affine_transform
from sklearn.datasets import load_digits

SIDE = 8  # pixels
HIDDEN_SHARE = 4  # one base image in so many is hidden
BRIGHTEST = 16.0  # pixel values run from 0 to 16, as scikit-learn gives them
TURN = np.deg2rad(15)  # largest rotation, either way
SHIFT = 1.0  # largest move along each axis, pixels
NOISE = 1.5  # standard deviation, in pixel values

Part = Literal["train", "hidden"]
Pixels = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]


def digits(seed: int, count: int | None = None, part: Part = "train") -> tuple[Pixels, Labels]:
    """Corrupted digits: `x` float32 [N, 64] in 0..16 and `y` int64 [N], in random order.

    Without `count`, N is the size of the part and every base image is drawn once. A larger
    count draws some of them again, each time with another corruption.
    """
    pictures, labels = load_digits(return_X_y=True)
    is_hidden = np.arange(len(labels)) % HIDDEN_SHARE == 0
    base = np.flatnonzero(is_hidden if part == "hidden" else ~is_hidden)
    rng = np.random.default_rng([seed, part == "hidden"])
    wanted = len(base) if count is None else count
    drawn = rng.choice(base, size=wanted, replace=wanted > len(base))
    x = np.stack([_corrupt(pictures[i].reshape(SIDE, SIDE), rng) for i in drawn])
    return x.reshape(-1, SIDE * SIDE).astype(np.float32), labels[drawn].astype(np.int64)


def _corrupt(picture: npt.NDArray[np.float64], rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """One picture turned about its centre, shifted, and made noisy."""
    angle = rng.uniform(-TURN, TURN)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    centre = np.full(2, (SIDE - 1) / 2)
    offset = centre - turn @ centre + rng.uniform(-SHIFT, SHIFT, size=2)
    moved: npt.NDArray[np.float64] = affine_transform(picture, turn, offset, order=1)
    moved += rng.normal(0, NOISE, size=moved.shape)
    return moved.clip(0, BRIGHTEST)
