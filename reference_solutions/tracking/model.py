"""A small network for 8 x 8 digits, and the file that keeps it."""

from pathlib import Path

import torch
from torch import Tensor, nn

PIXELS, UNITS, CLASSES = 64, 256, 10
BRIGHTEST = 16.0


class DigitNet(nn.Module):
    """Scores [N, 10] for images [N, 64] with pixel values 0..16."""

    def __init__(self) -> None:
        super().__init__()
        self.steps = nn.Sequential(nn.Linear(PIXELS, UNITS), nn.ReLU(), nn.Linear(UNITS, CLASSES))

    def forward(self, images: Tensor) -> Tensor:
        return self.steps(images / BRIGHTEST)


def save(model: DigitNet, path: Path) -> None:
    """Write the weights, and nothing that would have to be unpickled."""
    torch.save(model.state_dict(), path)


def load(path: Path) -> DigitNet:
    """The saved model, ready to predict. Raises when the file is missing or damaged."""
    model = DigitNet()
    model.load_state_dict(torch.load(path, weights_only=True))
    return model.eval()


@torch.no_grad()
def answers(model: DigitNet, images: Tensor) -> list[int]:
    """A digit for each image."""
    model.eval()
    return model(images).argmax(dim=1).tolist()
