"""The techniques, on a network that has learnt for a moment."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

import train
import variants
from model import FILE, Model
from pictures import BRIGHTEST, corrupt, load


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    torch.manual_seed(0)
    train.export(train.fit(*load(held_back=False), epochs=2).eval(), str(folder / "base.onnx"))
    variants.main(folder / "base.onnx", folder / "variants")
    return folder / "variants"


def test_pictures_stay_in_range() -> None:
    rows = corrupt(load(held_back=True)[0])
    assert rows.shape[1] == 64
    assert 0 <= rows.min() <= rows.max() <= BRIGHTEST


def test_the_table_tells_the_bytes_of_every_file(made: Path) -> None:
    table = json.loads((made / "variants.json").read_text())
    assert set(table) == set(variants.VARIANTS)
    for name, row in table.items():
        assert row["bytes"] == (made / name / FILE).stat().st_size
    assert table["dynamic"]["bytes"] < 0.26 * table["base"]["bytes"]
    assert table["static"]["bytes"] < 0.26 * table["base"]["bytes"]
    assert table["optimised"]["bytes"] < 0.15 * table["base"]["bytes"]


@pytest.mark.parametrize("name", ["dynamic", "static", "optimised"])
def test_a_variant_answers_like_the_base(made: Path, name: str) -> None:
    torch.manual_seed(5)
    pictures = corrupt(load(held_back=True)[0]).numpy()
    usual, now = (Model(made / each).scores(pictures) for each in ("base", name))
    assert np.mean(usual.argmax(axis=1) == now.argmax(axis=1)) > 0.95
