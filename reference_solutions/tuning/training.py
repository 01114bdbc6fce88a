"""Trains one network with given parameters, epoch by epoch."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from model import DigitNet

VALIDATION_SHARE = 0.2


@dataclass(frozen=True)
class Digits:
    """Images [N, 64] and labels [N]: a part to learn from, and one to compare trials on."""

    x: Tensor
    y: Tensor
    validation_x: Tensor
    validation_y: Tensor


def read(path: Path, seed: int) -> Digits:
    """Read and split; every trial and every worker of a seed gets the same split."""
    with np.load(path, allow_pickle=False) as arrays:
        x, y = torch.from_numpy(arrays["x"]), torch.from_numpy(arrays["y"])
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(seed))
    kept_out = int(VALIDATION_SHARE * len(x))
    validation, training = order[:kept_out], order[kept_out:]
    return Digits(x[training], y[training], x[validation], y[validation])


def train(
    digits: Digits, parameters: dict[str, Any], seed: int, max_epochs: int
) -> Iterator[tuple[DigitNet, float]]:
    """After each epoch, the network and its validation accuracy. Stop asking, and it stops."""
    torch.manual_seed(seed)
    model = DigitNet(parameters["units"], parameters["layers"])
    optimizer = torch.optim.AdamW(
        model.parameters(),
        lr=parameters["learning_rate"],
        weight_decay=parameters["weight_decay"],
    )
    for _ in range(max_epochs):
        model.train()
        for batch in torch.randperm(len(digits.x)).split(parameters["batch_size"]):
            loss = functional.cross_entropy(model(digits.x[batch]), digits.y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        yield model, accuracy(model, digits.validation_x, digits.validation_y)


@torch.no_grad()
def accuracy(model: DigitNet, x: Tensor, y: Tensor) -> float:
    """Share of right answers."""
    model.eval()
    return (model(x).argmax(dim=1) == y).float().mean().item()
