import numpy as np

from digit_classifier import images


def spot(row: int, column: int) -> np.ndarray:
    picture = np.zeros((1, 8, 8))
    picture[0, row : row + 2, column : column + 2] = 1.0
    return picture.reshape(1, 64)


def test_moving_nothing_changes_nothing() -> None:
    x = np.random.default_rng(0).uniform(size=(5, 64))
    still = np.zeros(5)
    np.testing.assert_allclose(images.moved(x, still, still, still), x)


def test_a_picture_is_brought_to_the_middle() -> None:
    np.testing.assert_allclose(images.centred(spot(1, 4)), spot(3, 3), atol=1e-6)


def test_an_empty_picture_stays_empty() -> None:
    assert not images.centred(np.zeros((1, 64))).any()


def test_each_picture_moves_by_its_own_amount() -> None:
    down = np.array([1.0, -1.0])
    x = np.concatenate([spot(3, 3), spot(3, 3)])
    moved = images.moved(x, np.zeros(2), down, np.zeros(2))
    np.testing.assert_allclose(moved[0], spot(2, 3)[0])
    np.testing.assert_allclose(moved[1], spot(4, 3)[0])


def test_chance_comes_from_the_generator() -> None:
    x = np.repeat(spot(2, 5), 4, axis=0)
    one, again, other = (images.varied(x, np.random.default_rng(s)) for s in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)
    assert not np.array_equal(one[0], one[1])
