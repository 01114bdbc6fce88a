"""A Flask application that reads digits with one of two models."""

import os
import time
import uuid
from pathlib import Path

import joblib
import numpy as np
from flask import Flask, Response, g, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest, HTTPException

import counting

NAMES = ["small", "large"]
CHOSEN = Path("/tmp/model")  # which of them; all processes read it


def create_app() -> Flask:
    """The application of one process."""
    app = Flask(__name__)
    models = {name: joblib.load(f"{name}.joblib") for name in NAMES}
    counting.tell_model(chosen(), NAMES)

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()
        sent = request.headers.get("X-Request-ID", "")
        g.request_id = sent if 0 < len(sent) <= 64 and sent.isprintable() else str(uuid.uuid4())

    @app.after_request
    def end(response: Response) -> Response:
        response.headers["X-Request-ID"] = g.request_id
        if (request.method, request.path) == ("POST", "/predict"):
            seconds = time.perf_counter() - g.began
            counting.tell_request(g.request_id, response.status_code, seconds)
        return response

    @app.get("/health")
    def health() -> ResponseReturnValue:
        return jsonify(status="ok")

    @app.get("/metrics")
    def metrics() -> ResponseReturnValue:
        return Response(counting.page(), mimetype="text/plain")

    @app.post("/predict")
    def predict() -> ResponseReturnValue:
        rows, name = read_rows(request.get_json(force=True)), chosen()
        labels = models[name].predict(rows / 16).tolist()
        for label in labels:
            counting.DIGITS.labels(str(label)).inc()
        return jsonify(predictions=labels, model=name)

    @app.post("/model")
    def use() -> ResponseReturnValue:
        document = request.get_json(force=True)
        name = document.get("model") if isinstance(document, dict) else None
        if name not in NAMES:
            raise BadRequest(f"the models are {' and '.join(NAMES)}")
        new = CHOSEN.with_suffix(f".{os.getpid()}")
        new.write_text(name)
        new.replace(CHOSEN)
        counting.tell_model(name, NAMES)
        return jsonify(model=name)

    @app.errorhandler(HTTPException)
    def explain(error: HTTPException) -> ResponseReturnValue:
        return jsonify(error=error.description), error.code or 500

    return app


def chosen() -> str:
    """The model in use."""
    return CHOSEN.read_text() if CHOSEN.exists() else NAMES[0]


def read_rows(document: object) -> np.ndarray:
    """The field `instances` as an array [N, 64]. Raises `BadRequest`."""
    rows = document.get("instances") if isinstance(document, dict) else None
    if not isinstance(rows, list) or not rows:
        raise BadRequest('expected {"instances": [[64 numbers], …]} with at least one row')
    for number, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != 64:
            raise BadRequest(f"row {number} must be a list of 64 numbers")
        if not all(type(value) in (int, float) and abs(value) < 1e6 for value in row):
            raise BadRequest(f"row {number} holds a value that is no finite number")
    return np.array(rows, dtype=float)
