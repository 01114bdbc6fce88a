"""Trains a network, for the first time or further."""

import torch
from torch import Tensor
from torch.nn import functional

from model import DigitNet

BATCH = 64


def fit(model: DigitNet, x: Tensor, y: Tensor, *, epochs: int, rate: float) -> None:
    """So many passes over the images; the learning rate rises to `rate` and falls to nothing."""
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    steps = epochs * -(-len(x) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps)
    model.train()
    for _ in range(epochs):
        for batch in torch.randperm(len(x)).split(BATCH):
            loss = functional.cross_entropy(model(x[batch]), y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    model.eval()
