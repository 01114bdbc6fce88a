"""A small convolutional network for 8 x 8 digits, and the file that keeps it."""

from pathlib import Path

import torch
from torch import Tensor, nn

SIDE = 8  # pixels
BRIGHTEST = 16.0
CLASSES = 10


class DigitNet(nn.Module):
    """Scores [N, 10] for images [N, 64] with pixel values 0..16."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *_block(1, width),
            *_block(width, width),
            nn.MaxPool2d(2),
            *_block(width, 2 * width),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Dropout(0.2),
            nn.Linear(2 * width * (SIDE // 4) ** 2, CLASSES),
        )

    def forward(self, images: Tensor) -> Tensor:
        return self.layers(images.view(-1, 1, SIDE, SIDE) / BRIGHTEST)


def _block(channels: int, width: int) -> tuple[nn.Module, ...]:
    convolution = nn.Conv2d(channels, width, kernel_size=3, padding=1, bias=False)
    return convolution, nn.BatchNorm2d(width), nn.ReLU()


def save(model: DigitNet, path: Path) -> None:
    """Write the weights. `path` does not exist until the file is whole."""
    part = path.with_suffix(".part")
    torch.save(model.state_dict(), part)
    part.replace(path)


def load(path: Path) -> DigitNet:
    """The saved model, ready to predict. Raises when the file is missing or damaged."""
    model = DigitNet()
    model.load_state_dict(torch.load(path, weights_only=True))
    return model.eval()
