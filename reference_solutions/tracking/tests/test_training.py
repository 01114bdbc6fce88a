import pytest
import torch

from training import Digits, fit

BRIGHTEST = 16.0


def images(count: int = 100) -> Digits:
    """Each digit lights a pixel of its own."""
    y = torch.arange(count) % 10
    x = torch.zeros(count, 64)
    x[torch.arange(count), y] = BRIGHTEST
    return Digits(x, y)


def test_the_loss_falls() -> None:
    losses = [loss for _, loss in fit(images(), epochs=5, seed=1)]
    assert len(losses) == 5
    assert losses[-1] < losses[0]


def test_the_seed_decides() -> None:
    def once(seed: int) -> list[float]:
        return [loss for _, loss in fit(images(), epochs=2, seed=seed)]

    assert once(1) == once(1) != once(2)


def test_what_is_no_number_ends_it() -> None:
    digits = images()
    digits.x[::7, 3] = torch.nan
    with pytest.raises(ValueError, match="epoch 1 is no number"):
        list(fit(digits, epochs=2, seed=1))
