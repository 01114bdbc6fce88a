"""A start for the drift lab: it builds and listens, and everything else is yours."""

import os

import uvicorn
from fastapi import FastAPI, HTTPException

app = FastAPI(title="Drift service")


@app.get("/health")
def health() -> dict[str, str]:
    """Answer 200 as soon as a reference can be taken."""
    return {"status": "ok"}


@app.post("/reference")
def teach() -> None:
    """Learn from the reference, and keep of it what traffic will be compared with."""
    raise HTTPException(501, "learning is not written yet")


@app.post("/predict")
def predict() -> None:
    """Predict the rows of a batch, and take them into account."""
    raise HTTPException(501, "prediction is not written yet")


@app.post("/feedback")
def feedback() -> None:
    """Take the true labels of earlier rows."""
    raise HTTPException(501, "learning again is not written yet")


@app.get("/drift")
def drift() -> None:
    """Tell whether traffic has drifted, where, and since when."""
    raise HTTPException(501, "drift is not watched yet")


if __name__ == "__main__":
    uvicorn.run(app, host="0.0.0.0", port=int(os.environ["PORT"]))
