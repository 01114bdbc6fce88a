import numpy as np
import pytest
from sklearn.datasets import load_digits

from lab_specs import digits as generator
from lab_specs.digits import Part, digits


@pytest.mark.parametrize(("part", "size"), [("train", 1347), ("hidden", 450)])
def test_each_base_image_of_a_part_is_drawn_once(part: Part, size: int) -> None:
    x, y = digits(seed=1, part=part)
    assert x.shape == (size, 64)
    assert x.dtype == np.float32
    assert (x.min(), x.max()) == (0, 16)
    assert y.shape == (size,)
    assert y.dtype == np.int64
    assert set(y) == set(range(10))


def test_the_same_seed_gives_the_same_digits_and_another_seed_gives_others() -> None:
    first, again, other = (digits(seed=seed, count=50) for seed in (1, 1, 2))
    assert np.array_equal(first[0], again[0])
    assert np.array_equal(first[1], again[1])
    assert not np.array_equal(first[0], other[0])


def test_a_large_count_draws_base_images_again_with_another_corruption() -> None:
    x, y = digits(seed=1, count=2000, part="hidden")
    assert len(y) == 2000
    assert len(np.unique(x, axis=0)) == 2000


def test_no_hidden_base_image_is_in_the_training_part(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TURN", "SHIFT", "NOISE"):
        monkeypatch.setattr(generator, name, 0)
    train, hidden = digits(seed=1), digits(seed=2, part="hidden")
    assert not {row.tobytes() for row in train[0]} & {row.tobytes() for row in hidden[0]}
    pictures = {row.astype(np.float32).tobytes() for row in load_digits().data}
    assert {row.tobytes() for row in np.concatenate([train[0], hidden[0]])} == pictures


def test_pictures_stay_where_they_belong_when_nothing_is_corrupted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("TURN", "SHIFT", "NOISE"):
        monkeypatch.setattr(generator, name, 0)
    label_of = {
        row.astype(np.float32).tobytes(): y
        for row, y in zip(*load_digits(return_X_y=True), strict=True)
    }
    x, y = digits(seed=3)
    assert [label_of[row.tobytes()] for row in x] == y.tolist()
