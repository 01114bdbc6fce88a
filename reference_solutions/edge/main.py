"""The image's entrypoint: `build` makes all models."""

import logging
import sys
from pathlib import Path

import torch

from data import read
from export import export, export_quantised
from model import DigitNet
from pruning import pruned
from quantising import quantisation_aware
from training import fit

SEED = 7
EPOCHS = 8
RATE = 4e-3


def build(data: Path, out: Path) -> None:
    """Train once; make every model from what was learnt then."""
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    x, y = read(data)
    model = DigitNet()
    fit(model, x, y, epochs=EPOCHS, rate=RATE)
    export(model, out / "float.onnx")
    export_quantised(model, x, out / "ptq.onnx")
    export_quantised(quantisation_aware(model, x, y), x, out / "qat.onnx")
    sparse = pruned(model, x, y)
    export(sparse, out / "pruned.onnx")
    export_quantised(sparse, x, out / "small.onnx")


if __name__ == "__main__":
    if sys.argv[1:] != ["build"]:
        sys.exit(f"unknown command {' '.join(sys.argv[1:])!r}: say build")
    logging.disable(logging.WARNING)  # the quantiser advises steps that this network does not need
    build(Path("/data/train.npz"), Path("/models"))
