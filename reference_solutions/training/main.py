"""The image's entrypoint: `train` or `predict`."""

import os
import sys
from pathlib import Path

import torch

from predict import predict
from train import train

OUT = Path("/out")


def main(command: str) -> None:
    torch.set_num_threads(1)  # one core is all that the lab gives
    if command == "train":
        seed, max_epochs = int(os.environ["SEED"]), int(os.environ["MAX_EPOCHS"])
        train(Path("/data"), OUT, seed=seed, max_epochs=max_epochs)
    elif command == "predict":
        predict(OUT / "model.pt", Path("/in/inputs.npz"), Path("/pred/predictions.csv"))
    else:
        sys.exit(f"unknown command {command!r}: say train or predict")


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]))
