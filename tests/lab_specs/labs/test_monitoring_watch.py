"""The log, the made-up days, the words of `promtool`, and the sink for alerts."""

import json
import socket
import sys
import time
from collections.abc import Iterator
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from lab_specs.exchange import exchange
from lab_specs.kit import Failure, Reply, Run, Volume
from tests.lab_specs.labs.judged import judged

FIELDS = {"time": "2026-11-21T14:58:56.372+00:00", "level": "INFO", "message": "done"}
LABELS = {"alertname": "ManyBadRequests", "severity": "warning"}
LATER, EARLIER = "2999-01-01T00:00:00.000Z", "2001-01-01T00:00:00.000Z"


@pytest.fixture(scope="module")
def lab() -> Iterator[SimpleNamespace]:
    with judged("monitoring") as checks:
        names = ("logbook", "promtool", "spells", "sink", "story", "live")
        yield SimpleNamespace(checks=checks, **{name: sys.modules[name] for name in names})


def line(**fields: Any) -> str:
    return json.dumps(FIELDS | fields)


# The log


def test_a_line_is_found_by_its_id(lab: SimpleNamespace) -> None:
    log = f'{{"cut": \n\n{line(request_id="a", outcome="ok", seconds=0.1)}\nplain\n{line()}\n'
    lines = lab.logbook.lines_of(log)
    fields = lab.logbook.about(lines, "a")
    lab.logbook.demand_outcome(fields, "ok")
    lab.logbook.demand_level(fields, "ok")
    assert lab.logbook.seconds_of(fields) == 0.1


@pytest.mark.parametrize(
    ("log", "said"),
    [
        ("", "none"),
        ("INFO q7 done", "comes near: 'INFO q7 done'"),
        (line(request_id="b"), "none; the end"),
        (line(request_id="q7") + "\n" + line(request_id="q7"), "2 such lines"),
        (line(request_id="q7", message="x" * 500), "more than 500"),
        ('{"request_id": "q7"' + "[" * 2000, "comes near"),
        ('{"request_id": ["q7"]}', "comes near"),
        ("[" * 2_000 + '"q7"', "comes near"),
    ],
)
def test_a_line_that_is_missing_or_odd_is_told(lab: SimpleNamespace, log: str, said: str) -> None:
    with pytest.raises(Failure) as failure:
        lab.logbook.about(lab.logbook.lines_of(log), "q7")
    assert said in failure.value.actual


@pytest.mark.parametrize(
    "fields",
    [
        {"outcome": "refused", "seconds": 1},
        {"outcome": "ok"},
        {"outcome": "ok", "seconds": "0.1"},
        {"outcome": "ok", "seconds": True},
        {"outcome": "ok", "seconds": -1},
        {"outcome": "ok", "seconds": float("nan")},
        {"outcome": "ok", "seconds": 10**400},
    ],
)
def test_a_line_without_outcome_or_time_is_told(
    lab: SimpleNamespace, fields: dict[str, object]
) -> None:
    with pytest.raises(Failure):
        lab.logbook.demand_outcome(fields, "ok")


@pytest.mark.parametrize(
    "text",
    [
        "plain text",
        json.dumps({**FIELDS, "time": "2026-11-21T14:58:56"}),
        json.dumps({**FIELDS, "time": 1795273135}),
        json.dumps({**FIELDS, "time": "2026-99-21T14:58:56+00:00"}),
        json.dumps({**FIELDS, "level": "info"}),
        json.dumps({**FIELDS, "level": ["INFO"]}),
        json.dumps({**FIELDS, "message": None}),
    ],
)
def test_a_line_that_is_not_structured_is_told(lab: SimpleNamespace, text: str) -> None:
    lab.logbook.demand_structured(lab.logbook.lines_of(line(time="2026-11-21T14:58:56Z"))[0])
    with pytest.raises(Failure):
        lab.logbook.demand_structured(lab.logbook.lines_of(text)[0])


def test_only_what_lies_between_two_requests_is_looked_at(lab: SimpleNamespace) -> None:
    log = "\n".join(["started", line(request_id="a"), "plain", line(request_id="b"), "end"])
    lines = lab.logbook.between(lab.logbook.lines_of(log), "a", "b")
    assert [one.text for one in lines] == log.splitlines()[1:4]


# The days


@pytest.mark.parametrize("kind", ["down", "one_of_two", "bad_requests", "usual_requests", "slow"])
def test_days_come_from_the_seed(lab: SimpleNamespace, kind: str) -> None:
    make = lab.spells.KINDS[kind]
    first, same, other = (make(Random(seed)) for seed in (1, 1, 2))
    assert first == same
    assert first != other
    for day in first:
        lengths = {len(values) for values in day.series.values()}
        assert len(lengths) == 1
        assert lengths.pop() * lab.spells.STEP <= 45 * 60


def test_a_day_asks_for_silence_for_the_alert_and_for_its_end(lab: SimpleNamespace) -> None:
    [day] = lab.spells.down(Random(3))
    [(begin, end)] = day.spells
    values = day.series['up{instance="digits:8000",job="digits"}']
    assert values[begin - 1 : begin + 1] == [1.0, 0.0]
    assert values[end - 1 : end + 1] == [0.0, 1.0]
    asked = {
        int(one["eval_time"][:-1]) // 15: one["exp_samples"][0]["value"]
        for one in day.test(0)["promql_expr_test"]
    }
    told = {step for step, count in asked.items() if count}
    assert told == {step for step in asked if begin + 16 <= step < end}
    silent = set(asked) - told
    assert any(begin < step < begin + 8 for step in silent)
    assert not any(begin + 8 <= step < begin + 16 for step in asked)
    assert max(silent) > end + 8


def test_counters_of_a_day_only_climb_and_buckets_hold_those_below(lab: SimpleNamespace) -> None:
    for day in lab.spells.slow(Random(5), ("0.1", "0.25", "+Inf")):
        counters = [list(values) for values in day.series.values()]
        assert all(values == sorted(values) for values in counters)
        low, edge, most, count = counters[:4]
        assert most == count
        assert all(a <= b <= c for a, b, c in zip(low, edge, most, strict=True))


# What promtool says


class FakeSidecar:
    """Ends as it is told to."""

    def __init__(self, log: str = "", exit_code: int = 0, *, timed_out: bool = False) -> None:
        self.log, self.exit_code, self.timed_out = log, exit_code, timed_out
        self.commands: list[list[str]] = []

    def run(self, command: list[str], *, mounts: dict[str, str], seconds: float) -> Run:
        days = {"days": "/days:ro"} if command[1] == "test" else {}
        assert mounts == {"work": "/work:ro"} | days, "Prometheus sees `work` as well"
        self.commands.append(command)
        return Run(self.exit_code, 0.1, self.timed_out, False, self.log, (), seconds)


def promtool(lab: SimpleNamespace, tmp_path: Any, sidecar: FakeSidecar) -> Any:
    (tmp_path / "days").mkdir(exist_ok=True)
    return lab.promtool.Promtool(
        sidecar, Volume("work", tmp_path, 8), Volume("days", tmp_path / "days", 8)
    )


def test_rules_are_tested_with_all_days_at_once(lab: SimpleNamespace, tmp_path: Any) -> None:
    sidecar = FakeSidecar()
    promtool(lab, tmp_path, sidecar).demand(lab.spells.bad_requests(Random(1)))
    assert sidecar.commands == [["promtool", "test", "rules", "/days/tests.json"]]
    page = json.loads((tmp_path / "days" / "tests.json").read_text())
    assert page["rule_files"] == ["/work/rules.yml"]
    assert len(page["tests"]) == 2


def test_the_day_that_failed_is_told_with_its_moments(lab: SimpleNamespace, tmp_path: Any) -> None:
    log = (
        'Unit Testing:  /work/tests.json\n  FAILED:\n    expr: "count(ALERTS{}) or vector(0) '
        '# day 1", time: 14m30s,\n        exp: {} 1E+00\n        got: {} 0E+00\n\n'
    )
    days = lab.spells.bad_requests(Random(1))
    with pytest.raises(Failure) as failure:
        promtool(lab, tmp_path, FakeSidecar(log, 1)).demand(days)
    assert days[1].name in failure.value.expected
    assert failure.value.actual == "at 14m30s 0 firing instead of 1"


@pytest.mark.parametrize(
    ("sidecar", "said"),
    [
        (FakeSidecar("it is broken", 1), "it is broken"),
        (FakeSidecar('# day 7", time: 1m,\n exp: {} 1E+00\n got: nil\n', 1), "# day 7"),
        (FakeSidecar("", -1, timed_out=True), "no end"),
    ],
)
def test_other_words_of_promtool_are_handed_on(
    lab: SimpleNamespace, tmp_path: Any, sidecar: FakeSidecar, said: str
) -> None:
    with pytest.raises(Failure) as failure:
        promtool(lab, tmp_path, sidecar).demand(lab.spells.down(Random(1)))
    assert said in failure.value.actual
    with pytest.raises(Failure):
        promtool(lab, tmp_path, sidecar).check("rules", "rules.yml")


# The sink


def send(port: int, said: object, path: str = "/api/v2/alerts") -> int:
    content = said if isinstance(said, bytes) else json.dumps(said).encode()
    return exchange(port, "POST", path, seconds=5, cap=1000, content=content).status


def test_alerts_and_their_ends_arrive(lab: SimpleNamespace) -> None:
    with lab.sink.listening() as sink:
        assert send(sink.port, [{"labels": LABELS, "endsAt": LATER}]) == 200
        assert send(sink.port, [{"labels": {**LABELS, "more": "x"}, "endsAt": EARLIER}]) == 200
        end = time.monotonic() + 5
        while len(sink.arrived) < 2 and time.monotonic() < end:
            time.sleep(0.01)
        assert [one.firing for one in sink.arrived] == [True, False]
        assert sink.has(LABELS, firing=True)
        assert sink.has(LABELS, firing=False)
        assert not sink.has({**LABELS, "severity": "page"}, firing=True)


def test_nothing_that_is_posted_ends_the_sink(lab: SimpleNamespace) -> None:
    with lab.sink.listening() as sink:
        for odd in (b"", b"no json", b"[" * 60_000, b"{}", b"[1, null, {}]"):
            assert send(sink.port, odd) == 200
        for ends in (None, "soon", "2999-01-01", {"a": 1}):
            assert send(sink.port, [{"labels": LABELS, "endsAt": ends}]) == 200
        assert send(sink.port, [{"labels": {"a": 1}, "endsAt": LATER}]) == 200
        assert send(sink.port, [], path="/other") == 404
        assert send(sink.port, b" " * 100_000) == 404
        with socket.create_connection(("127.0.0.1", sink.port)) as wire:
            wire.sendall(b"\x00rubbish\r\n\r\n")
        assert send(sink.port, [{"labels": LABELS, "endsAt": LATER}] * 400) == 200
        assert send(sink.port, [{"labels": LABELS, "endsAt": LATER}] * 400) == 200
        assert sink.has(LABELS, firing=True)
        assert len(sink.arrived) <= lab.sink.KEPT


def test_who_drips_holds_the_sink_for_seconds_only(
    lab: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lab.sink, "PATIENCE", 0.2)
    with lab.sink.listening() as sink, socket.create_connection(("127.0.0.1", sink.port)) as wire:
        wire.sendall(b"POST /api/v2/alerts HTTP/1.1\r\n")
        assert send(sink.port, [{"labels": LABELS, "endsAt": LATER}]) == 200


# The story


class FakePrometheus:
    """Fires once bad requests have come, and stops once good ones have."""

    def __init__(self, sink: Any, flaw: str = "") -> None:
        self.sink, self.flaw, self.looks = sink, flaw, 0

    def health(self) -> str:
        return "down: 404" if self.flaw == "down" else "up"

    def firing(self, name: str) -> dict[str, str] | None:
        self.looks += 1
        return LABELS if 1 < self.looks < 5 and self.flaw != "silent" else None

    def value(self, query: str) -> float:
        return 0.5

    def numbers(self, query: str) -> int:
        return 1


class FakeSink:
    """Has everything, or nothing."""

    def __init__(self, *, full: bool = True) -> None:
        self.full = full

    def has(self, labels: dict[str, str], *, firing: bool) -> bool:
        return self.full and labels == LABELS


@pytest.mark.parametrize(
    ("flaw", "full", "told"),
    [
        ("", True, (True, True, True, True)),
        ("", False, (True, False, True, False)),
        ("silent", True, (False, False, False, False)),
        ("down", True, (False, False, False, False)),
    ],
)
def test_a_story_counts_what_both_say(
    lab: SimpleNamespace,
    monkeypatch: pytest.MonkeyPatch,
    flaw: str,
    full: bool,
    told: tuple[bool, ...],
) -> None:
    monkeypatch.setattr(lab.story, "STEP_SECONDS", 0.1)
    monkeypatch.setattr(lab.story, "LOOK_EVERY", 0.01)
    monkeypatch.setattr(lab.story.time, "sleep", lambda _: None)
    for name in ("post", "predict"):
        monkeypatch.setattr(lab.story, name, lambda *_: None)
    prometheus, sink = FakePrometheus(None, flaw), FakeSink(full=full)
    story = lab.story.play(prometheus, sink, None, [[0.0]], ["up"])
    assert (story.fired, story.told, story.ended, story.told_end) == told
    assert story.answers == ({} if flaw == "down" else {"up": 1})


def test_a_query_with_half_a_character_breaks_nothing(lab: SimpleNamespace) -> None:
    asked = []

    def get(path: str, **_: object) -> Reply:
        asked.append(path)
        return Reply(400, {}, '{"status": "error", "error": "bad_data"}', "")

    prometheus = lab.live.Prometheus(SimpleNamespace(get=get))
    assert prometheus.numbers('up{a="\ud800"}') == "bad_data"
    assert all(path.isascii() for path in asked)
