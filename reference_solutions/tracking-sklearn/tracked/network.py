"""The trained network as plain arrays: a file that needs neither pickle nor scikit-learn."""

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt

MODEL = "model.npz"
BRIGHTEST = 16.0

Pixels = npt.NDArray[np.float32]
Layers = list[npt.NDArray[np.float64]]


def save(folder: Path, weights: Layers, biases: Layers) -> None:
    """Write the weights and biases of all layers."""
    np.savez(folder / MODEL, *weights, *biases)


def load(folder: Path) -> tuple[Layers, Layers]:
    """What `save` has written."""
    with np.load(folder / MODEL, allow_pickle=False) as arrays:
        layers = [arrays[f"arr_{number}"] for number in range(len(arrays.files))]
    half = len(layers) // 2
    return layers[:half], layers[half:]


def answers(weights: Layers, biases: Layers, x: Pixels) -> list[int]:
    """A digit for each image [64] with pixel values 0..16."""
    signal = x / BRIGHTEST
    for weight, bias in zip(weights[:-1], biases[:-1], strict=True):
        signal = np.maximum(signal @ weight + bias, 0)
    scores = signal @ weights[-1] + biases[-1]
    found: list[int] = scores.argmax(axis=1).tolist()
    return found


def predict(run: Path, inputs: Path, target: Path) -> None:
    """Answer the images `x` of `inputs` with the model in the folder of a run."""
    with np.load(inputs, allow_pickle=False) as arrays:
        target.write_text(json.dumps(answers(*load(run), arrays["x"])))
