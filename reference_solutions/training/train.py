"""Trains a `DigitNet`: everything that is left to chance comes from one seed."""

import json
import math
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from model import SIDE, DigitNet, save

VALIDATION_SHARE = 0.15
BATCH = 64
RATE = 3e-3  # learning rate at its highest
TURN = 0.2  # largest rotation of a training image, radians
SHIFT = 0.2  # largest move, in halves of the image's side


def train(data: Path, out: Path, *, seed: int, max_epochs: int) -> None:
    """Learn from `train.npz`; write `metrics.jsonl` line by line and `model.pt` at the end."""
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(seed)
    (x, y), validation = split(*read(data / "train.npz"))
    model = DigitNet()
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=1e-2)
    steps = max_epochs * math.ceil(len(x) / BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    with (out / "metrics.jsonl").open("w") as record:
        for epoch in range(1, max_epochs + 1):
            train_loss = run_epoch(model, optimizer, schedule, x, y)
            val_loss, val_accuracy = evaluate(model, *validation)
            line = {
                "epoch": epoch,
                "train_loss": train_loss,
                "val_loss": val_loss,
                "val_accuracy": val_accuracy,
            }
            print(json.dumps(line), file=record, flush=True)
            print(line)
    save(model, out / "model.pt")


def read(path: Path) -> tuple[Tensor, Tensor]:
    """Images float32 [N, 64] and labels int64 [N]."""
    with np.load(path, allow_pickle=False) as arrays:
        return torch.from_numpy(arrays["x"]), torch.from_numpy(arrays["y"])


def split(x: Tensor, y: Tensor) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Training part and validation part, drawn at random."""
    order = torch.randperm(len(x))
    kept_out = int(VALIDATION_SHARE * len(x))
    validation, training = order[:kept_out], order[kept_out:]
    return (x[training], y[training]), (x[validation], y[validation])


def run_epoch(
    model: DigitNet,
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
    x: Tensor,
    y: Tensor,
) -> float:
    """One pass over all images, in random order; the mean loss."""
    model.train()
    total = 0.0
    for batch in torch.randperm(len(x)).split(BATCH):
        loss = functional.cross_entropy(model(augment(x[batch])), y[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        total += loss.item() * len(batch)
    return total / len(x)


@torch.no_grad()
def evaluate(model: DigitNet, x: Tensor, y: Tensor) -> tuple[float, float]:
    """Mean loss and share of right answers."""
    model.eval()
    scores = model(x)
    loss = functional.cross_entropy(scores, y)
    return loss.item(), (scores.argmax(dim=1) == y).float().mean().item()


def augment(images: Tensor) -> Tensor:
    """The images, each turned and shifted a little, as the ones to come will be."""
    count = len(images)
    angle = torch.empty(count).uniform_(-TURN, TURN)
    cos, sin = angle.cos(), angle.sin()
    shift_x, shift_y = torch.empty(2, count).uniform_(-SHIFT, SHIFT)
    moves = torch.stack([cos, -sin, shift_x, sin, cos, shift_y], dim=1).view(count, 2, 3)
    grid = functional.affine_grid(moves, [count, 1, SIDE, SIDE], align_corners=False)
    pictures = images.view(count, 1, SIDE, SIDE)
    return functional.grid_sample(pictures, grid, align_corners=False).view(count, -1)
