"""The web interface around the variant in /model."""

import math
from pathlib import Path
from typing import Any

import numpy as np
from flask import Flask, request
from werkzeug.exceptions import HTTPException

from layers import Array, Network

PIXELS, MOST = 64, 1000


def load(folder: str = "/model") -> Flask:
    """The application. Raises when the folder holds no variant."""
    network = Network(Path(folder))
    app = Flask(__name__)

    @app.get("/health")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.post("/predict")
    def predict() -> tuple[dict[str, Any], int]:
        pixels = _pixels(request.get_json())
        if pixels is None:
            return {"detail": f"`images` must be 1 to {MOST} rows of {PIXELS} finite numbers"}, 422
        return {"scores": network.scores(pixels).round(6).tolist()}, 200

    @app.get("/stats")
    def stats() -> dict[str, int]:
        return {"calls": network.calls, "images": network.images}

    @app.errorhandler(HTTPException)
    def refuse(error: HTTPException) -> tuple[dict[str, str], int]:
        return {"detail": error.description or "a bad request"}, error.code or 400

    return app


def _pixels(said: Any) -> Array | None:
    """The images of a request; None when they are not what they should be."""
    rows = said.get("images") if isinstance(said, dict) else None
    if not isinstance(rows, list) or not 0 < len(rows) <= MOST:
        return None
    if not all(isinstance(row, list) and len(row) == PIXELS for row in rows):
        return None
    if not all(type(v) in (int, float) and math.isfinite(v) for row in rows for v in row):
        return None
    return np.array(rows, dtype=np.float32)
