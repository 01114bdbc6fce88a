"""Trains both networks and writes their weights: `python -m digit_watch.train models`.

The service will see pictures that are turned, shifted and noisy. So every epoch shows each
training picture with a fresh corruption. The seed is fixed: one commit gives one model.
"""

import sys
from pathlib import Path

import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torch.nn import functional as F

from digit_watch.models import NAMES, make_network, to_pictures

EPOCHS = 40
BATCH = 64
LEARNING_RATE = 3e-3
TURN = 0.26  # largest rotation, radians: 15 degrees
SHIFT = 0.25  # largest move, in half pictures: one pixel
NOISE = 0.1  # standard deviation, in units of the brightest pixel


def load_pictures() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Scikit-learn's digits: pictures and labels to train on, then those held back."""
    rows, labels = load_digits(return_X_y=True)
    x, y = to_pictures(torch.tensor(rows, dtype=torch.float32)), torch.tensor(labels)
    held_back = torch.arange(len(y)) % 4 == 0
    return x[~held_back], y[~held_back], x[held_back], y[held_back]


def corrupt(pictures: Tensor) -> Tensor:
    """Each picture [N, 1, 8, 8] turned, shifted and made noisy by amounts of its own."""
    count = len(pictures)
    angle = (torch.rand(count) * 2 - 1) * TURN
    shift = (torch.rand(count, 2) * 2 - 1) * SHIFT
    cos, sin = angle.cos(), angle.sin()
    rows = [torch.stack([cos, -sin, shift[:, 0]], 1), torch.stack([sin, cos, shift[:, 1]], 1)]
    grid = F.affine_grid(torch.stack(rows, 1), list(pictures.shape), align_corners=False)
    moved = F.grid_sample(pictures, grid, align_corners=False)
    return (moved + torch.randn_like(moved) * NOISE).clamp(0, 1)


def fit(network: nn.Sequential, x: Tensor, y: Tensor) -> nn.Sequential:
    """The network, trained on pictures `x` and labels `y`."""
    optimizer = torch.optim.AdamW(network.parameters(), LEARNING_RATE)
    for _ in range(EPOCHS):
        order = torch.randperm(len(x))
        pictures, labels = corrupt(x[order]), y[order]
        for batch, right in zip(pictures.split(BATCH), labels.split(BATCH), strict=True):
            loss = F.cross_entropy(network(batch), right)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return network.eval()


def main(folder: Path) -> None:
    """Train each, tell how good it is on pictures held back, and save its weights."""
    torch.set_num_threads(1)  # the batches are small: more threads only wait for each other
    x, y, held_x, held_y = load_pictures()
    folder.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        torch.manual_seed(0)
        network = fit(make_network(name), x, y)
        with torch.inference_mode():
            right = network(corrupt(held_x)).argmax(dim=1) == held_y
        print(f"{name}: accuracy on pictures held back {right.float().mean():.3f}")
        torch.save(network.state_dict(), folder / f"{name}.pt")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
