"""A real Prometheus beside the service, with the files of the student.

Minutes become seconds: in a copy of the files, addresses are those of the attempt, everything is
looked at several times a second, and no alert waits for minutes. `promtool` proves the waiting.
"""

import json
import math
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from files import ALERTMANAGER, CONFIG, RULES, TARGET, Monitoring, mappings
from promtool import Promtool
from sink import Sink, listening

from lab_specs.kit import Service
from lab_specs.service import demand_room

PACE, GLANCE = "500ms", "250ms"  # between two scrapes, and between two evaluations
WAIT = "500ms"  # the `for` of every rule
PAGE_LIMIT = "2MB"  # of one scrape
PATIENCE = 8.0  # seconds for an answer of Prometheus
COMMAND = (
    "exec prometheus --config.file=/work/live/prometheus.yml --storage.tsdb.path=/tmp/data "
    "--web.listen-address=127.0.0.1:$PORT --rules.alert.resend-delay=1s --query.timeout=5s "
    "--query.max-samples=1000000 --log.level=warn"
)


def live_files(monitoring: Monitoring, *, port: int, sink: int) -> tuple[bytes, bytes]:
    """The configuration and the rules with other addresses, and seconds for minutes."""
    pace = {"scrape_interval": PACE, "scrape_timeout": PACE}
    limits = {"body_size_limit": PAGE_LIMIT}
    config = {
        "global": pace | {"evaluation_interval": GLANCE},
        "rule_files": [RULES],
        "scrape_configs": [_moved(monitoring.job or {}, TARGET, port) | pace | limits],
        "alerting": _moved(monitoring.config.get("alerting") or {}, ALERTMANAGER, sink),
    }
    rules = _plain(monitoring.rules)
    for group in mappings(rules.get("groups")):
        group.pop("interval", None)
        for rule in mappings(group.get("rules")):
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

    def health(self) -> str:
        """`up`, or another word with the reason."""
        active = (self._ask("targets?state=active") or {}).get("activeTargets") or [{}]
        error = active[0].get("lastError")
        return f"{active[0].get('health', 'not looked at')}{f': {error}' if error else ''}"[:300]

    def firing(self, name: str) -> dict[str, str] | None:
        """The labels of the firing alert of that name."""
        for alert in (self._ask("alerts") or {}).get("alerts") or []:
            labels: dict[str, str] = alert.get("labels") or {}
            if labels.get("alertname") == name and alert.get("state") == "firing":
                return labels
        return None

    def numbers(self, query: str) -> str | int:
        """How many series with a number a query has; a text that says why it has none."""
        answer = self._get(f"query?query={_quoted(query)}")
        if answer.get("status") != "success":
            return str(answer.get("error"))[:200]
        return sum(not math.isnan(value) for value in _values(answer["data"]))

    def value(self, query: str) -> float:
        """The one number of a query; 0 when there is none."""
        values = _values(self._ask(f"query?query={_quoted(query)}") or {})
        return values[0] if len(values) == 1 and math.isfinite(values[0]) else 0.0

    def _ask(self, path: str) -> Any:  # noqa: ANN401 - any JSON value
        return self._get(path).get("data")

    def _get(self, path: str) -> dict[str, Any]:
        answer = self.service.get(f"/api/v1/{path}", seconds=PATIENCE).json()
        return answer if isinstance(answer, dict) else {}


def _values(data: dict[str, Any]) -> list[float]:
    result = data.get("result") or []
    if data.get("resultType") in ("scalar", "string"):
        return [float(result[1])] if data["resultType"] == "scalar" else []
    return [float(one["value"][1]) for one in result if "value" in one]


def _quoted(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode(errors="replace"))


@dataclass
class Live:
    """Prometheus and the sink that its alerts go to, begun once and ended together."""

    promtool: Promtool
    service: Service
    end: ExitStack = field(default_factory=ExitStack)
    prometheus: Prometheus | None = None
    sink: Sink | None = None

    def begin(self, monitoring: Monitoring) -> tuple[Prometheus, Sink]:
        """Both of them. Raises `Failure` when Prometheus refuses the files."""
        if self.sink is None:
            demand_room()
            self.sink = self.end.enter_context(listening())
        if self.prometheus is None:
            config, rules = live_files(monitoring, port=self.service.port, sink=self.sink.port)
            self.promtool.work.write(f"live/{CONFIG}", config)
            self.promtool.work.write(f"live/{RULES}", rules)
            # A file that Prometheus refuses is the student's; that it starts then, our business.
            self.promtool.check("config", f"live/{CONFIG}")
            started = self.promtool.sidecar.serve(
                ["sh", "-c", COMMAND], mounts={"work": "/work:ro"}, health="/-/ready"
            )
            self.end.callback(started.process.remove)
            self.prometheus = Prometheus(started)
        return self.prometheus, self.sink
