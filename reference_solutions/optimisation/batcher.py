"""Requests that come at the same time share a call of the model."""

import asyncio

import numpy as np

from model import Array, Model

WAIT = 0.002  # seconds that the first request gives to others
LARGEST_BATCH = 4096  # images in one call of the model


class Batcher:
    """Gathers waiting images while the model computes, and hands everybody their own scores."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._waiting: list[tuple[Array, asyncio.Future[Array]]] = []
        self._work: asyncio.Task[None] | None = None

    async def scores(self, pixels: Array) -> Array:
        """Scores of the images [N, 64] of one request."""
        mine = asyncio.get_running_loop().create_future()
        self._waiting.append((pixels, mine))
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._drain())
        return await mine

    async def _drain(self) -> None:
        while self._waiting:
            await asyncio.sleep(WAIT)
            batch, self._waiting = self._waiting, []
            await self._answer(batch)

    async def _answer(self, batch: list[tuple[Array, asyncio.Future[Array]]]) -> None:
        images = np.concatenate([pixels for pixels, _ in batch])
        try:
            # In a thread, so that new requests are read meanwhile.
            scores = await asyncio.to_thread(self._model.scores, images)
        except Exception as error:  # whatever the runtime raises belongs to those who wait
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            return
        ends = np.cumsum([len(pixels) for pixels, _ in batch])[:-1]
        for (_, future), part in zip(batch, np.split(scores, ends), strict=True):
            if not future.done():  # its client may have gone
                future.set_result(part)
