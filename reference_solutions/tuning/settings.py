"""What the environment asks for. Every wrong value is told in words that name the setting."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """How far and from which chance to search, and under which name."""

    trials: int  # to add to the study
    seed: int
    max_epochs: int  # of one trial
    worker: str

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Settings":
        """Raises ValueError."""
        return cls(
            trials=_whole(environment, "N_TRIALS", lowest=1),
            seed=_whole(environment, "SEED", lowest=0),
            max_epochs=_whole(environment, "MAX_EPOCHS", lowest=1),
            worker=environment.get("WORKER", "one"),
        )


def _whole(environment: Mapping[str, str], name: str, lowest: int) -> int:
    said = environment.get(name, "")
    if not (said.isascii() and said.isdigit()) or int(said) < lowest:
        raise ValueError(f"{name} must be a whole number from {lowest}, not {said!r}")
    return int(said)
