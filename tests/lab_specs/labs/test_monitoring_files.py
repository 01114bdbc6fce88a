"""The files of a monitored service are hostile bytes: read strictly, refused in words."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lab_specs.faults import Code, StudentFault
from lab_specs.kit import Failure, Volume
from lab_specs.messages import explain
from tests.lab_specs.labs.judged import LABS, judged

REFERENCE = LABS.parents[1] / "reference_solutions" / "monitoring" / "files"
CONFIG, RULES, DASHBOARD = "prometheus.yml", "rules.yml", "dashboard.json"


@pytest.fixture(scope="module")
def lab() -> Iterator[SimpleNamespace]:
    with judged("monitoring", "file_demands") as demands:
        names = ("files", "live", "promql", "promtool", "story", "spells")
        yield SimpleNamespace(demands=demands, **{name: sys.modules[name] for name in names})


@pytest.fixture
def volume(tmp_path: Path) -> Volume:
    """The files of the reference, as they were handed out."""
    for path in REFERENCE.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return Volume("out", tmp_path, 8)


def change(volume: Volume, name: str, old: str, new: str) -> None:
    text = (volume.path / name).read_text()
    assert old in text
    (volume.path / name).write_text(text.replace(old, new))


def test_the_files_of_the_reference_are_what_is_asked(lab: SimpleNamespace, volume: Volume) -> None:
    monitoring = lab.files.read_monitoring(volume)
    assert (monitoring.interval, monitoring.alertmanagers) == (5.0, ["alertmanager:9093"])
    lab.demands.demand_scraping(monitoring)
    lab.demands.demand_recorded(monitoring)
    for name in (lab.spells.DOWN, lab.spells.BAD, lab.spells.SLOW):
        lab.demands.demand_alert(monitoring, name)
    dashboard = lab.files.read_dashboard(volume)
    lab.demands.demand_view(dashboard)
    lab.demands.demand_rates(dashboard.queries)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a: [" * 3000, "deeper than 20"),
        (b"a: " + b"[" * 3000, "deeper than 20"),
        (b"- 1\n" * 6000, "more than 5000 parts"),
        (b"a: &x [1]\nb: [*x, *x]\n", "anchors"),
        (b"a: &x {b: 1}\nc: {<<: [*x, *x]}\n", "anchors"),
        (b"a: !!python/object/apply:os.system [ls]\n", "anchors"),
        (b"a: !!binary aGk=\n", "anchors"),
        (b"a: [1\n", "not YAML"),
        (b"\xff\xfe\x00", "not YAML"),
        (b"a: 1\n---\nb: 2\n", "not YAML"),
        (b"a: 2001-99-99\n", "not YAML"),
        (b"a: 0x" + b"f" * 9000, "not YAML"),
        (b"a: " + b"9" * 5000, "not YAML"),
        (b"a: 1" + b":1" * 300 + b".5\n", "not YAML"),
        (b"? [a]\n: 1\n", "not YAML"),
        (b"[1, 2]\n", "one mapping"),
        (b"", "one mapping"),
    ],
)
def test_yaml_that_could_harm_is_refused(lab: SimpleNamespace, content: bytes, said: str) -> None:
    with pytest.raises(StudentFault) as fault:
        lab.files.read_yaml(content, RULES)
    assert fault.value.code is Code.OUTPUT_MALFORMED
    assert said in explain(fault.value.code, fault.value.facts).happened


def test_a_link_in_place_of_a_file_is_refused(lab: SimpleNamespace, volume: Volume) -> None:
    (volume.path / RULES).unlink()
    (volume.path / RULES).symlink_to("/etc/passwd")
    with pytest.raises(StudentFault):
        lab.files.read_monitoring(volume)


def test_too_large_a_file_is_refused(lab: SimpleNamespace, volume: Volume) -> None:
    (volume.path / RULES).write_bytes(b"#" * 100_000)
    with pytest.raises(StudentFault):
        lab.files.read_monitoring(volume)


@pytest.mark.parametrize("odd", ["1", "[1]", "{a: 1}", "[[1]]", "[{targets: 5}]", "null", "text"])
@pytest.mark.parametrize("name", ["scrape_configs", "alerting", "global", "rule_files"])
def test_odd_shapes_of_a_configuration_are_told(
    lab: SimpleNamespace, volume: Volume, name: str, odd: str
) -> None:
    text = (volume.path / CONFIG).read_text() + f"\n{name}: {odd}\n"
    (volume.path / CONFIG).write_text(text)
    monitoring = lab.files.read_monitoring(volume)
    with pytest.raises(Failure):
        lab.demands.demand_scraping(monitoring)
    lab.live.live_files(monitoring, port=1, sink=2)  # whatever comes of it, promtool judges


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("digits:8000", "digits:9000", "9000"),
        ("job_name: digits", "job_name: digit", "targets []"),
        (
            '    static_configs:\n      - targets: ["digits',
            '    metrics_path: /metric\n    static_configs:\n      - targets: ["digits',
            "/metric",
        ),
        ("scrape_interval: 5s", "scrape_interval: 1m", "60.0"),
        ("  scrape_interval: 5s\n", "", "60.0"),
        ("alertmanager:9093", "alertmanager:9094", "9094"),
        ("- rules.yml", "- rule.yml", "rule.yml"),
    ],
)
def test_a_wrong_configuration_is_told(
    lab: SimpleNamespace, volume: Volume, old: str, new: str, said: str
) -> None:
    change(volume, CONFIG, old, new)
    with pytest.raises(Failure) as failure:
        lab.demands.demand_scraping(lab.files.read_monitoring(volume))
    assert said in failure.value.actual


def test_a_recorded_series_cannot_pass_for_an_alert(lab: SimpleNamespace, volume: Volume) -> None:
    change(volume, RULES, "record: digits:bad_requests:share1m", "record: ALERTS")
    monitoring = lab.files.read_monitoring(volume)
    with pytest.raises(Failure, match="colon"):
        lab.demands.demand_recorded(monitoring)


def test_live_files_change_addresses_and_times_and_nothing_else(
    lab: SimpleNamespace, volume: Volume
) -> None:
    change(volume, RULES, "- name: digits\n", "- name: digits\n    interval: 1m\n")
    monitoring = lab.files.read_monitoring(volume)
    config, rules = (
        json.loads(page) for page in lab.live.live_files(monitoring, port=1234, sink=4321)
    )
    assert config["scrape_configs"][0]["static_configs"] == [{"targets": ["127.0.0.1:1234"]}]
    assert "127.0.0.1:4321" in json.dumps(config["alerting"])
    assert config["scrape_configs"][0]["scrape_interval"] == lab.live.PACE
    [group] = rules["groups"]
    assert "interval" not in group
    was = monitoring.rules["groups"][0]["rules"]
    for before, after in zip(was, group["rules"], strict=True):
        assert after == before | ({"for": lab.live.WAIT} if "alert" in before else {})


@pytest.mark.parametrize("rules", ["{}", "groups:", "groups: [{name: a}]", "groups: {a: 1}"])
def test_rules_without_rules_have_live_files_too(
    lab: SimpleNamespace, volume: Volume, rules: str
) -> None:
    (volume.path / RULES).write_text(rules)
    monitoring = lab.files.read_monitoring(volume)
    assert lab.live.live_files(monitoring, port=1, sink=2)
    with pytest.raises(Failure):
        lab.demands.demand_alert(monitoring, lab.spells.DOWN)


def panel(**fields: Any) -> dict[str, Any]:
    return {"title": "One", "targets": [{"expr": "up"}], **fields}


def test_panels_are_found_in_rows_and_texts_left_out(lab: SimpleNamespace, volume: Volume) -> None:
    text = {"type": "text", "title": "", "options": {"content": "Read this."}}
    rows = [{"type": "row", "title": "", "panels": [panel(title="Inside")]}, text, panel()]
    volume.write(DASHBOARD, json.dumps({"panels": rows}).encode())
    titles = [one.title for one in lab.files.read_dashboard(volume).panels]
    assert sorted(titles) == ["Inside", "One"]


@pytest.mark.parametrize(
    "page",
    [
        [],
        "text",
        {"panels": [panel()] * 51},
        {"panels": [panel(targets=[{"expr": "up" * 2000}])]},
        {"panels": [panel(targets=[{"expr": "up"}] * 101)]},
    ],
)
def test_a_dashboard_that_is_none_or_endless_is_refused(
    lab: SimpleNamespace, volume: Volume, page: object
) -> None:
    volume.write(DASHBOARD, json.dumps(page).encode())
    with pytest.raises(StudentFault):
        lab.files.read_dashboard(volume)


def test_a_bottomless_dashboard_is_refused(lab: SimpleNamespace, volume: Volume) -> None:
    volume.write(DASHBOARD, b'{"a":' * 50_000)
    with pytest.raises(StudentFault):
        lab.files.read_dashboard(volume)


@pytest.mark.parametrize("odd", [None, 1, "x", [], {}, [None], [{"targets": 7}]])
def test_odd_shapes_of_a_dashboard_are_told(
    lab: SimpleNamespace, volume: Volume, odd: object
) -> None:
    page = {"title": odd, "time": odd, "refresh": odd, "panels": [panel(fieldConfig=odd)]}
    for shape in (page, page | {"panels": odd}):
        volume.write(DASHBOARD, json.dumps(shape).encode())
        dashboard = lab.files.read_dashboard(volume)
        with pytest.raises(Failure):
            lab.demands.demand_names(dashboard, set())
        with pytest.raises(Failure):
            lab.demands.demand_view(dashboard)


@pytest.mark.parametrize(
    ("mode", "color", "value", "found"),
    [
        ("line", "red", 0.2, (0.2,)),
        ("line+area", "dark-red", 0.2, (0.2,)),
        ("off", "red", 0.2, ()),
        (None, "red", 0.2, ()),
        ("line", "green", 0.2, ()),
        ("line", "red", None, ()),
        ("line", "red", True, ()),
    ],
)
def test_a_red_line_is_red_and_drawn(
    lab: SimpleNamespace, volume: Volume, mode: object, color: str, value: object, found: object
) -> None:
    defaults = {
        "custom": {"thresholdsStyle": {"mode": mode}},
        "thresholds": {"steps": [{"color": color, "value": value}]},
    }
    page = {"panels": [panel(fieldConfig={"defaults": defaults})]}
    volume.write(DASHBOARD, json.dumps(page).encode())
    assert lab.files.read_dashboard(volume).panels[0].red_lines == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("up", [("up", False)]),
        ("rate(a_total[1m])", [("a_total", True)]),
        ('rate(a_total{x="b{c}", y=~"d"}[$__rate_interval])', [("a_total", True)]),
        ("sum by (le, job) (rate(a_bucket[5m]))", [("a_bucket", True)]),
        ("sum(rate(a[1m])) by (x) / on(y) group_left(z) b", [("a", True), ("b", False)]),
        ("histogram_quantile(0.9, sum without (x) (rate(a_bucket[1m])))", [("a_bucket", True)]),
        ("a > bool 1e3 or vector(0) unless b offset 5m", [("a", False), ("b", False)]),
        ("max_over_time(a:b:c[10m:1m]) # not d", [("a:b:c", True)]),
        ("topk(3, a) and count_values('v', b)", [("a", False), ("b", False)]),
        ("time() - a @ end()", [("a", False)]),
        ("Inf + NaN + 5", []),
    ],
)
def test_metrics_of_a_query(lab: SimpleNamespace, query: str, found: object) -> None:
    assert list(lab.promql.uses(query)) == found


@pytest.mark.parametrize(
    ("query", "hidden"),
    [
        ('{__name__=~"predict.*"}', True),
        ('sum({job="digits"})', True),
        ('{job="digits"}', True),
        ('up{job="digits"}', False),
        ('sum by (x) (a{b="{c}"})', False),
    ],
)
def test_a_query_names_its_metrics(lab: SimpleNamespace, query: str, *, hidden: bool) -> None:
    assert lab.promql.hides_names(query) is hidden
