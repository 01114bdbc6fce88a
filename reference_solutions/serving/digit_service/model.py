"""The network, and the classifier that answers with it."""

from pathlib import Path
from typing import Self

import torch
from torch import Tensor, nn

SIDE = 8  # pixels
PIXELS = SIDE * SIDE
BRIGHTEST = 16.0  # pixel values run from 0 to 16


def make_network() -> nn.Sequential:
    """A small convolutional network: pictures [N, 1, 8, 8] in 0..1 to scores [N, 10]."""
    return nn.Sequential(
        nn.Conv2d(1, 16, kernel_size=3, padding=1),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.Conv2d(16, 32, kernel_size=3, padding=1),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(32 * (SIDE // 2) ** 2, 128),
        nn.ReLU(),
        nn.Linear(128, 10),
    )


def to_pictures(rows: Tensor) -> Tensor:
    """Rows of 64 pixel values [N, 64] in 0..16 as pictures [N, 1, 8, 8] in 0..1.

    Training and serving both call this, so the model sees one kind of input.
    """
    return rows.reshape(-1, 1, SIDE, SIDE) / BRIGHTEST


class Classifier:
    """A trained network that labels rows of pixel values."""

    def __init__(self, network: nn.Module) -> None:
        # Without eval(), batch normalisation would mix the digits of one request.
        self._network = network.eval()

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the weights that `digit_service.train` has written."""
        network = make_network()
        network.load_state_dict(torch.load(path, weights_only=True))
        return cls(network)

    @torch.inference_mode()
    def predict(self, rows: list[list[float]]) -> list[int]:
        """One label per row, in the order of the rows."""
        return self._network(to_pictures(torch.tensor(rows))).argmax(dim=1).tolist()
