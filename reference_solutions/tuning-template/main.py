"""A start for the tuning lab: it builds, it knows its two commands, and the rest is yours."""

import os
import sys

import numpy as np


def tune() -> None:
    trials, seed = int(os.environ["N_TRIALS"]), int(os.environ["SEED"])
    with np.load("/data/train.npz", allow_pickle=False) as arrays:
        print(f"{len(arrays['x'])} images, {trials} trials to make, seed {seed}")
    raise NotImplementedError("search, and write trials.json, epochs.jsonl and best.json to /out")


def predict() -> None:
    raise NotImplementedError("load the best model from /out and write /pred/predictions.json")


if __name__ == "__main__":
    commands = {"tune": tune, "predict": predict}
    name = " ".join(sys.argv[1:])
    if name not in commands:
        sys.exit(f"unknown command {name!r}: say tune or predict")
    commands[name]()
