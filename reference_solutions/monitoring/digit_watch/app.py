"""The web interface. What is counted and logged is decided in one place: around the request."""

import re
import time
from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import uuid4

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel, Field

from digit_watch.logs import log, log_request
from digit_watch.metrics import Metrics, outcome_of
from digit_watch.models import PIXELS, Classifier

SHOWN = 5  # mistakes of one request that an answer names
ID = re.compile(r"[ -~]{1,64}")

Value = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Row = Annotated[list[Value], Field(min_length=PIXELS, max_length=PIXELS)]


class Digits(BaseModel):
    """Pictures of digits, row by row."""

    instances: Annotated[list[Row], Field(min_length=1, max_length=1000)]


class Choice(BaseModel):
    """A model by its name."""

    model: str


def create_app(models: dict[str, Classifier]) -> FastAPI:
    """The service with its models; the first is in use."""
    app = FastAPI(title="Digits, watched")
    metrics = Metrics(tuple(models))
    app.state.model = next(iter(models))
    metrics.use_model(app.state.model)
    app.add_exception_handler(RequestValidationError, explain)

    @app.middleware("http")
    async def watch(
        request: Request, answer: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        if (request.method, request.url.path) != ("POST", "/predict"):
            return await answer(request)
        began = time.perf_counter()
        request_id = id_of(request)
        try:
            response = await answer(request)
        except Exception:
            log.exception("POST /predict failed")
            response = JSONResponse({"detail": "this service failed"}, status_code=500)
        seconds = time.perf_counter() - began
        outcome = outcome_of(response.status_code)
        metrics.count_request(outcome, seconds)
        log_request(request_id, outcome, seconds, response.status_code)
        response.headers["X-Request-ID"] = request_id
        return response

    @app.get("/health")
    def health() -> dict[str, str]:
        """Whether digits can be read."""
        return {"status": "ok"}

    @app.get("/metrics")
    def page() -> Response:
        """What Prometheus scrapes."""
        return Response(metrics.page(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    @app.post("/predict")
    def predict(digits: Digits) -> dict[str, object]:
        """Read digits with the model in use."""
        model = app.state.model
        labels = models[model].predict(digits.instances)
        metrics.count_digits(labels)
        return {"predictions": labels, "model": model}

    @app.post("/model")
    def use(choice: Choice) -> Response:
        """Change the model in use."""
        if choice.model not in models:
            return JSONResponse({"detail": f"the models are {', '.join(models)}"}, status_code=422)
        app.state.model = choice.model
        metrics.use_model(choice.model)
        return JSONResponse({"model": choice.model})

    return app


def id_of(request: Request) -> str:
    """The id that the client sent, if it can be taken; else a new one."""
    sent = request.headers.get("X-Request-ID", "")
    return sent if ID.fullmatch(sent) else uuid4().hex


async def explain(_request: Request, error: RequestValidationError) -> JSONResponse:
    """Say where a request is wrong, and never repeat its values: a NaN is not valid JSON."""
    mistakes = [
        f"{'.'.join(str(part) for part in mistake['loc'])}: {mistake['msg']}"
        for mistake in error.errors()[:SHOWN]
    ]
    return JSONResponse({"detail": mistakes}, status_code=422)
