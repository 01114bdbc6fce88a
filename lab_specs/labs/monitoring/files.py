"""The files that an image hands out: hostile bytes, read as far as a check needs them."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

import yaml
from promql import uses

from lab_specs.faults import Code, StudentFault
from lab_specs.kit import Volume

CONFIG, RULES, DASHBOARD = "prometheus.yml", "rules.yml", "dashboard.json"
YAML_MB, JSON_MB = 0.0625, 1.0
DEPTH, EVENTS = 20, 5_000  # of a YAML file; a long honest one has 500 events
PANELS, QUERIES, QUERY_CAP = 50, 100, 2_000
JOB, TARGET, ALERTMANAGER = "digits", "digits:8000", "alertmanager:9093"
UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
DURATION = re.compile(r"(?:\d{1,9}(?:ms|[smhd]))+", re.ASCII)


def read_yaml(content: bytes, file: str) -> dict[str, Any]:
    """The one mapping of a YAML file. Raises `StudentFault`.

    Anchors, aliases and merge keys are refused: a few lines of them can stand for gigabytes.
    """
    try:
        text = content.decode()
        _demand_plain(text, file)
        said = yaml.safe_load(text)
        json.dumps(said, default=str, skipkeys=True)  # a number that nobody can print is none
    except (yaml.YAMLError, ValueError, ArithmeticError, RecursionError) as error:
        _refuse(file, f"not YAML that can be read: {' '.join(str(error).split())[:200]}")
    if not isinstance(said, dict):
        _refuse(file, "expected one mapping of names and values")
    return said


def _demand_plain(text: str, file: str) -> None:
    depth = 0
    for number, event in enumerate(yaml.parse(text, Loader=yaml.SafeLoader)):
        if getattr(event, "anchor", None) or getattr(event, "tag", None):
            _refuse(file, "anchors (&), aliases (*) and tags (!) are not taken; write it out")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEPTH or number > EVENTS:
            _refuse(file, f"deeper than {DEPTH} levels, or of more than {EVENTS} parts")


def read_json(content: bytes, file: str) -> dict[str, Any]:
    """The one object of a JSON file. Raises `StudentFault`."""
    try:
        said = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        _refuse(file, "not JSON")
    if not isinstance(said, dict):
        _refuse(file, "expected one JSON object")
    return said


def seconds(duration: object) -> float | None:
    """A duration as Prometheus writes it, `1m30s`, in seconds; None when it is none."""
    if not isinstance(duration, str) or not DURATION.fullmatch(duration):
        return None
    return sum(int(n) * UNITS[unit] for n, unit in re.findall(r"(\d+)(ms|[smhd])", duration))


def mappings(value: object) -> list[dict[str, Any]]:
    """The mappings of a list; nothing when it is no list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def targets(value: object) -> list[str]:
    """The addresses of a list of static configurations."""
    listed = [one.get("targets") for one in mappings(value)]
    found = [target for targets in listed if isinstance(targets, list) for target in targets]
    return [target for target in found if isinstance(target, str)]


@dataclass(frozen=True)
class Monitoring:
    """The three files, as they were handed out and as they were read."""

    config_bytes: bytes
    rules_bytes: bytes
    config: dict[str, Any]
    rules: dict[str, Any]

    @property
    def job(self) -> dict[str, Any] | None:
        """The one scrape job of the name that the brief gives."""
        named = [
            job for job in mappings(self.config.get("scrape_configs")) if job.get("job_name") == JOB
        ]
        return named[0] if len(named) == 1 else None

    @property
    def alertmanagers(self) -> list[str]:
        """The addresses that alerts are sent to."""
        alerting = self.config.get("alerting")
        managers = alerting.get("alertmanagers") if isinstance(alerting, dict) else None
        return [
            target for one in mappings(managers) for target in targets(one.get("static_configs"))
        ]

    @property
    def interval(self) -> float | None:
        """Seconds between two scrapes of the job."""
        overall = self.config.get("global")
        usual = overall.get("scrape_interval", "1m") if isinstance(overall, dict) else "1m"
        return seconds((self.job or {}).get("scrape_interval", usual))

    def each_rule(self) -> Iterator[dict[str, Any]]:
        """Every rule of every group."""
        for group in mappings(self.rules.get("groups")):
            yield from mappings(group.get("rules"))

    def named(self, kind: str) -> list[str]:
        """The names of all rules of a kind, `alert` or `record`."""
        return [str(rule[kind])[:80] for rule in self.each_rule() if kind in rule]


def read_monitoring(volume: Volume) -> Monitoring:
    """What Prometheus would read. Raises `StudentFault`."""
    config, rules = (volume.read(name, limit_mb=YAML_MB) for name in (CONFIG, RULES))
    return Monitoring(config, rules, read_yaml(config, CONFIG), read_yaml(rules, RULES))


@dataclass(frozen=True)
class Panel:
    """A picture of the dashboard, and what it asks Prometheus."""

    title: str
    queries: tuple[str, ...]
    red_lines: tuple[float, ...]  # thresholds that are drawn, in red

    @property
    def metrics(self) -> set[str]:
        """The names that its queries use."""
        return {name for query in self.queries for name, _ in uses(query)}


@dataclass(frozen=True)
class Dashboard:
    """A dashboard as Grafana exports it."""

    title: str
    refresh: str
    since: str  # where its time begins
    panels: tuple[Panel, ...]

    @property
    def queries(self) -> list[str]:
        """Every query of every panel, each once."""
        return list(dict.fromkeys(query for panel in self.panels for query in panel.queries))


def read_dashboard(volume: Volume) -> Dashboard:
    """The dashboard. Raises `StudentFault`."""
    said = read_json(volume.read(DASHBOARD, limit_mb=JSON_MB), DASHBOARD)
    panels = mappings(said.get("panels"))
    panels += [inner for row in panels for inner in mappings(row.get("panels"))]
    shown = [_panel(panel) for panel in panels[: PANELS + 1]]
    read = tuple(panel for panel in shown if panel.queries)  # rows and texts ask nothing
    asked = [query for panel in read for query in panel.queries]
    if len(panels) > PANELS or len(asked) > QUERIES or max(map(len, asked), default=0) > QUERY_CAP:
        _refuse(DASHBOARD, f"more than {PANELS} panels, {QUERIES} queries, or a query too long")
    span = said.get("time")
    since = span.get("from") if isinstance(span, dict) else ""
    return Dashboard(_text(said.get("title")), _text(said.get("refresh")), _text(since), read)


def _panel(said: dict[str, Any]) -> Panel:
    queries = [target.get("expr") for target in mappings(said.get("targets"))]
    asked = tuple(query for query in queries if isinstance(query, str) and query.strip())
    return Panel(_text(said.get("title")), asked, tuple(_red_lines(said)))


def _red_lines(panel: dict[str, Any]) -> Iterator[float]:
    """The values of red thresholds, if the panel draws its thresholds at all."""
    config = panel.get("fieldConfig")
    defaults = config.get("defaults") if isinstance(config, dict) else None
    if not isinstance(defaults, dict):
        return
    custom, thresholds = defaults.get("custom"), defaults.get("thresholds")
    style = custom.get("thresholdsStyle") if isinstance(custom, dict) else None
    mode = style.get("mode") if isinstance(style, dict) else None
    if not isinstance(thresholds, dict) or not isinstance(mode, str) or mode in ("off", "series"):
        return
    for step in mappings(thresholds.get("steps")):
        value = step.get("value")
        if "red" in _text(step.get("color")) and type(value) in (int, float):
            yield float(value)


def _text(value: object) -> str:
    return value[:200].strip() if isinstance(value, str) else ""


def _refuse(file: str, problem: str) -> NoReturn:
    raise StudentFault(Code.OUTPUT_MALFORMED, file=file, problem=problem)
