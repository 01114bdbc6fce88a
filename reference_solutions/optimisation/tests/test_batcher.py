"""Requests share calls, and nobody gets another's scores."""

import asyncio

import numpy as np
import pytest

from batcher import Batcher
from model import Array


class Echo:
    """A model whose scores tell which image they belong to."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def scores(self, pixels: Array) -> Array:
        self.sizes.append(len(pixels))
        return pixels[:, :1] * 2


class Broken:
    """A model that cannot compute."""

    def scores(self, pixels: Array) -> Array:
        raise RuntimeError("no memory")


def image(number: int, count: int = 1) -> Array:
    return np.full((count, 64), number, dtype=np.float32)


def test_waiting_requests_share_a_call_and_get_their_own_scores() -> None:
    model = Echo()

    async def ask() -> list[Array]:
        batcher = Batcher(model)  # type: ignore[arg-type]
        return await asyncio.gather(*(batcher.scores(image(i, 1 + i % 3)) for i in range(10)))

    answers = asyncio.run(ask())
    assert model.sizes == [sum(1 + i % 3 for i in range(10))]
    for i, answer in enumerate(answers):
        assert answer.tolist() == [[2.0 * i]] * (1 + i % 3)


def test_a_broken_call_is_told_to_all_and_the_next_one_is_tried() -> None:
    async def ask() -> None:
        batcher = Batcher(Broken())  # type: ignore[arg-type]
        for _ in range(2):
            with pytest.raises(RuntimeError, match="no memory"):
                await asyncio.wait_for(batcher.scores(image(1)), timeout=5)

    asyncio.run(ask())
