"""Two networks that read digits. Each says what it makes of rows of pixels."""

from pathlib import Path

import torch
from torch import Tensor, nn

SIDE = 8  # pixels
PIXELS = SIDE * SIDE
BRIGHTEST = 16.0  # pixel values run from 0 to 16
NAMES = ("small", "large")  # the first is in use after the start


def make_network(name: str) -> nn.Sequential:
    """The network of that name: pictures [N, 1, 8, 8] in 0..1 to scores [N, 10]."""
    if name == "small":
        return nn.Sequential(nn.Flatten(), nn.Linear(PIXELS, 256), nn.ReLU(), nn.Linear(256, 10))
    return nn.Sequential(
        nn.Conv2d(1, 16, kernel_size=3, padding=1),
        nn.ReLU(),
        nn.Conv2d(16, 32, kernel_size=3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(32 * (SIDE // 2) ** 2, 64),
        nn.ReLU(),
        nn.Linear(64, 10),
    )


def to_pictures(rows: Tensor) -> Tensor:
    """Rows [N, 64] in 0..16 as pictures [N, 1, 8, 8] in 0..1, for training and serving alike."""
    return rows.reshape(-1, 1, SIDE, SIDE) / BRIGHTEST


class Classifier:
    """A trained network that labels rows of pixel values."""

    def __init__(self, network: nn.Module) -> None:
        self._network = network.eval()

    @torch.inference_mode()
    def predict(self, rows: list[list[float]]) -> list[int]:
        """One label per row, in the order of the rows."""
        return self._network(to_pictures(torch.tensor(rows))).argmax(dim=1).tolist()


def load_models(folder: Path) -> dict[str, Classifier]:
    """Both models, with the weights that `digit_watch.train` has written."""
    models = {}
    for name in NAMES:
        network = make_network(name)
        network.load_state_dict(torch.load(folder / f"{name}.pt", weights_only=True))
        models[name] = Classifier(network)
    return models
