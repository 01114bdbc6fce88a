import json
from pathlib import Path

import pytest
import torch
from torch import Tensor

import train as training
from train import train


def weights(path: Path) -> Tensor:
    state = torch.load(path / "model.pt", weights_only=True)
    return torch.cat([values.double().flatten() for values in state.values()])


def record(out: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]


def test_each_epoch_leaves_a_line_and_the_loss_falls(data: Path, out: Path) -> None:
    train(data, out, seed=1, max_epochs=8)
    lines = record(out)
    assert [line["epoch"] for line in lines] == list(range(1, 9))
    assert lines[-1]["train_loss"] < lines[0]["train_loss"] / 2
    assert lines[-1]["val_accuracy"] > 0.8


def test_the_seed_decides_everything(data: Path, tmp_path: Path) -> None:
    runs = {}
    for name, seed in [("one", 1), ("again", 1), ("other", 2)]:
        out = tmp_path / name
        out.mkdir()
        train(data, out, seed=seed, max_epochs=2)
        runs[name] = weights(out)
    assert torch.equal(runs["one"], runs["again"])
    assert not torch.equal(runs["one"], runs["other"])


def test_a_training_that_breaks_off_leaves_a_record_and_no_model(
    data: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measure, calls = training.evaluate, []

    def break_off_in_the_third_epoch(*args: object) -> tuple[float, float]:
        calls.append(args)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return measure(*args)

    monkeypatch.setattr(training, "evaluate", break_off_in_the_third_epoch)
    with pytest.raises(KeyboardInterrupt):
        train(data, out, seed=1, max_epochs=5)
    assert len(record(out)) == 2
    assert [path.name for path in out.iterdir()] == ["metrics.jsonl"]


def test_the_split_loses_no_image_and_mixes_none() -> None:
    x = torch.arange(100.0).unsqueeze(1)
    (kept, kept_y), (out, out_y) = training.split(x, torch.arange(100))
    assert len(out) == 15
    assert sorted(torch.cat([kept_y, out_y]).tolist()) == list(range(100))
    assert torch.equal(kept.squeeze(1).long(), kept_y)
    assert torch.equal(out.squeeze(1).long(), out_y)


def test_augmentation_moves_images_and_keeps_their_shape_and_brightness() -> None:
    images = torch.zeros(50, 8, 8)
    images[:, 3:5, 3:5] = 16
    moved = training.augment(images.view(50, 64)).view(50, 8, 8)
    assert moved.shape == images.shape
    assert not torch.equal(moved, images)
    assert 0 <= moved.min() and moved.max() <= 16
    assert torch.allclose(moved.sum((1, 2)), images.sum((1, 2)), rtol=0.15)
