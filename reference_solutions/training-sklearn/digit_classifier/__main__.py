"""`python -m digit_classifier train | predict`"""

import argparse
import csv
import os
from pathlib import Path

import numpy as np

MODEL = Path("/out/model.npz")


def train() -> None:
    # Predicting needs no scikit-learn; it is loaded where it is used.
    from digit_classifier import training

    seed, max_epochs = int(os.environ["SEED"]), int(os.environ["MAX_EPOCHS"])
    training.train(Path("/data/train.npz"), MODEL.parent, seed, max_epochs)


def predict() -> None:
    from digit_classifier import network

    model = network.load(MODEL)
    with np.load("/in/inputs.npz", allow_pickle=False) as arrays:
        labels = model.answers(arrays["x"])
    with open("/pred/predictions.csv", "w", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["index", "label"])
        rows.writerows(enumerate(labels.tolist()))


words = argparse.ArgumentParser(prog="digit_classifier")
words.add_argument("command", choices=["train", "predict"])
{"train": train, "predict": predict}[words.parse_args().command]()
