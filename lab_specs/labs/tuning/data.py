"""The data of this lab: what the image tunes on, and what only the judge knows.

The generator is public, the seed of a verdict is not. At home, from the root of this project:

    python -m lab_specs.labs.tuning.data --seed 1 --out data
"""

import argparse
import io
import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from lab_specs.digits import BRIGHTEST, Labels, Pixels, digits

HIDDEN = 2_000  # images that a model is measured on


def training(seed: int) -> tuple[Pixels, Labels]:
    """`x` float32 [1347, 64] in 0..16 and `y` int64: every visible base image, drawn once."""
    return digits(seed)


def hidden(seed: int) -> tuple[Pixels, Labels]:
    """Images of the same kind, drawn from base images that no training part holds."""
    return digits(seed, HIDDEN, "hidden")


def untuned(seed: int, epochs: int) -> float:
    """The share of hidden images that scikit-learn's network gets right with its defaults."""
    (x, y), (hidden_x, hidden_y) = training(seed), hidden(seed)
    model = MLPClassifier(random_state=0)
    with threadpool_limits(1):  # threads that wait for one another on a busy machine take minutes
        for _ in range(epochs):
            model.partial_fit(x / BRIGHTEST, y, classes=np.unique(y))
    return float(model.score(hidden_x / BRIGHTEST, hidden_y))


def packed(**arrays: npt.NDArray[np.generic]) -> bytes:
    """The arrays as the bytes of an `.npz` file."""
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def write(seed: int, folder: Path) -> None:
    """Write `train.npz`, and a public hold-out: `inputs.npz` and its answers, `labels.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    x, y = training(seed)
    (folder / "train.npz").write_bytes(packed(x=x, y=y))
    x, y = hidden(seed)
    (folder / "inputs.npz").write_bytes(packed(x=x))
    (folder / "labels.json").write_text(json.dumps(y.tolist()))


def main() -> None:
    """Write data to tune and try with at home."""
    words = argparse.ArgumentParser(description="Draw digits to tune and try with.")
    words.add_argument("--seed", type=int, default=1, help="another seed, other corruptions")
    words.add_argument("--out", type=Path, default=Path("data"), help="folder to write to")
    chosen = words.parse_args()
    write(chosen.seed, chosen.out)


if __name__ == "__main__":
    main()
