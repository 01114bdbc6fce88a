"""A start for the serving lab: it builds and listens, and everything else is yours."""

import os

import uvicorn
from fastapi import FastAPI, HTTPException

app = FastAPI(title="Digit service")


@app.get("/health")
def health() -> dict[str, str]:
    """Answer 200 only once the model can predict. There is no model yet."""
    raise HTTPException(503, "no model is loaded")


@app.post("/predict")
def predict() -> None:
    """Read the digits of the request."""
    raise HTTPException(501, "prediction is not written yet")


if __name__ == "__main__":
    uvicorn.run(app, host="0.0.0.0", port=int(os.environ["PORT"]))
