"""`python -m tuner tune | predict`"""

import argparse
import os
import sys
from pathlib import Path

OUT = Path("/out")


def tune() -> None:
    trials, seed, max_epochs = (setting(name) for name in ("N_TRIALS", "SEED", "MAX_EPOCHS"))
    # scikit-learn takes a second to load: a wrong setting is told before.
    from tuner import search

    search.tune(Path("/data/train.npz"), OUT, trials, seed, max_epochs, os.environ["WORKER"])


def predict() -> None:
    from tuner import answer

    answer.predict(OUT, Path("/in/inputs.npz"), Path("/pred/predictions.json"))


def setting(name: str) -> int:
    """A whole number from the environment; 0 is a seed and nothing else."""
    said = os.environ.get(name, "")
    if not (said.isascii() and said.isdigit()) or (int(said) == 0 and name != "SEED"):
        sys.exit(f"{name} has to be a whole number above zero, got {said!r}")
    return int(said)


words = argparse.ArgumentParser(prog="tuner")
words.add_argument("command", choices=["tune", "predict"])
{"tune": tune, "predict": predict}[words.parse_args().command]()
