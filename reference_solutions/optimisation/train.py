"""Trains the network and exports it: `python train.py base.onnx`.

Every epoch shows each picture with a fresh corruption. The seed is fixed: one commit, one model.
"""

import math
import sys

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from network import make_network
from pictures import SIDE, corrupt, load

EPOCHS = 60
BATCH = 128
LEARNING_RATE = 1.5e-3  # the highest of the schedule
LARGEST_BATCH = 4096  # images in one call of the exported model


def fit(x: Tensor, y: Tensor, epochs: int = EPOCHS) -> nn.Sequential:
    """A network trained on pictures `x` and labels `y`."""
    network = make_network()
    optimizer = torch.optim.AdamW(network.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, LEARNING_RATE, epochs=epochs, steps_per_epoch=math.ceil(len(x) / BATCH)
    )
    for _ in range(epochs):
        order = torch.randperm(len(x))
        pictures, labels = corrupt(x[order]), y[order]
        for batch, right in zip(pictures.split(BATCH), labels.split(BATCH), strict=True):
            loss = F.cross_entropy(network(batch), right)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return network


def export(network: nn.Sequential, path: str) -> None:
    """Write the network as ONNX: `pixels` [N, 64] to `scores` [N, 10] that sum to 1."""
    images = torch.export.Dim("images", min=1, max=LARGEST_BATCH)
    torch.onnx.export(
        nn.Sequential(*network, nn.Softmax(dim=1)).eval(),
        (torch.zeros(2, SIDE * SIDE),),
        path,
        input_names=["pixels"],
        output_names=["scores"],
        dynamic_shapes=({0: images},),
        external_data=False,
        dynamo=True,
    )


def main(path: str) -> None:
    """Train, tell how good the network is on pictures held back, and export it."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    network = fit(*load(held_back=False)).eval()
    x, y = load(held_back=True)
    with torch.inference_mode():
        right = network(corrupt(x)).argmax(dim=1) == y
    print(f"accuracy on pictures held back: {right.float().mean():.3f}")
    export(network, path)


if __name__ == "__main__":
    main(sys.argv[1])
