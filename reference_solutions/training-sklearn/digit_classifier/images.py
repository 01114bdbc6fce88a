"""Moves small pictures: to make more of them, and to bring each to the middle."""

import numpy as np
from scipy.ndimage import map_coordinates

SIDE = 8
MIDDLE = (SIDE - 1) / 2
BRIGHTEST = 16.0
BACKGROUND = 0.2  # paler pixels are noise; they have no weight when the middle is sought
TURN = 0.25  # radians
SHIFT = 1.0  # pixels


def scaled(x: np.ndarray) -> np.ndarray:
    """Pixel values 0..16 as 0..1."""
    return x.astype(np.float64) / BRIGHTEST


def varied(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Each picture [N, 64], turned and shifted at random."""
    angle = rng.uniform(-TURN, TURN, len(x))
    down, right = rng.uniform(-SHIFT, SHIFT, (2, len(x)))
    return moved(x, angle, down, right)


def centred(x: np.ndarray) -> np.ndarray:
    """Each picture [N, 64], shifted so that its ink balances in the middle."""
    ink = np.maximum(x - BACKGROUND, 0).reshape(-1, SIDE, SIDE) + 1e-9
    place = np.arange(SIDE) - MIDDLE
    total = ink.sum(axis=(1, 2))
    down = ink.sum(axis=2) @ place / total
    right = ink.sum(axis=1) @ place / total
    return moved(x, np.zeros(len(x)), down, right)


def moved(x: np.ndarray, angle: np.ndarray, down: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Each picture as seen by a camera that is turned and shifted by its own amounts."""
    rows, columns = np.indices((SIDE, SIDE)) - MIDDLE
    cos, sin = np.cos(angle)[:, None, None], np.sin(angle)[:, None, None]
    seen_rows = cos * rows - sin * columns + down[:, None, None] + MIDDLE
    seen_columns = sin * rows + cos * columns + right[:, None, None] + MIDDLE
    number = np.broadcast_to(np.arange(len(x))[:, None, None], seen_rows.shape)
    pictures = x.reshape(-1, SIDE, SIDE)
    return map_coordinates(pictures, [number, seen_rows, seen_columns], order=1).reshape(len(x), -1)
