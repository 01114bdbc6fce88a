"""Dense networks as TFLite files: with floats, or with integers alone."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tflite import Graph, Scale

Floats = npt.NDArray[np.floating]
LARGEST = 127  # of a weight, either way
TINY = 1e-3
LOWEST, HIGHEST = -128, 127  # of an activation


@dataclass(frozen=True)
class Layer:
    """Weights [outputs, inputs] and biases [outputs]."""

    weights: Floats
    biases: Floats

    def __call__(self, x: Floats, *, relu: bool) -> Floats:
        """What the layer makes of [N, inputs]."""
        y = x @ self.weights.T + self.biases
        return np.maximum(y, 0) if relu else y


Network = list[Layer]


def plain(network: Network) -> bytes:
    """The network with floats."""
    graph = Graph()
    source = now = graph.tensor([1, network[0].weights.shape[1]], "float32")
    for layer in network:
        inputs = [
            now,
            graph.constant(layer.weights.astype(np.float32)),
            graph.constant(layer.biases.astype(np.float32)),
        ]
        now = graph.tensor([1, len(layer.biases)], "float32")
        graph.dense(inputs, now, relu=layer is not network[-1])
    return graph.packed(source, now)


def quantised(network: Network, images: Floats) -> bytes:
    """The network with integers of 8 bits; `images` tell how large its activations get."""
    graph = Graph()
    source = graph.tensor([1, network[0].weights.shape[1]], "float32")
    scale = _activation(images)
    now = graph.tensor([1, images.shape[1]], "int8", scale)
    graph.quantise(source, now)
    seen = images
    for layer in network:
        relu = layer is not network[-1]
        seen = layer(seen, relu=relu)
        rows = np.abs(layer.weights).max(axis=1) / LARGEST
        rows = rows.clip(TINY * rows.max())  # of a unit whose weights are all but zero
        weights = np.round(layer.weights / rows[:, None]).astype(np.int8)
        products = rows * scale.scale
        biases = np.round(layer.biases / products).astype(np.int32)
        scale = _activation(seen)
        inputs = [
            now,
            graph.constant(weights, Scale(rows)),
            graph.constant(biases, Scale(products)),
        ]
        now = graph.tensor([1, len(biases)], "int8", scale)
        graph.dense(inputs, now, relu=relu)
    target = graph.tensor([1, len(network[-1].biases)], "float32")
    graph.dequantise(now, target)
    return graph.packed(source, target)


def _activation(seen: Floats) -> Scale:
    """A scale on which all that was seen finds its place, zero exactly."""
    low, high = min(0.0, float(seen.min())), max(0.0, float(seen.max()))
    scale = max(high - low, 1e-8) / (HIGHEST - LOWEST)
    return Scale(scale, int(np.clip(round(LOWEST - low / scale), LOWEST, HIGHEST)))
