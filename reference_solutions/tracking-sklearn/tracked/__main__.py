"""`python -m tracked train | predict`"""

import argparse
import os
from pathlib import Path

RUNS = Path("/runs")


def train() -> None:
    from tracked import training

    training.train(Path("/data"), RUNS, int(os.environ["EPOCHS"]), int(os.environ["SEED"]))


def predict() -> None:
    from tracked import network

    run = RUNS / os.environ["RUN"]
    network.predict(run, Path("/in/inputs.npz"), Path("/pred/predictions.json"))


words = argparse.ArgumentParser(prog="tracked")
words.add_argument("command", choices=["train", "predict"])
{"train": train, "predict": predict}[words.parse_args().command]()
