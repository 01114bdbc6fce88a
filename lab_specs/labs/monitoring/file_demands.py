"""What the checks of files demand, and the words when it is not so."""

from collections import Counter
from collections.abc import Sequence

from client import DIGITS, KINDS, REQUESTS, SECONDS
from files import ALERTMANAGER, RULES, TARGET, Dashboard, Monitoring, targets
from promql import hides_names, uses
from story import Story

from lab_specs.kit import expect

SCRAPE_SECONDS = 15
LIMIT = 0.2  # the share of bad requests above which there is an alert
OWN_SERIES = {"up", "ALERTS", "scrape_duration_seconds", "scrape_samples_scraped"}


def demand_alert(monitoring: Monitoring, name: str) -> None:
    """There is one such rule: silence alone proves nothing."""
    found = Counter(monitoring.named("alert"))
    expect(
        found[name] == 1,
        expected=f"one alert {name}",
        actual=f"alerts {sorted(found.elements())}"[:300],
        hint="The brief names the alerts.",
    )


def demand_recorded(monitoring: Monitoring) -> None:
    """No recorded series stands for one of Prometheus or of the service."""
    odd = [name for name in monitoring.named("record") if ":" not in name]
    expect(
        not odd,
        expected="a colon in the name of every recorded series, as in level:metric:operation",
        actual=", ".join(odd)[:300],
        hint="Prometheus' conventions keep such names apart from those of services.",
    )


def demand_scraping(config: Monitoring) -> None:
    """The job looks at the right place, often enough, and alerts go somewhere."""
    job = config.job or {}
    addresses, path = targets(job.get("static_configs")), job.get("metrics_path", "/metrics")
    expect(
        TARGET in addresses and path == "/metrics" and job.get("scheme", "http") == "http",
        expected=f"one job digits with the target {TARGET}, http, at /metrics",
        actual=f"targets {addresses}, path {path}, scheme {job.get('scheme', 'http')}"[:300],
        hint="static_configs with the address that the brief gives; /metrics is the usual path.",
    )
    interval = config.interval
    expect(
        interval is not None and 0 < interval <= SCRAPE_SECONDS,
        expected=f"a scrape at least every {SCRAPE_SECONDS} s",
        actual=f"every {interval} s",
        hint="Without scrape_interval it is a minute, and a rate over a minute sees nothing.",
    )
    expect(
        config.config.get("rule_files") == [RULES] and ALERTMANAGER in config.alertmanagers,
        expected=f"rule_files: [{RULES}] and an alertmanager at {ALERTMANAGER}",
        actual=f"rule_files {config.config.get('rule_files')}, {config.alertmanagers}"[:300],
        hint="An alert that is sent nowhere wakes nobody.",
    )


def demand_names(dashboard: Dashboard, known: set[str]) -> None:
    """Every metric that is named exists, all four are shown, and everything has a title."""
    named = {name for panel in dashboard.panels for name in panel.metrics}
    vague = [query for query in dashboard.queries if hides_names(query)]
    expect(
        named <= known | OWN_SERIES and not vague,
        expected="queries of metrics that /metrics shows, by their full names",
        actual=f"unknown: {sorted(named - known - OWN_SERIES)} {vague}"[:400],
        hint="A typo in a name is an empty panel, and nobody is told.",
    )
    missing = [name for name in KINDS if not any(one.startswith(name) for one in named)]
    untitled = [panel for panel in dashboard.panels if not panel.title]
    expect(
        dashboard.title and not untitled and not missing,
        expected="a title for the dashboard and for each panel, and each of the four metrics",
        actual=f"not shown: {missing}, panels without a title: {len(untitled)}",
        hint="panels[].title and panels[].targets[].expr, as Grafana exports them.",
    )


def demand_rates(queries: Sequence[str]) -> None:
    """Counters are shown over a time."""
    counters = (REQUESTS, DIGITS, SECONDS)
    raw = [
        query
        for query in queries
        if any(name.startswith(counters) and not ranged for name, ranged in uses(query))
    ]
    expect(
        not raw,
        expected="counters and histograms over a time: rate(…[1m]) or increase(…[1m])",
        actual=" and ".join(raw)[:400],
        hint="A counter only climbs, and starts anew with the service: its rate tells something.",
    )


def demand_view(dashboard: Dashboard) -> None:
    """The view follows the present, with a red line at the limit of the alert."""
    expect(
        dashboard.refresh == "5s" and dashboard.since == "now-15m",
        expected='"refresh": "5s" and "time": {"from": "now-15m", "to": "now"}',
        actual=f"refresh {dashboard.refresh!r}, from {dashboard.since!r}",
        hint="Both stand at the top of the file.",
    )
    lines = [line for panel in dashboard.panels for line in panel.red_lines]
    expect(
        LIMIT in lines,
        expected=f"a panel with a red threshold at {LIMIT} that is drawn as a line",
        actual=f"red lines at {lines[:10]}",
        hint='fieldConfig.defaults: "thresholds" with a red step, and "custom": '
        '{"thresholdsStyle": {"mode": "line"}}.',
    )


def demand_told(story: Story) -> None:
    """The alert went out, and so did its end."""
    steps = {
        "Prometheus fires": story.fired,
        "the alert arrives": story.told,
        "Prometheus ends it": story.ended,
        "its end arrives": story.told_end,
    }
    expect(
        all(steps.values()),
        expected=", ".join(steps),
        actual=", ".join(f"{step}: {'yes' if done else 'no'}" for step, done in steps.items()),
        hint="The rule compares what was added in the last minute; nothing else ends an alert. "
        "`alerting` in prometheus.yml says where alerts go.",
    )


def demand_numbers(dashboard: Dashboard, story: Story) -> None:
    """Every panel had something to show."""
    empty = []
    for panel in dashboard.panels:
        said = [story.answers.get(query, "not asked") for query in panel.queries]
        if not any(isinstance(one, int) and one for one in said):
            empty.append(f"{panel.title[:40]}: {said[:2]}")
    expect(
        not empty,
        expected="at least one series with a number in each panel",
        actual="; ".join(empty)[:600],
        hint="A label that no series has, or a division by nothing, shows nothing.",
    )
