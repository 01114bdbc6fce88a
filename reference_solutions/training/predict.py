"""Answers images with a saved model."""

from pathlib import Path

import numpy as np
import torch

from model import load


def predict(model_path: Path, inputs: Path, target: Path) -> None:
    """Write `index,label` rows for the images `x` in `inputs`. Without a sound model, raise."""
    model = load(model_path)
    with np.load(inputs, allow_pickle=False) as arrays:
        images = torch.from_numpy(arrays["x"])
    with torch.no_grad():
        labels = model(images).argmax(dim=1).tolist()
    rows = [f"{index},{label}\n" for index, label in enumerate(labels)]
    target.write_text("index,label\n" + "".join(rows))
