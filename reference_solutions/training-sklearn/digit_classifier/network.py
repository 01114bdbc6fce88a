"""The trained network as plain arrays: no pickle, so a model file is data and never code."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from digit_classifier.images import centred, scaled


@dataclass(frozen=True)
class Network:
    """Fully connected layers; between two of them what is negative becomes zero."""

    weights: list[np.ndarray]
    biases: list[np.ndarray]

    def answers(self, x: np.ndarray) -> np.ndarray:
        """The digit of each picture [N, 64] with pixel values 0..16."""
        values = centred(scaled(x))
        for layer, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            values = values @ weight + bias
            if layer < len(self.weights) - 1:
                values = np.maximum(values, 0)
        return values.argmax(axis=1)

    def save(self, path: Path) -> None:
        """Write to a file beside it, then rename: `path` is whole or it is not there."""
        arrays = {f"weight{i}": weight for i, weight in enumerate(self.weights)}
        arrays |= {f"bias{i}": bias for i, bias in enumerate(self.biases)}
        part = path.with_name(path.name + ".part")
        with part.open("wb") as file:
            np.savez(file, **arrays)
        os.replace(part, path)


def load(path: Path) -> Network:
    """Read a network. Raises when the file is missing or damaged."""
    with np.load(path, allow_pickle=False) as arrays:
        layers = range(len(arrays.files) // 2)
        weights = [arrays[f"weight{i}"] for i in layers]
        return Network(weights, [arrays[f"bias{i}"] for i in layers])
