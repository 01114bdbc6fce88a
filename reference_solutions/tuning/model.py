"""A small network for 8 x 8 digits whose shape is searched for, and the file that keeps it."""

from pathlib import Path

import torch
from torch import Tensor, nn

PIXELS, CLASSES = 64, 10
BRIGHTEST = 16.0


class DigitNet(nn.Module):
    """Scores [N, 10] for images [N, 64] with pixel values 0..16."""

    def __init__(self, units: int, layers: int) -> None:
        super().__init__()
        self.shape = {"units": units, "layers": layers}
        steps: list[nn.Module] = []
        for width in [PIXELS] + [units] * (layers - 1):
            steps += [nn.Linear(width, units), nn.ReLU()]
        self.steps = nn.Sequential(*steps, nn.Linear(units, CLASSES))

    def forward(self, images: Tensor) -> Tensor:
        return self.steps(images / BRIGHTEST)


def model_path(out: Path, number: int) -> Path:
    """Where the model of a trial lies."""
    return out / f"model-{number}.pt"


def save(model: DigitNet, path: Path) -> None:
    """Write shape and weights. `path` does not exist until the file is whole."""
    part = path.with_suffix(".part")
    torch.save({"shape": model.shape, "weights": model.state_dict()}, part)
    part.replace(path)


def load(path: Path) -> DigitNet:
    """The saved model, ready to predict. Raises when the file is missing or damaged."""
    kept = torch.load(path, weights_only=True)
    model = DigitNet(**kept["shape"])
    model.load_state_dict(kept["weights"])
    return model.eval()
