"""How weights are kept in a file, and how a network computes with them."""

import io
from pathlib import Path

import numpy as np
import numpy.typing as npt

BRIGHTEST = np.float32(16)
FILE = "layers.npz"
STEPS = 127  # of eight bits, either way

Array = npt.NDArray[np.float32]
Kept = dict[str, npt.NDArray[np.generic]]


def eight_bits(weights: Array) -> tuple[npt.NDArray[np.int8], Array]:
    """Weights [inputs, units] as whole numbers in -127..127, and a scale for each unit."""
    scale = np.maximum(abs(weights).max(axis=0), 1e-12) / np.float32(STEPS)
    return np.rint(weights / scale).astype(np.int8), scale


def pruned(weights: Array, share: float) -> Array:
    """The weights, with that share of them, the smallest, set to zero."""
    line = np.quantile(abs(weights), share)
    return np.where(abs(weights) < line, np.float32(0), weights)


class Network:
    """Reads whichever variant a folder holds, and says how the ten digits score."""

    def __init__(self, folder: Path) -> None:
        content = (folder / FILE).read_bytes()
        with np.load(io.BytesIO(content), allow_pickle=False) as kept:
            self._layers = [_layer(kept, i) for i in range(sum(n[0] == "b" for n in kept))]
        self.calls = 0
        self.images = 0

    def scores(self, pixels: Array) -> Array:
        """Scores [N, 10] that sum to 1, for images [N, 64] in 0..16."""
        self.calls += 1
        self.images += len(pixels)
        x = pixels / BRIGHTEST
        for weights, biases in self._layers[:-1]:
            x = np.maximum(x @ weights + biases, 0)
        weights, biases = self._layers[-1]
        logits = x @ weights + biases
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        scores: Array = powers / powers.sum(axis=1, keepdims=True)
        return scores


def _layer(kept: np.lib.npyio.NpzFile, number: int) -> tuple[Array, Array]:
    """Weights and biases in float32: numpy multiplies nothing smaller quickly."""
    weights = kept[f"w{number}"].astype(np.float32)
    if f"s{number}" in kept:
        weights *= kept[f"s{number}"]
    return weights, kept[f"b{number}"].astype(np.float32)
