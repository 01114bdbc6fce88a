"""The classifier: a small network that is trained in a fraction of a second."""

from typing import Self

import torch
from torch import Tensor, nn
from torch.nn import functional as F

HIDDEN = 16
STEPS = 60
LEARNING_RATE = 0.3
MOMENTUM = 0.9


class Classifier:
    """A trained network. Rows are float32 [N, features], labels int64 [N]."""

    def __init__(self, network: nn.Module, mean: Tensor, spread: Tensor, labels: Tensor) -> None:
        self._network, self._mean, self._spread, self._labels = network, mean, spread, labels

    @classmethod
    def fit(cls, rows: Tensor, labels: Tensor) -> Self:
        """Learn from rows and labels; the same data gives the same model."""
        torch.manual_seed(0)
        # The scale belongs to the model: traffic must never be measured by its own.
        mean, spread = rows.mean(dim=0), rows.std(dim=0).clamp(min=1e-6)
        known, classes = labels.unique(return_inverse=True)
        network = nn.Sequential(
            nn.Linear(rows.shape[1], HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, len(known))
        )
        descend(network, (rows - mean) / spread, classes)
        return cls(network, mean, spread, known)

    @torch.inference_mode()
    def predict(self, rows: Tensor) -> Tensor:
        """One label per row."""
        return self._labels[self._network((rows - self._mean) / self._spread).argmax(dim=1)]


def descend(network: nn.Module, inputs: Tensor, classes: Tensor) -> None:
    """Gradient descent with momentum on all rows at once.

    By hand, because the first step of PyTorch's own optimisers loads its compiler, which takes
    seconds and more memory than all the rest of this service.
    """
    weights = list(network.parameters())
    speeds = [torch.zeros_like(weight) for weight in weights]
    for _ in range(STEPS):
        slopes = torch.autograd.grad(F.cross_entropy(network(inputs), classes), weights)
        with torch.no_grad():
            for weight, speed, slope in zip(weights, speeds, slopes, strict=True):
                weight -= LEARNING_RATE * speed.mul_(MOMENTUM).add_(slope)
