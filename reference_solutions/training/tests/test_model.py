from pathlib import Path

import pytest
import torch

import model
from model import DigitNet


def test_a_loaded_model_answers_as_the_saved_one(out: Path) -> None:
    saved = DigitNet().eval()
    model.save(saved, out / "model.pt")
    images = torch.rand(5, 64) * 16
    assert torch.equal(model.load(out / "model.pt")(images), saved(images))
    assert [path.name for path in out.iterdir()] == ["model.pt"]


def test_nothing_bears_the_models_name_until_it_is_whole(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail_half_way(_: object, path: Path) -> None:
        path.write_bytes(b"half of a mod")
        raise OSError("no space left")

    monkeypatch.setattr(torch, "save", fail_half_way)
    with pytest.raises(OSError, match="no space left"):
        model.save(DigitNet(), out / "model.pt")
    assert not (out / "model.pt").exists()


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_cut_model_is_refused(out: Path, share: float) -> None:
    path = out / "model.pt"
    model.save(DigitNet(), path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises((RuntimeError, EOFError, OSError)):
        model.load(path)
