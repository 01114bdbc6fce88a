"""The data of this lab: images to train on, and images that only the judge knows.

The generator is public, the seed of a verdict is not. At home, from the root of this project:

    python -m lab_specs.labs.optimisation.data --seed 1 --out try
"""

import argparse
import json
from pathlib import Path

import numpy as np

from lab_specs.digits import Labels, Pixels, digits

HIDDEN = 2_000  # images that variants are measured on
REQUEST = 64  # images in the request to try with


def hidden(seed: int) -> tuple[Pixels, Labels]:
    """`x` float32 [2000, 64] in 0..16, to two decimals, and `y` int64; in no training part."""
    x, y = digits(seed, HIDDEN, "hidden")
    return x.round(2), y


def request(x: Pixels) -> bytes:
    """The body of a request about these images."""
    return json.dumps({"images": x.astype(float).round(2).tolist()}).encode()


def write(seed: int, folder: Path) -> None:
    """Write `train.npz`, and a public hold-out: `hidden.npz`, and some of it as a request."""
    folder.mkdir(parents=True, exist_ok=True)
    x, y = digits(seed)
    np.savez(folder / "train.npz", x=x, y=y)
    x, y = hidden(seed)
    np.savez(folder / "hidden.npz", x=x, y=y)
    (folder / "request.json").write_bytes(request(x[:REQUEST]))
    (folder / "labels.json").write_text(json.dumps(y[:REQUEST].tolist()))


def main() -> None:
    """Write data to train and try with at home."""
    words = argparse.ArgumentParser(description="Draw digits to train and try with.")
    words.add_argument("--seed", type=int, default=1, help="another seed, other corruptions")
    words.add_argument("--out", type=Path, default=Path("try"), help="folder to write to")
    chosen = words.parse_args()
    write(chosen.seed, chosen.out)


if __name__ == "__main__":
    main()
