"""Scikit-learn's digits, corrupted as the service will see them: turned, shifted, noisy."""

import torch
from sklearn.datasets import load_digits
from torch import Tensor
from torch.nn import functional as F

SIDE = 8  # pixels
BRIGHTEST = 16.0  # pixel values run from 0 to 16
TURN = 0.26  # largest rotation, radians: 15 degrees
SHIFT = 0.25  # largest move, in half pictures: one pixel
NOISE = 1.5  # standard deviation, in pixel values


def load(*, held_back: bool) -> tuple[Tensor, Tensor]:
    """Pictures float32 [N, 64] in 0..16 and labels [N]: those to train on, or the fourth kept."""
    rows, labels = load_digits(return_X_y=True)
    chosen = torch.arange(len(labels)) % 4 == 0
    chosen = chosen if held_back else ~chosen
    return torch.tensor(rows, dtype=torch.float32)[chosen], torch.tensor(labels)[chosen]


def corrupt(rows: Tensor) -> Tensor:
    """Each picture of [N, 64] turned, shifted and made noisy by amounts of its own."""
    count = len(rows)
    angle = (torch.rand(count) * 2 - 1) * TURN
    shift = (torch.rand(count, 2) * 2 - 1) * SHIFT
    cos, sin = angle.cos(), angle.sin()
    turned = [torch.stack([cos, -sin, shift[:, 0]], 1), torch.stack([sin, cos, shift[:, 1]], 1)]
    pictures = rows.reshape(count, 1, SIDE, SIDE)
    grid = F.affine_grid(torch.stack(turned, 1), list(pictures.shape), align_corners=False)
    moved = F.grid_sample(pictures, grid, align_corners=False)
    # Dark beyond the outermost pixels' centres: the service's pictures come from SciPy, which
    # interpolates no further.
    moved *= (grid.abs() <= 1 - 1 / SIDE).all(dim=-1).unsqueeze(1)
    noisy = moved + torch.randn_like(moved) * NOISE
    return noisy.clamp(0, BRIGHTEST).reshape(count, SIDE * SIDE)
