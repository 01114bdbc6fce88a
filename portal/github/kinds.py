"""Every kind of errand: what a worker is told, and what its answer means."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lab_specs.troubles import GitHubTrouble
from portal.github.models import Errand

Told = dict[str, Any]


def as_asked(errand: Errand) -> Told | None:
    """What was asked for, as it was asked."""
    return dict(errand.arguments)


def nothing(errand: Errand, told: Any) -> None:  # noqa: ANN401 - any JSON value
    """Nothing follows from it."""


def whole(told: Any) -> Any:  # noqa: ANN401 - any JSON value
    """All of it."""
    return told


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of errand.

    `prepare` says what the worker is told when it begins, from rows as they are then; None: there
    is nothing left to do. `answered` runs in the transaction that ends the errand. `failed` hears
    that it was given up, and why; in the transaction that says so. `kept` is what of an answer is
    stored with the errand: no secret.
    """

    prepare: Callable[[Errand], Told | None] = as_asked
    answered: Callable[[Errand, Any], None] = nothing
    failed: Callable[[Errand, GitHubTrouble], None] = nothing
    kept: Callable[[Any], Any] = whole


KINDS: dict[str, Kind] = {}
