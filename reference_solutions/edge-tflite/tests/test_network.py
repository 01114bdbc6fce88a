"""A network and its files say the same."""

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from learning import network, prune, train
from network import Floats, Layer, Network, plain, quantised

rng = np.random.default_rng(0)
IMAGES = rng.uniform(0, 16, (200, 64)).astype(np.float32)
NETWORK = [
    Layer(rng.normal(0, 0.02, (32, 64)), rng.normal(0, 0.1, 32)),
    Layer(rng.normal(0, 0.3, (10, 32)), rng.normal(0, 0.1, 10)),
]


def scores(network: Network, images: Floats) -> Floats:
    for layer in network:
        images = layer(images, relu=layer is not network[-1])
    return images


def run(content: bytes, images: Floats) -> Floats:
    interpreter = Interpreter(model_content=content)
    interpreter.allocate_tensors()
    given, taken = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    said = []
    for image in images:
        interpreter.set_tensor(given["index"], image[np.newaxis])
        interpreter.invoke()
        said.append(interpreter.get_tensor(taken["index"])[0])
    return np.array(said)


def test_floats_are_the_same() -> None:
    np.testing.assert_allclose(run(plain(NETWORK), IMAGES), scores(NETWORK, IMAGES), atol=1e-4)


def test_integers_are_nearly_the_same() -> None:
    wanted = scores(NETWORK, IMAGES)
    said = run(quantised(NETWORK, IMAGES), IMAGES)
    assert np.abs(said - wanted).max() < 0.05 * np.ptp(wanted)
    assert np.mean(said.argmax(axis=1) == wanted.argmax(axis=1)) > 0.95


def test_integers_take_less_space() -> None:
    assert len(quantised(NETWORK, IMAGES)) < 0.7 * len(plain(NETWORK))


@pytest.mark.parametrize("size", [0.0, 1e-30])
def test_a_unit_that_is_all_but_gone_does_no_harm(size: float) -> None:
    first = Layer(NETWORK[0].weights.copy(), NETWORK[0].biases)
    first.weights[3] = size
    dead = [first, NETWORK[1]]
    said = run(quantised(dead, IMAGES), IMAGES)
    assert np.abs(said - scores(dead, IMAGES)).max() < 0.05 * np.ptp(said)


def test_pruned_weights_are_zero() -> None:
    y = (IMAGES[:, 0] > 8).astype(int) + np.arange(len(IMAGES)) % 2 * 2
    weights = [layer.weights.ravel() for layer in network(prune(train(IMAGES, y), IMAGES, y))]
    assert np.mean(np.concatenate(weights) == 0) > 0.79
