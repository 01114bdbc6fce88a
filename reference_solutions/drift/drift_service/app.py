"""The web interface. A request is checked as a whole before anything is changed by it."""

from threading import Lock
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from drift_service.learner import Learner, NotTaughtError
from drift_service.messages import Batch, Feedback, MisfitError, Predictions, Reference

SHOWN = 5  # mistakes of one request that an answer names


def create_app() -> FastAPI:
    """The service; it knows nothing until it gets a reference."""
    app = FastAPI(title="Drift service")
    app.add_exception_handler(RequestValidationError, explain)
    app.add_exception_handler(MisfitError, refuse)
    app.add_exception_handler(NotTaughtError, ask_for_reference)
    learner, lock = Learner(), Lock()

    @app.get("/health")
    def health() -> dict[str, str]:
        """Whether the service can take a reference."""
        return {"status": "ok"}

    @app.post("/reference")
    def teach(body: Reference) -> dict[str, int]:
        """Start anew."""
        with lock:
            return {"version": learner.learn(body)}

    @app.post("/predict")
    def predict(body: Batch) -> Predictions:
        """Predict one batch of traffic."""
        with lock:
            return Predictions(predictions=learner.predict(body), version=learner.version)

    @app.post("/feedback")
    def feedback(body: Feedback) -> dict[str, int]:
        """Take the labels of earlier traffic."""
        with lock:
            return {"version": learner.take_feedback(body)}

    @app.get("/drift")
    def drift() -> dict[str, Any]:
        """Whether traffic has changed, where, and since when."""
        with lock:
            return learner.report()

    return app


async def explain(_request: Request, error: RequestValidationError) -> JSONResponse:
    """Say where a request is wrong, and never repeat its values: a NaN is not valid JSON."""
    mistakes = [
        f"{'.'.join(str(part) for part in mistake['loc'])}: {mistake['msg']}"
        for mistake in error.errors()[:SHOWN]
    ]
    return JSONResponse({"detail": mistakes}, status_code=422)


async def refuse(_request: Request, error: MisfitError) -> JSONResponse:
    """Say what is wrong with rows that do not fit the reference."""
    return JSONResponse({"detail": str(error)}, status_code=422)


async def ask_for_reference(_request: Request, _error: NotTaughtError) -> JSONResponse:
    """Say what has to come first."""
    return JSONResponse({"detail": "send POST /reference first"}, status_code=409)
