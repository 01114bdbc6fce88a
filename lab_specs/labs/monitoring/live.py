"""A real Prometheus scrapes the service, and its alert goes out to a sink and ends again.

Minutes become seconds: in a copy of the files, addresses are those of the attempt, everything is
looked at twice a second, and an alert waits for one second. `promtool` has proved the waiting.
"""

import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from client import Row, post, predict
from files import ALERTMANAGER, CONFIG, RULES, TARGET, Monitoring
from promql import settled
from promtool import Promtool
from sink import Sink, listening
from spells import BAD

from lab_specs.kit import Service

PACE, GLANCE = "500ms", "250ms"  # between two scrapes, and between two evaluations
WAIT = "500ms"  # the `for` of every rule
STEP_SECONDS = 15.0  # for one step of the story
LOOK_EVERY = 0.15
BURST, QUIET = 25, 60  # requests at a time, bad and good
SHARE = (
    'sum(rate(predict_requests_total{outcome!="ok"}[1m])) / sum(rate(predict_requests_total[1m]))'
)
COMMAND = (
    "exec prometheus --config.file=/work/live/prometheus.yml --storage.tsdb.path=/tmp/data "
    "--web.listen-address=127.0.0.1:$PORT --rules.alert.resend-delay=1s --query.timeout=5s "
    "--query.max-samples=1000000 --log.level=warn"
)


@dataclass
class Story:
    """What happened, told by Prometheus itself and by the sink."""

    scraped: str = "never"  # the health of the target
    fired: bool = False  # as Prometheus says
    told: bool = False  # the sink got it
    ended: bool = False
    told_end: bool = False
    answers: dict[str, str | int] = field(default_factory=dict)  # of queries: numbers, or why none
    moments: list[tuple[float, float, float]] = field(default_factory=list)  # time, share, firing


def live_files(monitoring: Monitoring, *, port: int, sink: int) -> tuple[bytes, bytes]:
    """The configuration and the rules with other addresses, and seconds for minutes."""
    pace = {"scrape_interval": PACE, "scrape_timeout": PACE}
    job = _moved(monitoring.job, TARGET, port) | pace
    config = {
        "global": pace | {"evaluation_interval": GLANCE},
        "rule_files": [RULES],
        "scrape_configs": [job],
        "alerting": _moved(monitoring.config.get("alerting") or {}, ALERTMANAGER, sink),
    }
    rules = _plain(monitoring.rules)
    for group in rules["groups"]:
        group.pop("interval", None)
        for rule in group["rules"]:
            rule.pop("keep_firing_for", None)
            if "alert" in rule:
                rule["for"] = WAIT
    return json.dumps(config).encode(), json.dumps(rules).encode()


def _plain(value: object) -> Any:  # noqa: ANN401 - what YAML can hold, as what JSON can hold
    return json.loads(json.dumps(value, default=str, skipkeys=True))


def _moved(value: object, address: str, port: int) -> Any:  # noqa: ANN401 - as it came
    text = json.dumps(value, default=str, skipkeys=True)
    return json.loads(text.replace(f'"{address}"', f'"127.0.0.1:{port}"'))


@dataclass(frozen=True)
class Prometheus:
    """The running sidecar, and its read-only interface."""

    service: Service

    def ask(self, path: str) -> Any:  # noqa: ANN401 - any JSON value
        """The data of an answer; None when it says that the question was bad."""
        answer = self.service.get(f"/api/v1/{path}", seconds=8).json()
        return answer.get("data") if isinstance(answer, dict) else None

    def health(self) -> str:
        """`up`, `down` with its reason, or `unknown`."""
        active = (self.ask("targets?state=active") or {}).get("activeTargets") or [{}]
        error = active[0].get("lastError")
        return f"{active[0].get('health')}{f': {error}' if error else ''}"[:300]

    def firing(self, name: str) -> dict[str, str] | None:
        """The labels of the firing alert of that name."""
        for alert in (self.ask("alerts") or {}).get("alerts") or []:
            labels: dict[str, str] = alert.get("labels") or {}
            if labels.get("alertname") == name and alert.get("state") == "firing":
                return labels
        return None

    def numbers(self, query: str) -> str | int:
        """How many series with a number a query has; a text that says why it has none."""
        answer = self.service.get(f"/api/v1/query?query={_quoted(query)}", seconds=8).json()
        if answer.get("status") != "success":
            return str(answer.get("error"))[:200]
        return sum(not math.isnan(value) for value in _values(answer["data"]))

    def value(self, query: str) -> float:
        """The one number of a query; 0 when there is none."""
        values = _values(self.ask(f"query?query={_quoted(query)}") or {})
        return values[0] if len(values) == 1 and math.isfinite(values[0]) else 0.0


def _values(data: dict[str, Any]) -> list[float]:
    result = data.get("result") or []
    if data.get("resultType") in ("scalar", "string"):
        return [float(result[1])] if data["resultType"] == "scalar" else []
    return [float(one["value"][1]) for one in result if "value" in one]


def _quoted(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


def play(
    promtool: Promtool,
    monitoring: Monitoring,
    service: Service,
    rows: Sequence[Row],
    queries: Sequence[str],
) -> Story:
    """Start Prometheus, make trouble, and end it."""
    with listening() as sink:
        config, rules = live_files(monitoring, port=service.port, sink=sink.port)
        promtool.work.write(f"live/{CONFIG}", config)
        promtool.work.write(f"live/{RULES}", rules)
        # A file that Prometheus refuses is the student's; that it starts then is our business.
        promtool.check("config", f"live/{CONFIG}")
        started = promtool.sidecar.serve(
            ["sh", "-c", COMMAND], mounts={"work": "/work:ro"}, health="/-/ready"
        )
        try:
            return _act(Prometheus(started), sink, service, rows, queries)
        finally:
            started.process.remove()


def _act(
    prometheus: Prometheus,
    sink: Sink,
    service: Service,
    rows: Sequence[Row],
    queries: Sequence[str],
) -> Story:
    story, began = Story(), time.monotonic()

    def look() -> dict[str, str] | None:
        labels = prometheus.firing(BAD)
        share = prometheus.value(SHARE)
        story.moments.append((time.monotonic() - began, share, float(labels is not None)))
        return labels

    _until(lambda: prometheus.health() == "up")
    story.scraped = prometheus.health()
    if story.scraped != "up":
        return story
    predict(service, rows[:1])
    time.sleep(1)  # two scrapes, so that what comes now is seen to come
    for _ in range(BURST):
        post(service, b"trouble")
    _until(lambda: look() is not None)
    labels = prometheus.firing(BAD)
    story.fired = labels is not None
    story.answers = {query: prometheus.numbers(settled(query)) for query in queries}
    if labels is None:
        return story
    story.told = _until(lambda: sink.has(labels, firing=True))

    def calm() -> bool:
        for number in range(QUIET):
            predict(service, [rows[number % len(rows)]])
        return look() is None

    story.ended = _until(calm)
    story.told_end = story.ended and _until(lambda: sink.has(labels, firing=False))
    return story


def _until(holds: Callable[[], bool]) -> bool:
    """Wait for some seconds until it holds; tell whether it does."""
    end = time.monotonic() + STEP_SECONDS
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(LOOK_EVERY)
    return True
