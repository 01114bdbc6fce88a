"""Makes the variants and their table: `python optimise.py base.npz variants`."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from layers import BRIGHTEST, FILE, Array, Kept, Network, eight_bits, pruned
from train import corrupted

PRUNED = 0.25  # share of the weights


def base(layers: dict[str, Array]) -> Kept:
    """float32, as trained."""
    return dict(layers)


def half(layers: dict[str, Array]) -> Kept:
    """float16."""
    return {name: values.astype(np.float16) for name, values in layers.items()}


def small(layers: dict[str, Array]) -> Kept:
    """Weights of 8 bits with a scale for each unit."""
    kept: Kept = {}
    for name, values in layers.items():
        if name[0] == "w":
            kept[name], kept[f"s{name[1:]}"] = eight_bits(values)
        else:
            kept[name] = values
    return kept


def optimised(layers: dict[str, Array]) -> Kept:
    """A quarter of the weights pruned, the others of 8 bits, deflated."""
    return small({n: pruned(v, PRUNED) if n[0] == "w" else v for n, v in layers.items()})


VARIANTS: dict[str, Callable[[dict[str, Array]], Kept]] = {
    "base": base,
    "half": half,
    "small": small,
    "optimised": optimised,
}


def main(path: Path, out: Path) -> None:
    """Write each variant to its folder, and measure all on the same pictures held back."""
    with np.load(path, allow_pickle=False) as file:
        layers = dict(file)
    x, y = corrupted(np.random.default_rng(1), held_back=True, copies=5)
    table, labels = {}, {}
    for name, make in VARIANTS.items():
        folder = out / name
        folder.mkdir(parents=True)
        save = np.savez_compressed if make is optimised else np.savez
        save(folder / FILE, **make(layers))
        labels[name] = Network(folder).scores(x * BRIGHTEST).argmax(axis=1)
        table[name] = {
            "technique": (make.__doc__ or name).rstrip("."),
            "bytes": (folder / FILE).stat().st_size,
            "accuracy": float(np.mean(labels[name] == y)),
            "agreement": float(np.mean(labels[name] == labels["base"])),
        }
    (out / "variants.json").write_text(json.dumps(table, indent=1))
    print(json.dumps(table, indent=1))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
