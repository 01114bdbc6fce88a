"""A small world of three features, two of which tell the label."""

import torch
from torch import Tensor

PERIOD = 4


def draw(count: int, seed: int, shift: float = 0.0) -> tuple[Tensor, Tensor]:
    """Rows [N, 3] and labels; the first feature is shifted after the label is known."""
    rows = torch.randn(count, 3, generator=torch.Generator().manual_seed(seed))
    labels = (rows[:, 0] + rows[:, 1] > 0).long()
    rows[:, 0] += shift
    return rows, labels


def reference() -> dict[str, object]:
    """The body of `POST /reference`."""
    rows, labels = draw(800, seed=0)
    return {
        "features": ["a", "b", "c"],
        "period": PERIOD,
        "rows": rows.tolist(),
        "labels": labels.tolist(),
    }
