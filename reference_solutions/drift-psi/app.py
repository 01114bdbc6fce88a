"""A Flask application that predicts with a linear model and tells drift by an index.

It does not learn again by itself: labels are checked, and left to people.
"""

from dataclasses import dataclass
from threading import Lock
from typing import Any

from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from werkzeug.exceptions import Conflict, HTTPException

from index import ALARM, Index
from requests_read import read_features, read_labels, read_period, read_rows


@dataclass
class Taught:
    """All that one reference led to."""

    version: int
    features: list[str]
    model: Any
    index: Index


def create_app() -> Flask:
    """The application; it knows nothing until it gets a reference."""
    app = Flask(__name__)
    lock = Lock()
    known: list[Taught] = []  # at most one

    def taught() -> Taught:
        if not known:
            raise Conflict("there is no reference yet; send POST /reference first")
        return known[0]

    @app.get("/health")
    def health() -> ResponseReturnValue:
        return jsonify(status="ok")

    @app.post("/reference")
    def teach() -> ResponseReturnValue:
        document = request.get_json(force=True)
        with lock:
            new = learn(document, version=known[0].version + 1 if known else 1)
            known[:] = [new]
            return jsonify(version=new.version)

    @app.post("/predict")
    def predict() -> ResponseReturnValue:
        document = request.get_json(force=True)
        with lock:
            now = taught()
            rows = read_rows(document, len(now.features))
            predictions = now.model.predict(rows)
            now.index.add(rows, predictions)
            return jsonify(predictions=predictions.tolist(), version=now.version)

    @app.post("/feedback")
    def feedback() -> ResponseReturnValue:
        document = request.get_json(force=True)
        with lock:
            now = taught()
            rows = read_rows(document, len(now.features))
            read_labels(document, len(rows))
            return jsonify(version=now.version)

    @app.get("/drift")
    def drift() -> ResponseReturnValue:
        with lock:
            return jsonify(report(taught()))

    @app.errorhandler(HTTPException)
    def explain(error: HTTPException) -> ResponseReturnValue:
        return jsonify(error=error.description), error.code or 500

    return app


def learn(document: Any, version: int) -> Taught:
    """A model and an index from a reference. Raises `BadRequest`."""
    rows = read_rows(document)
    labels = read_labels(document, len(rows))
    features, period = read_features(document, rows.shape[1]), read_period(document)
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(rows, labels)
    return Taught(version, features, model, Index(rows, model.predict(rows), period))


def report(now: Taught) -> dict[str, Any]:
    """What `GET /drift` answers."""
    told = [{"score": score, "drift": score > ALARM} for score in now.index.scores]
    return {
        "version": now.version,
        "batches": now.index.batches,
        "drift": now.index.since is not None,
        "since": now.index.since,
        "features": dict(zip(now.features, told)),
        "predictions": told[-1],
    }
