"""What the judge asks of the device."""

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Job:
    """Models to run, by the names of their files, and what to run them on.

    `inputs` is an `.npy` of float32 [N, 64]. Each process may use `cpu_seconds` of the processor;
    `seconds` by the clock are a backstop. With `look`, graphs are read as well, and models are
    run a second time with the weights of their integer operations wiped out. `race` are models to
    time against each other, over `rounds` rounds.
    """

    folder: Path
    inputs: str
    models: tuple[str, ...]
    look: bool
    race: tuple[str, ...]
    rounds: int
    cpu_seconds: int
    seconds: float

    @classmethod
    def read(cls, path: Path) -> "Job":
        """The job in a file; raises KeyError or ValueError when it is none."""
        said = json.loads(path.read_text())
        return cls(
            folder=path.parent,
            inputs=said["inputs"],
            models=tuple(said["models"]),
            look=bool(said["look"]),
            race=tuple(said["race"]),
            rounds=int(said["rounds"]),
            cpu_seconds=int(said["cpu_seconds"]),
            seconds=float(said["seconds"]),
        )
