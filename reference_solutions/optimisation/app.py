"""The web interface: `/health`, `/predict` and `/stats`."""

import json
from pathlib import Path

import numpy as np
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from batcher import Batcher
from model import PIXELS, Array, Model

LARGEST_REQUEST = 1000  # images


def create_app(folder: Path) -> Starlette:
    """The service around the variant whose file lies in `folder`."""
    model = Model(folder)  # before anything listens: a healthy service has its model
    batcher = Batcher(model)

    async def health(_request: Request) -> JSONResponse:
        return JSONResponse({"status": "ok"})

    async def predict(request: Request) -> JSONResponse:
        try:
            pixels = read(await request.body())
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            return JSONResponse({"detail": f"not a good request: {error}"}, status_code=422)
        scores = await batcher.scores(pixels)
        return JSONResponse({"scores": scores.astype(float).round(6).tolist()})

    async def stats(_request: Request) -> JSONResponse:
        return JSONResponse({"calls": model.calls, "images": model.images})

    return Starlette(
        routes=[
            Route("/health", health),
            Route("/predict", predict, methods=["POST"]),
            Route("/stats", stats),
        ]
    )


def read(body: bytes) -> Array:
    """The images [N, 64] of a request. Raises ValueError, TypeError or KeyError."""
    rows = json.loads(body)["images"]
    pixels = np.array(rows, dtype=np.float32)
    if pixels.ndim != 2 or pixels.shape[1] != PIXELS or len(pixels) > LARGEST_REQUEST:
        raise ValueError(f"`images` must be 1 to {LARGEST_REQUEST} rows of {PIXELS} numbers")
    if not np.isfinite(pixels).all():
        raise ValueError("pixels must be finite")
    return pixels
