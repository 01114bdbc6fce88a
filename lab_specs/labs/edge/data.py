"""The data of this lab: what the image learns from, and what only judge and device see.

The generator is public, the seed of a verdict is not. At home, from the root of this project:

    python -m lab_specs.labs.edge.data --seed 1 --out data
"""

import argparse
import io
import json
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lab_specs.digits import Labels, Pixels, digits

TRAINING = 4_000  # images to learn from; some base images are among them several times
HIDDEN = 2_000  # images that models are measured on


def training(seed: int) -> tuple[Pixels, Labels]:
    """`x` float32 [4000, 64] in 0..16 and `y` int64."""
    return digits(seed, TRAINING)


def hidden(seed: int) -> tuple[Pixels, Labels]:
    """Images of the same kind, drawn from base images that no training part holds."""
    return digits(seed, HIDDEN, "hidden")


def archive(**arrays: npt.NDArray[np.generic]) -> bytes:
    """The arrays as the bytes of an `.npz` file."""
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def single(array: npt.NDArray[np.generic]) -> bytes:
    """The array as the bytes of an `.npy` file."""
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def write(seed: int, folder: Path) -> None:
    """Write `train.npz`, and a public hold-out: `inputs.npy` and its answers, `labels.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    x, y = training(seed)
    (folder / "train.npz").write_bytes(archive(x=x, y=y))
    x, y = hidden(seed)
    (folder / "inputs.npy").write_bytes(single(x))
    (folder / "labels.json").write_text(json.dumps(y.tolist()))


def main() -> None:
    """Write data to build and try models with at home."""
    words = argparse.ArgumentParser(description="Draw digits to build and try models with.")
    words.add_argument("--seed", type=int, default=1, help="another seed, other corruptions")
    words.add_argument("--out", type=Path, default=Path("data"), help="folder to write to")
    chosen = words.parse_args()
    write(chosen.seed, chosen.out)


if __name__ == "__main__":
    main()
