"""The training: what it shows the network, and that it learns from it."""

import torch

from digit_service.train import corrupt, fit, load_pictures


def test_pictures_held_back_are_not_trained_on() -> None:
    x, y, held_x, held_y = load_pictures()
    assert (len(x), len(held_x)) == (1347, 450) == (len(y), len(held_y))
    shown = {picture.numpy().tobytes() for picture in x}
    assert not shown & {picture.numpy().tobytes() for picture in held_x}
    assert (x.min(), x.max()) == (0, 1)


def test_corruption_changes_each_picture_in_its_own_way() -> None:
    torch.manual_seed(0)
    same = torch.full((8, 1, 8, 8), 0.5)
    seen = corrupt(same)
    assert seen.shape == same.shape
    assert seen.min() >= 0 and seen.max() <= 1
    assert len({picture.numpy().tobytes() for picture in seen}) == 8


def test_a_few_epochs_teach_something_and_the_same_seed_teaches_the_same() -> None:
    x, y, held_x, held_y = load_pictures()
    networks = []
    for _ in range(2):
        torch.manual_seed(1)
        networks.append(fit(x, y, epochs=3).eval())
    first, again = (network(held_x) for network in networks)
    assert torch.equal(first, again)
    assert (first.argmax(dim=1) == held_y).float().mean() > 0.8
