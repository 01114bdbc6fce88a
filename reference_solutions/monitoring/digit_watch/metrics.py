"""What the service counts. Every series is there from the start: a change from 0 can be seen."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

OUTCOMES = ("ok", "refused", "failed")
DIGITS = 10
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


def outcome_of(status: int) -> str:
    """What became of a request, by its status."""
    if status < 400:
        return "ok"
    return "refused" if status < 500 else "failed"


class Metrics:
    """The series of one service."""

    def __init__(self, models: tuple[str, ...]) -> None:
        self._registry = CollectorRegistry()
        made = {"registry": self._registry}
        self._requests = Counter(
            "predict_requests_total", "Requests to POST /predict.", ["outcome"], **made
        )
        self._digits = Counter(
            "predicted_digits_total", "Digits that were read, by answer.", ["label"], **made
        )
        self._seconds = Histogram(
            "predict_duration_seconds", "Time of good requests.", buckets=BUCKETS, **made
        )
        self._model = Gauge("model_in_use", "1 for the model that answers.", ["model"], **made)
        self._models = models
        for outcome in OUTCOMES:
            self._requests.labels(outcome)
        for label in range(DIGITS):
            self._digits.labels(str(label))

    def count_request(self, outcome: str, seconds: float) -> None:
        """One request to POST /predict has ended."""
        self._requests.labels(outcome).inc()
        if outcome == "ok":
            self._seconds.observe(seconds)

    def count_digits(self, labels: list[int]) -> None:
        """Digits were read."""
        for label in labels:
            self._digits.labels(str(label)).inc()

    def use_model(self, name: str) -> None:
        """From now on this model answers, and no other."""
        for model in self._models:
            self._model.labels(model).set(model == name)

    def page(self) -> bytes:
        """All of it in the text format."""
        return generate_latest(self._registry)
