"""Each check of the optimisation lab passes for a good image, and fails for its flaw."""

import functools
import inspect
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from lab_specs.kit import Failure
from lab_specs.loader import load_lab
from tests.lab_specs.labs.judged import LABS, judged
from tests.lab_specs.labs.optimisation_oracle import Oracle

SEED, HIDDEN = 5, 300
CHECKS = [check.id for check in load_lab(LABS / "optimisation").checks]
FLAWS = {
    "optimised_answers": ["constant"],
    "base_accuracy": ["base_is_constant", "reversed"],
    "accuracy_kept": ["constant", "half_the_digits"],
    "labels_agree": ["another_model", "half_the_digits"],
    "scores_stay": ["softer"],
    "half_the_size": ["float_renamed", "tiny_base"],
    "byte_per_weight": ["sixteen_bits"],
    "less_than_a_byte": ["eight_bits", "padded"],
    "files_are_served": ["serves_its_own"],
    "batch_equals_singles": ["reversed"],
    "batch_is_one_call": ["a_call_for_each", "counts_no_images", "counts_requests_twice"],
    "requests_share_calls": ["shares_nothing", "mixes_up"],
    "table_is_true": ["bytes_on_paper", "forgets_a_row"],
    "several_variants": ["two_variants", "twins", "boasts"],
    "choice_follows": ["no_agreement", "agrees_too_well", "wrong_choice"],
}


@pytest.fixture(scope="module")
def lab() -> Iterator[ModuleType]:
    with judged("optimisation") as module:
        yield module


@pytest.fixture(autouse=True)
def smaller(lab: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer images and a smaller base; requests at the same time need no sockets."""
    monkeypatch.setattr(lab, "LEAST_BASE", 0.1)
    monkeypatch.setattr(lab, "RIGHT", 0.75)
    monkeypatch.setattr(lab, "AGREE", 0.95)
    monkeypatch.setattr(lab, "CLOSE", 0.1)
    monkeypatch.setattr(lab, "at_once", lambda service, images: service.at_once(images))


@functools.cache
def drawn(lab: ModuleType) -> tuple[np.ndarray, np.ndarray]:
    """Some of the hidden images, and their labels."""
    x, y = lab.hidden(SEED)
    return x[:HIDDEN], y[:HIDDEN]


class Attempt:
    """What the checks are handed, made once for each flaw as fixtures are."""

    def __init__(self, lab: ModuleType, folder: Path, flaw: str) -> None:
        oracle = Oracle(folder, flaw)
        x, y = drawn(lab)
        lineup = lab.export(oracle)
        for name in ("base", "optimised"):
            lineup.place(name, name)
        self.figures: list[Any] = []
        pair = {name: oracle.serve(name) for name in ("base", "optimised")}
        found = {name: lab.scores(service, x) for name, service in pair.items()}
        self.values: dict[str, Any] = {
            "lineup": lineup,
            "launch": oracle.launch,
            "drawn": (x, y),
            "images": x,
            "truth": y,
            "pair": pair,
            "measured": found,
            "show": self.figures.append,
            "seed": SEED,
            **pair,
            **{f"{name}_scores": scores for name, scores in found.items()},
        }

    def run(self, lab: ModuleType, check: str) -> None:
        function = getattr(lab, f"test_{check}")
        function(**{name: self.values[name] for name in inspect.signature(function).parameters})


def test_every_check_passes_for_a_good_image(lab: ModuleType, tmp_path: Path) -> None:
    attempt = Attempt(lab, tmp_path, "")
    for check in CHECKS:
        attempt.run(lab, check)
    (figure,) = attempt.figures
    assert [series.name for series in figure.series] == ["base", "half", "small", "optimised"]


def test_every_check_has_a_flaw() -> None:
    assert list(FLAWS) == CHECKS


@pytest.mark.parametrize(
    ("check", "flaw"), [(check, flaw) for check, flaws in FLAWS.items() for flaw in flaws]
)
def test_a_check_fails_for_its_flaw(lab: ModuleType, tmp_path: Path, check: str, flaw: str) -> None:
    attempt = Attempt(lab, tmp_path, flaw)
    if check == "choice_follows":
        measured = attempt.values["measured"]
        measured |= dict.fromkeys(("half", "small"), measured["base"])
    with pytest.raises(Failure):
        attempt.run(lab, check)


def test_savings_are_shown(
    lab: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(lab.savings.__globals__, "ROUNDS", 2)
    attempt = Attempt(lab, tmp_path, "")
    lineup, pair, images = (attempt.values[name] for name in ("lineup", "pair", "images"))
    figure = lab.savings(pair, lineup.sizes, images)
    (series,) = figure.series
    assert series.x[:2] == ("size", "start")
    assert 0 < series.y[0] < 0.2
    assert np.isclose(series.y[1], 1)
