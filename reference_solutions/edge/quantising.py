"""Quantisation-aware training: the network learns with the weights that it will have."""

from copy import deepcopy

from torch import Tensor, nn
from torch.nn.utils import parametrize

from model import DigitNet
from training import fit

EPOCHS = 6
RATE = 4e-3
DEAD_ZONE = 0.7  # weights below this share of a unit's mean weight become zero


class Ternary(nn.Module):
    """Each weight of a unit is -s, 0 or s. The gradient passes as if nothing had happened."""

    def forward(self, weight: Tensor) -> Tensor:
        size = weight.detach().abs()
        kept = size > DEAD_ZONE * size.mean(dim=1, keepdim=True)
        scale = (size * kept).sum(dim=1, keepdim=True) / kept.sum(dim=1, keepdim=True).clamp(min=1)
        snapped = scale * kept * weight.detach().sign()
        return weight + (snapped - weight).detach()


def quantisation_aware(model: DigitNet, x: Tensor, y: Tensor) -> DigitNet:
    """A copy whose weights take three values per unit, trained to live with that."""
    coarse = deepcopy(model)
    for layer in coarse.linears():
        parametrize.register_parametrization(layer, "weight", Ternary())
    fit(coarse, x, y, epochs=EPOCHS, rate=RATE)
    for layer in coarse.linears():
        parametrize.remove_parametrizations(layer, "weight")  # leaves what the unit really used
    return coarse
