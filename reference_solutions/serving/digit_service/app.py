"""The web interface: `/health`, `/predict`, and the description of both in `/openapi.json`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from digit_service.body_limit import BodyLimit
from digit_service.model import BRIGHTEST, PIXELS, Classifier

BODY_LIMIT = 1024 * 1024  # bytes: some thousand digits
SHOWN = 5  # mistakes of one request that an answer names

# Strict: "7" is no number. JSON as Python reads it knows NaN, and a model must not see it.
Pixel = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0, le=BRIGHTEST)]
Row = Annotated[list[Pixel], Field(min_length=PIXELS, max_length=PIXELS)]


class Instances(BaseModel):
    """Digits to read: rows of 64 pixel values from 0 to 16."""

    instances: Annotated[list[Row], Field(min_length=1)]


class Predictions(BaseModel):
    """One label from 0 to 9 per instance, in the same order."""

    predictions: list[int]


def create_app(weights: Path) -> FastAPI:
    """The service around the model in the file `weights`."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        # The server listens only after this, so a healthy service always has its model.
        app.state.classifier = Classifier.load(weights)
        yield

    app = FastAPI(title="Digit service", lifespan=lifespan)
    app.add_middleware(BodyLimit, limit=BODY_LIMIT)
    app.add_exception_handler(RequestValidationError, explain)

    @app.get("/health")
    def health() -> dict[str, str]:
        """Whether the service can predict."""
        return {"status": "ok"}

    @app.post("/predict")
    def predict(body: Instances) -> Predictions:
        """Read the digits."""
        return Predictions(predictions=app.state.classifier.predict(body.instances))

    return app


async def explain(_request: Request, error: RequestValidationError) -> JSONResponse:
    """Say where a request is wrong, and never repeat its values: a NaN is not valid JSON."""
    mistakes = [
        f"{'.'.join(str(part) for part in mistake['loc'])}: {mistake['msg']}"
        for mistake in error.errors()[:SHOWN]
    ]
    return JSONResponse({"detail": mistakes}, status_code=422)
