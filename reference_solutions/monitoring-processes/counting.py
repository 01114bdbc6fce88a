"""What is counted and logged. All processes of the service share the counts through files."""

import json
import sys
from datetime import datetime, timezone

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

OUTCOMES = {2: "ok", 4: "refused", 5: "failed"}  # by the first digit of the status
LEVELS = {"ok": "INFO", "refused": "WARNING", "failed": "ERROR"}

REQUESTS = Counter("predict_requests_total", "Requests by outcome.", ["outcome"])
DIGITS = Counter("predicted_digits_total", "Digits by label.", ["label"])
SECONDS = Histogram("predict_duration_seconds", "Time of good requests.")
MODEL = Gauge("model_in_use", "The model that answers.", ["model"], multiprocess_mode="mostrecent")

for outcome in LEVELS:
    REQUESTS.labels(outcome)
for label in range(10):
    DIGITS.labels(str(label))


def page() -> bytes:
    """The counts of all processes."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    return generate_latest(registry)


def tell_model(name: str, names: list[str]) -> None:
    """Say which model is in use."""
    for one in names:
        MODEL.labels(one).set(one == name)


def tell_request(request_id: str, status: int, seconds: float) -> None:
    """Count and log one request."""
    outcome = OUTCOMES[status // 100]
    REQUESTS.labels(outcome).inc()
    if outcome == "ok":
        SECONDS.observe(seconds)
    line = {
        "time": datetime.now(timezone.utc).isoformat(),
        "level": LEVELS[outcome],
        "message": f"POST /predict {status}",
        "request_id": request_id,
        "outcome": outcome,
        "seconds": round(seconds, 6),
    }
    # One write of a whole line: the processes share this output.
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
