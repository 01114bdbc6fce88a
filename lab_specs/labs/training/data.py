"""The data of this lab: what the image trains on, and what only the judge knows.

The generator is public, the seed of a verdict is not. At home, from the root of this project:

    python -m lab_specs.labs.training.data --seed 1 --out data
"""

import argparse
import io
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lab_specs.digits import Labels, Pixels, digits

HIDDEN = 2_000  # images that a model is measured on
CLASSES = 10


def training(seed: int) -> tuple[Pixels, Labels]:
    """`x` float32 [1347, 64] in 0..16 and `y` int64: every visible base image, drawn once."""
    return digits(seed)


def hidden(seed: int) -> tuple[Pixels, Labels]:
    """Images of the same kind, drawn from base images that no training part holds."""
    return digits(seed, HIDDEN, "hidden")


def renamed(labels: Labels, seed: int) -> Labels:
    """The labels under other names: each class gets another's, none keeps its own."""
    step = 1 + seed % (CLASSES - 1)
    return (labels + step) % CLASSES


def packed(**arrays: npt.NDArray[np.generic]) -> bytes:
    """The arrays as the bytes of an `.npz` file."""
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def write(seed: int, folder: Path) -> None:
    """Write `train.npz`, and a public hold-out: `inputs.npz` and its answers, `labels.csv`."""
    folder.mkdir(parents=True, exist_ok=True)
    x, y = training(seed)
    (folder / "train.npz").write_bytes(packed(x=x, y=y))
    x, y = hidden(seed)
    (folder / "inputs.npz").write_bytes(packed(x=x))
    rows = [f"{index},{label}\n" for index, label in enumerate(y)]
    (folder / "labels.csv").write_text("index,label\n" + "".join(rows))


def main() -> None:
    """Write data to train and try with at home."""
    words = argparse.ArgumentParser(description="Draw digits to train and try with.")
    words.add_argument("--seed", type=int, default=1, help="another seed, other corruptions")
    words.add_argument("--out", type=Path, default=Path("data"), help="folder to write to")
    chosen = words.parse_args()
    write(chosen.seed, chosen.out)


if __name__ == "__main__":
    main()
