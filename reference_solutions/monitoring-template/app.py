"""A start for the monitoring lab: it builds and listens, and everything else is yours."""

import os
import sys

import uvicorn
from fastapi import FastAPI, HTTPException

app = FastAPI(title="Digits, watched")


@app.get("/health")
def health() -> dict[str, str]:
    """Answer 200 as soon as digits can be read."""
    return {"status": "ok"}


@app.post("/predict")
def predict() -> None:
    """Read digits, count them, and log the request."""
    raise HTTPException(501, "prediction is not written yet")


@app.post("/model")
def use() -> None:
    """Change the model in use."""
    raise HTTPException(501, "there is no model yet")


@app.get("/metrics")
def metrics() -> None:
    """Tell Prometheus what was counted."""
    raise HTTPException(501, "nothing is counted yet")


if __name__ == "__main__":
    if sys.argv[1:] == ["monitoring"]:
        sys.exit("prometheus.yml, rules.yml and dashboard.json are not written yet")
    uvicorn.run(app, host="0.0.0.0", port=int(os.environ["PORT"]))
