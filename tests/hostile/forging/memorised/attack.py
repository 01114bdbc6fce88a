from collections.abc import Iterator

import numpy as np
from labelled import job, write


def nearest() -> Iterator[tuple[int, object]]:
    """The label of most of the five public digits that look most like each."""
    public = np.load("public.npz")
    asked = np.load("/in/inputs.npz")["x"]
    known, names = public["x"].astype(np.float32), public["y"]
    size = (known**2).sum(1)
    for first in range(0, len(asked), 100):
        distance = size - 2 * asked[first : first + 100] @ known.T
        near = names[np.argpartition(distance, 5)[:, :5]]
        for row, votes in enumerate(near, first):
            yield row, np.bincount(votes).argmax()


job(lambda: write(nearest()))
