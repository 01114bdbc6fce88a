"""A Flask application that reads digits with the classifier in `model.joblib`."""

from pathlib import Path
from typing import Any

import joblib
import numpy as np
from flask import Flask, jsonify, request, send_file
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest, HTTPException

PIXELS = 64
BRIGHTEST = 16.0  # pixel values run from 0 to 16
HERE = Path(__file__).parent


def create_app(model: Any) -> Flask:
    """The application around a classifier that has a method `predict`."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = 1024 * 1024  # bytes; counted, not believed

    @app.get("/health")
    def health() -> ResponseReturnValue:
        # Gunicorn loads this application, model and all, before it accepts a connection.
        return jsonify(status="ok")

    @app.get("/openapi.json")
    def openapi() -> ResponseReturnValue:
        return send_file(HERE / "openapi.json")

    @app.post("/predict")
    def predict() -> ResponseReturnValue:
        rows = read_rows(request.get_json(force=True))
        return jsonify(predictions=model.predict(rows / BRIGHTEST).tolist())

    @app.errorhandler(HTTPException)
    def explain(error: HTTPException) -> ResponseReturnValue:
        return jsonify(error=error.description), error.code or 500

    return app


def read_rows(document: Any) -> np.ndarray:
    """The instances of a request as an array [N, 64]. Raises `BadRequest`."""
    rows = document.get("instances") if isinstance(document, dict) else None
    if not isinstance(rows, list) or not rows:
        raise BadRequest('expected {"instances": [[64 numbers], …]} with at least one row')
    for number, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != PIXELS:
            raise BadRequest(f"row {number} must be a list of {PIXELS} numbers")
        if not all(type(value) in (int, float) and 0 <= value <= BRIGHTEST for value in row):
            raise BadRequest(f"row {number} holds a value that is not a number from 0 to 16")
    return np.array(rows, dtype=float)


def load() -> Flask:
    """What Gunicorn calls: the application with the trained model."""
    return create_app(joblib.load(HERE / "model.joblib"))
