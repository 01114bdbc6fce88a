"""Answers images with the model of the best trial."""

import json
from pathlib import Path

import numpy as np
import torch

from model import load, model_path


def predict(out: Path, inputs: Path, target: Path) -> None:
    """Write a list of digits, one for each image `x` in `inputs`, in their order."""
    number = json.loads((out / "best.json").read_text())["number"]
    model = load(model_path(out, number))
    with np.load(inputs, allow_pickle=False) as arrays:
        images = torch.from_numpy(arrays["x"])
    with torch.no_grad():
        labels = model(images).argmax(dim=1).tolist()
    target.write_text(json.dumps(labels))
