"""The image's entrypoint: `build` makes the models."""

import sys
from pathlib import Path

import numpy as np

from learning import network, prune, train
from network import plain, quantised

CALIBRATION = 300  # images that tell how large activations get


def build(data: Path, out: Path) -> None:
    with np.load(data, allow_pickle=False) as arrays:
        x, y = arrays["x"], arrays["y"]
    model = train(x, y)
    dense, sparse = network(model), network(prune(model, x, y))
    (out / "float.tflite").write_bytes(plain(dense))
    (out / "ptq.tflite").write_bytes(quantised(dense, x[:CALIBRATION]))
    (out / "pruned.tflite").write_bytes(plain(sparse))
    (out / "small.tflite").write_bytes(quantised(sparse, x[:CALIBRATION]))


if __name__ == "__main__":
    if sys.argv[1:] != ["build"]:
        sys.exit(f"unknown command {' '.join(sys.argv[1:])!r}: say build")
    build(Path("/data/train.npz"), Path("/models"))
