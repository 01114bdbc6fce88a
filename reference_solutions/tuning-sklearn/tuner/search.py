"""Random search, in which a trial must earn its epochs.

At every milestone a trial goes on when it is among the better third of all trials that came so
far; the first one always does. This is successive halving without rounds, so nobody waits.
"""

import pickle
import time
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

from tuner.database import Database

BRIGHTEST = 16.0
KEPT = 1 / 3  # of all trials at a milestone
MILESTONES = (1, 3)  # epochs


def tune(data: Path, out: Path, trials: int, seed: int, max_epochs: int, worker: str) -> None:
    """Add trials to the study in `out`, and write its tables anew."""
    with np.load(data, allow_pickle=False) as arrays:
        parts = train_test_split(
            arrays["x"] / BRIGHTEST, arrays["y"], test_size=0.2, random_state=seed
        )
    database = Database(out)
    for _ in range(trials):
        run(database, database.begin(worker), parts, out, seed, max_epochs)
    database.write_tables()


def propose(seed: int, number: int) -> dict[str, Any]:
    """The parameters of a trial: they depend on its number, so no two workers draw the same."""
    rng = np.random.default_rng([seed, number])
    return {
        "hidden_layers": int(rng.integers(1, 3)),
        "hidden_units": int(rng.integers(64, 385)),
        "learning_rate": float(10 ** rng.uniform(-2.7, -1.6)),
        "batch_size": int(rng.choice([32, 64])),
        "alpha": float(10 ** rng.uniform(-6, -2)),
    }


def run(
    database: Database, number: int, parts: list[np.ndarray], out: Path, seed: int, max_epochs: int
) -> None:
    """Train for as long as the trial is among the better ones."""
    x, validation_x, y, validation_y = parts
    parameters, began, state = propose(seed, number), time.monotonic(), "complete"
    model = MLPClassifier(
        hidden_layer_sizes=[parameters["hidden_units"]] * parameters["hidden_layers"],
        learning_rate_init=parameters["learning_rate"],
        batch_size=parameters["batch_size"],
        alpha=parameters["alpha"],
        random_state=seed + number,
    )
    value = 0.0
    for epoch in range(1, max_epochs + 1):
        model.partial_fit(x, y, classes=np.arange(10))
        value = float(model.score(validation_x, validation_y))
        earlier = database.add_epoch(number, epoch, value)
        if epoch in MILESTONES and epoch < max_epochs and not promising(value, earlier):
            state = "pruned"
            break
    if state == "complete":
        (out / f"{number}.pickle").write_bytes(pickle.dumps(model))
    database.end(number, parameters, state, value, time.monotonic() - began)


def promising(value: float, earlier: list[float]) -> bool:
    """Whether the value is among the better third of all."""
    better = sum(other > value for other in earlier)
    return better < max(1, KEPT * (len(earlier) + 1))
