"""Trains the network, epoch by epoch, and knows nothing of who writes that down."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from model import DigitNet

LEARNING_RATE, BATCH_SIZE = 5e-3, 32


@dataclass(frozen=True)
class Digits:
    """Images [N, 64] and labels [N] to learn from."""

    x: Tensor
    y: Tensor


def fit(digits: Digits, epochs: int, seed: int) -> Iterator[tuple[DigitNet, float]]:
    """After each epoch, the network and its mean loss. Raises ValueError when that is no number."""
    torch.manual_seed(seed)
    model = DigitNet()
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE)
    for epoch in range(1, epochs + 1):
        model.train()
        total = 0.0
        for batch in torch.randperm(len(digits.x)).split(BATCH_SIZE):
            loss = functional.cross_entropy(model(digits.x[batch]), digits.y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(batch)
        if not math.isfinite(total):
            raise ValueError(f"the loss of epoch {epoch} is no number: what is in the data?")
        yield model, total / len(digits.x)
