"""Counts what a model is made of: each number that it carries, and what is done with it."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

NAMES_CAP = 40  # kinds of operations that are told
NAME_CAP = 60  # characters of one

Numbers = npt.NDArray[Any]


@dataclass
class Census:
    """`constants` counts every number in the graph, wherever it stands.

    `integer` of them are weights that an operation multiplies with integers; `zeros` stand for
    zero; `choices` is the largest number of different values among the weights of one such
    operation. `dynamic` says that a scale is worked out while the model runs.
    """

    operations: Counter[str] = field(default_factory=Counter)
    constants: int = 0
    integer: int = 0
    zeros: int = 0
    choices: int = 0
    dynamic: bool = False

    def count(self, numbers: Numbers, *, integer: bool = False, zero: Numbers | int = 0) -> None:
        """Add one constant; `zero` is the value that stands for zero there."""
        self.constants += numbers.size
        self.zeros += int(np.count_nonzero(numbers == zero))
        if integer:
            self.integer += numbers.size
            self.choices = max(self.choices, np.unique(numbers).size)

    def told(self) -> dict[str, Any]:
        """The census as plain JSON."""
        most = self.operations.most_common(NAMES_CAP)
        return {
            "operations": {name[:NAME_CAP]: count for name, count in most},
            "constants": self.constants,
            "integer": self.integer,
            "zeros": self.zeros,
            "choices": self.choices,
            "dynamic": self.dynamic,
        }


def unpacked(raw: npt.NDArray[np.uint8], bits: int, count: int) -> Numbers:
    """Signed numbers of 4 or 2 bits that lie side by side in bytes, the lowest bits first."""
    parts = [(raw >> shift) & (2**bits - 1) for shift in range(0, 8, bits)]
    values = np.stack(parts, axis=-1).reshape(-1)[:count].astype(np.int8)
    return np.where(values >= 2 ** (bits - 1), values - 2**bits, values)
