"""The data of this lab: what the image trains on, and what only the judge knows.

The generator is public, the seed of a verdict is not. At home, from the root of this project:

    python -m lab_specs.labs.tracking.data --seed 1 --out data
"""

import argparse
import io
import json
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lab_specs.digits import Labels, Pixels, digits

TRAINED = 1_047  # images to train on; the rest of the visible ones is for validation
EARLIER = 700  # images of the earlier training, which has data of its own
HIDDEN = 2_000  # images that a model is measured on

Images = tuple[Pixels, Labels]


@cache
def visible(seed: int) -> Images:
    """Every visible base image, drawn once."""
    return digits(seed)


def training(seed: int) -> Images:
    """`x` float32 [1047, 64] in 0..16 and `y` int64: each from a base image of its own."""
    x, y = visible(seed)
    return x[:TRAINED], y[:TRAINED]


def validation(seed: int) -> Images:
    """The other 300 visible images, none from a base image of the training part."""
    x, y = visible(seed)
    return x[TRAINED:], y[TRAINED:]


def earlier(seed: int) -> Images:
    """Fewer images for another training: what a team had a month ago."""
    x, y = training(seed)
    return x[:EARLIER], y[:EARLIER]


def broken(seed: int) -> Images:
    """The training part after an accident: some pixels are no numbers any more."""
    x, y = training(seed)
    x = x.copy()
    x[::7, ::5] = np.nan
    return x, y


@cache
def hidden(seed: int) -> Images:
    """Images of the same kind, drawn from base images that are never visible."""
    return digits(seed, HIDDEN, "hidden")


def asked(seed: int) -> tuple[Images, npt.NDArray[np.intp]]:
    """Hidden images first, then those of the validation; and the order in which they are asked.

    Whoever answers cannot tell from the place of an image which of the two it is.
    """
    parts = [hidden(seed), validation(seed)]
    x, y = (np.concatenate(part) for part in zip(*parts, strict=True))
    return (x, y), np.random.default_rng([seed, 2]).permutation(len(x))


def packed(**arrays: npt.NDArray[np.generic]) -> bytes:
    """The arrays as the bytes of an `.npz` file."""
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def write(seed: int, folder: Path) -> None:
    """Write what `train` reads, and a public hold-out: `inputs.npz` and its `labels.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (x, y) in {"train": training(seed), "validation": validation(seed)}.items():
        (folder / f"{name}.npz").write_bytes(packed(x=x, y=y))
    x, y = hidden(seed)
    (folder / "inputs.npz").write_bytes(packed(x=x))
    (folder / "labels.json").write_text(json.dumps(y.tolist()))


def main() -> None:
    """Write data to train and try with at home."""
    words = argparse.ArgumentParser(description="Draw digits to train and try with.")
    words.add_argument("--seed", type=int, default=1, help="another seed, other corruptions")
    words.add_argument("--out", type=Path, default=Path("data"), help="folder to write to")
    chosen = words.parse_args()
    write(chosen.seed, chosen.out)


if __name__ == "__main__":
    main()
