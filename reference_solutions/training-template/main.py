"""A start for the training lab: it builds, it knows its two commands, and the rest is yours."""

import os
import sys

import numpy as np


def train() -> None:
    seed, max_epochs = int(os.environ["SEED"]), int(os.environ["MAX_EPOCHS"])
    with np.load("/data/train.npz", allow_pickle=False) as arrays:
        print(f"{len(arrays['x'])} images, seed {seed}, at most {max_epochs} epochs")
    raise NotImplementedError("learn, write /out/metrics.jsonl, and your model at the end")


def predict() -> None:
    raise NotImplementedError("load the model from /out and write /pred/predictions.csv")


if __name__ == "__main__":
    commands = {"train": train, "predict": predict}
    name = " ".join(sys.argv[1:])
    if name not in commands:
        sys.exit(f"unknown command {name!r}: say train or predict")
    commands[name]()
