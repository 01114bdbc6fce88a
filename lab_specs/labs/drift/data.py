"""The worlds of this lab: what a service learns from, and the traffic that it then sees.

The base are scikit-learn's 569 real biopsies: eight measures of each, and whether the tumour was
benign (1) or malignant (0). A row is a real one that is drawn again, a little blurred. Order,
offset and unit of the measures come from the seed. The generator is public, the seed of a verdict
is not. At home, from the root of this project:

    python -m lab_specs.labs.drift.data --seed 1 --out try
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_breast_cancer

MEASURES = {  # name here: column of scikit-learn
    "radius": 0,
    "texture": 1,
    "area": 3,
    "smoothness": 4,
    "compactness": 5,
    "concavity": 6,
    "symmetry": 8,
    "fractal_dimension": 9,
}
TELLING = ("radius", "area", "compactness", "concavity")  # what tells malignant from benign best
PERIOD = 6  # batches of one season
BATCH = 150  # rows
REFERENCE = 1200  # rows: whole seasons
BLUR = 0.15  # standard deviations of the measure
UNIT = 10.0  # spread of a measure, before its unit is changed


@dataclass(frozen=True)
class Traffic:
    """How traffic differs from the reference. Amounts are standard deviations of the measure."""

    shift: Mapping[str, float]  # added to these measures
    stuck: Sequence[str] = ()  # these always show their median
    benign: float | None = None  # share of label 1; None: as in the reference


USUAL = Traffic(shift={})


class World:
    """One stream of rows. The same seed and part give the same stream."""

    def __init__(self, *seed: int, season: float = 0.0) -> None:
        self._rng = np.random.default_rng(seed)
        rows, self._labels = load_breast_cancer(return_X_y=True)
        # No name stands at its alphabetical place, so who mixes up the two orders is seen.
        turn = int(self._rng.integers(1, len(MEASURES)))
        order = sorted(MEASURES)
        self.features = [*order[turn:], *order[:turn]]
        self._rows = _standard(rows[:, [MEASURES[name] for name in self.features]])
        self._unit = UNIT * np.exp(self._rng.normal(0, 0.5, len(self.features)))
        self._offset = self._rng.uniform(-50, 50, len(self.features))
        self.seasonal = self.features[0]
        self._season = season
        self._moment = 0  # batches of this world so far

    def reference(self) -> dict[str, Any]:
        """The body of `POST /reference`: rows of whole seasons, in the order of time."""
        parts = [self.batch(size=REFERENCE // (2 * PERIOD)) for _ in range(2 * PERIOD)]
        return {
            "features": self.features,
            "period": PERIOD,
            "rows": [row for rows, _ in parts for row in rows],
            "labels": [label for _, labels in parts for label in labels],
        }

    def batch(
        self, traffic: Traffic = USUAL, size: int = BATCH
    ) -> tuple[list[list[float]], list[int]]:
        """The next batch: rows, and the labels that only the judge knows."""
        drawn = self._rng.choice(len(self._rows), size, p=self._weights(traffic.benign))
        rows = self._rows[drawn] + self._rng.normal(0, BLUR, (size, len(self.features)))
        season = np.sin(2 * np.pi * self._moment / PERIOD)
        self._moment += 1
        rows[:, 0] += self._season * season
        for column, name in enumerate(self.features):
            rows[:, column] += traffic.shift.get(name, 0.0)
            if name in traffic.stuck:
                rows[:, column] = np.median(self._rows[:, column])
        return (
            np.round(rows * self._unit + self._offset, 2).tolist(),
            self._labels[drawn].tolist(),
        )

    def _weights(self, benign: float | None) -> Any:  # noqa: ANN401 - an array, or None
        if benign is None:
            return None
        is_benign = self._labels == 1
        share = np.where(is_benign, benign, 1 - benign)
        return share / np.where(is_benign, is_benign.sum(), (~is_benign).sum())


def creeping(name: str, share: float, most: float = 2.5) -> Traffic:
    """Traffic in which one measure has gone a share of its way."""
    return replace(USUAL, shift={name: most * share})


def _standard(rows: Any) -> Any:  # noqa: ANN401 - arrays
    """Each column with mean 0 and spread 1; skewed ones are first made even by their logarithm."""
    even = np.log(rows + 0.1 * rows.mean(axis=0))
    return (even - even.mean(axis=0)) / even.std(axis=0)


def write(seed: int, folder: Path) -> None:
    """Write `reference.json`, a usual batch, and one in which a measure is shifted."""
    folder.mkdir(parents=True, exist_ok=True)
    world = World(seed)
    pages: dict[str, dict[str, Any]] = {"reference": world.reference()}
    shifted = Traffic(shift={world.features[2]: 1.5})
    for name, traffic in {"usual": USUAL, "shifted": shifted}.items():
        rows, labels = world.batch(traffic)
        pages[name] = {"rows": rows}
        pages[f"{name}-feedback"] = {"rows": rows, "labels": labels}
    for name, page in pages.items():
        (folder / f"{name}.json").write_text(json.dumps(page))


def main() -> None:
    """Write requests to try with at home."""
    words = argparse.ArgumentParser(description="Draw a reference and two batches.")
    words.add_argument("--seed", type=int, default=1, help="another seed, another world")
    words.add_argument("--out", type=Path, default=Path("try"), help="folder to write to")
    chosen = words.parse_args()
    write(chosen.seed, chosen.out)


if __name__ == "__main__":
    main()
