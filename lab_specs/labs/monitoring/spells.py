"""Synthetic days of a service, each with spells of trouble, as tests for `promtool test rules`.

Every spell of two minutes must stay silent, every longer one must be told by its fourth minute,
and the alert must be over two minutes after the spell. When they come, and how bad they are,
comes from the seed. At home, from the root of this project:

    python -m lab_specs.labs.monitoring.spells --rules my-repository/rules.yml --out try
    promtool test rules try/*.json
"""

import argparse
import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STEP = 15  # seconds between two scrapes, and between two evaluations of the rules
MINUTE = 60 // STEP  # steps
SHORT, LONG = 2 * MINUTE, 6 * MINUTE  # steps of a spell
TOLD = 4 * MINUTE  # after so many steps of a long spell the alert fires
OVER = 2 * MINUTE  # so many steps after it, the alert has ended
INSTANCE = {"job": "digits", "instance": "digits:8000"}
OTHER = {"job": "digits", "instance": "digits:8001"}
DOWN, BAD, SLOW = "ServiceDown", "ManyBadRequests", "SlowPredictions"
BOUNDS = ("0.005", "0.025", "0.1", "0.25", "0.5", "1.0", "2.5", "+Inf")

Document = dict[str, Any]
Spell = tuple[int, int]  # the first step of trouble, and the first step after it


@dataclass(frozen=True)
class Day:
    """Series and what the rules must make of them."""

    name: str
    series: Mapping[str, Sequence[float]]  # values by the name with labels
    alert: str
    spells: Sequence[Spell] = ()  # the long ones, which must be told
    labels: Mapping[str, str] | None = None  # of the one that must be told

    def test(self, number: int) -> Document:
        """The day as one test of promtool's file. Its number stands where promtool repeats it."""
        steps = len(next(iter(self.series.values())))
        told = [(step, self._firing(step)) for step in range(0, steps, 2)]
        expected = [(step, count) for step, count in told if count is not None]
        selectors = [{"alertname": self.alert, "alertstate": "firing"}]
        if self.labels:
            selectors.append(selectors[0] | dict(self.labels))
        return {
            "name": self.name,
            "interval": f"{STEP}s",
            "input_series": [
                {"series": name, "values": " ".join(f"{value:g}" for value in values)}
                for name, values in self.series.items()
            ],
            "promql_expr_test": [
                {
                    "expr": f"count({named('ALERTS', **selector)}) or vector(0) # day {number}",
                    "eval_time": f"{step * STEP}s",
                    "exp_samples": [{"labels": "{}", "value": count}],
                }
                for selector in selectors
                for step, count in expected
            ],
        }

    def _firing(self, step: int) -> int | None:
        """How many alerts fire at a step; None where it may be either."""
        for begin, end in self.spells:
            if begin + SHORT <= step < begin + TOLD or end <= step < end + OVER:
                return None
            if begin + TOLD <= step < end:
                return 1
        return 0


def named(name: str, **labels: str) -> str:
    """A series as text."""
    inside = ",".join(f'{label}="{value}"' for label, value in sorted(labels.items()))
    return f"{name}{{{inside}}}"


def timeline(chance: random.Random) -> tuple[int, Spell, Spell]:
    """The length of a day in steps, its short spell, and its long one."""
    begin = chance.randint(2 * MINUTE, 5 * MINUTE)
    again = begin + SHORT + chance.randint(5 * MINUTE, 7 * MINUTE)
    end = again + LONG
    return end + 5 * MINUTE, (begin, begin + SHORT), (again, end)


def inside(step: int, *spells: Spell) -> bool:
    """Whether a step lies in one of the spells."""
    return any(begin <= step < end for begin, end in spells)


def summed(parts: Sequence[float]) -> list[float]:
    """A counter out of what is added at each step."""
    values, so_far = [], 0.0
    for part in parts:
        so_far += part
        values.append(so_far)
    return values


def down(chance: random.Random) -> list[Day]:
    """The service goes away for two minutes, and later for six."""
    steps, short, long = timeline(chance)
    up = [float(not inside(step, short, long)) for step in range(steps)]
    return [Day("down for two minutes, then for six", {named("up", **INSTANCE): up}, DOWN, [long])]


def one_of_two(chance: random.Random) -> list[Day]:
    """One of two instances goes away, and something else has never been there."""
    steps, short, long = timeline(chance)
    series = {
        named("up", **INSTANCE): [float(not inside(step, short)) for step in range(steps)],
        named("up", **OTHER): [float(not inside(step, long)) for step in range(steps)],
        named("up", job="node", instance="node:9100"): [0.0] * steps,
    }
    return [Day("one of two instances is down", series, DOWN, [long], OTHER)]


def requests(**added: Sequence[float]) -> dict[str, list[float]]:
    """The counters of the three outcomes from what each step adds."""
    return {
        named("predict_requests_total", outcome=outcome, **INSTANCE): summed(parts)
        for outcome, parts in added.items()
    }


def bad_requests(chance: random.Random) -> list[Day]:
    """Many requests are refused, or fail, for two minutes and then for six."""
    days = []
    for outcome, other, least in (("refused", "failed", 4.0), ("failed", "refused", 1.0)):
        steps, short, long = timeline(chance)
        usual = chance.randint(20, 60)
        most = usual * least * chance.uniform(1, 2)
        bad = [most if inside(step, short, long) else usual // 20 for step in range(steps)]
        counters = requests(**{"ok": [usual] * steps, outcome: bad, other: [0] * steps})
        days.append(Day(f"many requests {outcome}", counters, BAD, [long]))
    return days


def usual_requests(chance: random.Random) -> list[Day]:
    """A few requests are refused all day, with a restart; a lone one at night; none at all."""
    steps = 20 * MINUTE
    usual = chance.randint(40, 80)
    restart = chance.randint(8 * MINUTE, 12 * MINUTE)
    parts = {"ok": usual, "refused": usual * chance.uniform(0.08, 0.15), "failed": 0.0}
    restarted = {
        outcome: [
            summed([part] * steps)[step - (restart if step >= restart else 0)]
            for step in range(steps)
        ]
        for outcome, part in parts.items()
    }
    lone = chance.randint(3 * MINUTE, 9 * MINUTE)
    nothing = [0.0] * steps
    return [
        Day(
            "one request in ten refused, and a restart",
            {
                named("predict_requests_total", outcome=outcome, **INSTANCE): values
                for outcome, values in restarted.items()
            },
            BAD,
        ),
        Day(
            "a lone bad request at night",
            requests(
                ok=nothing, refused=[float(step == lone) for step in range(steps)], failed=nothing
            ),
            BAD,
        ),
        Day("no traffic", requests(ok=nothing, refused=nothing, failed=nothing), BAD),
    ]


def durations(
    counts: Sequence[tuple[float, float]], slow: float, bounds: Sequence[str]
) -> dict[str, list[float]]:
    """A histogram to which each step adds quick requests, of 2 ms, and slow ones."""
    name = "predict_duration_seconds"
    series = {}
    for bound in bounds:
        parts = [
            quick * (float(bound) >= 0.002) + late * (float(bound) >= slow)
            for quick, late in counts
        ]
        series[named(f"{name}_bucket", le=bound, **INSTANCE)] = summed(parts)
    series[named(f"{name}_count", **INSTANCE)] = summed([sum(pair) for pair in counts])
    series[named(f"{name}_sum", **INSTANCE)] = summed(
        [quick * 0.002 + late * slow for quick, late in counts]
    )
    return series


def slow(chance: random.Random, bounds: Sequence[str] = BOUNDS) -> list[Day]:
    """One in five is slow, though the mean is not; one in thirty is, though the mean is as well."""
    days = []
    for title, share, seconds, told in (
        ("two in five take 2 s", 0.4, 2.0, True),
        ("one in five takes 0.6 s: the mean stays low", 0.2, 0.6, True),
        ("one in thirty takes 20 s: the mean is high", 1 / 30, 20.0, False),
    ):
        steps, short, long = timeline(chance)
        usual = chance.randint(30, 90)
        counts = [
            (usual * (1 - share), usual * share) if inside(step, short, long) else (usual, 0.0)
            for step in range(steps)
        ]
        days.append(Day(title, durations(counts, seconds, bounds), SLOW, [long] if told else []))
    steps = 10 * MINUTE
    days.append(Day("no traffic", durations([(0.0, 0.0)] * steps, 1.0, bounds), SLOW))
    return days


def document(days: Sequence[Day], rules: str) -> Document:
    """A file for `promtool test rules`."""
    return {
        "rule_files": [rules],
        "evaluation_interval": f"{STEP}s",
        "tests": [day.test(number) for number, day in enumerate(days)],
    }


KINDS: dict[str, Callable[[random.Random], list[Day]]] = {
    "down": down,
    "one_of_two": one_of_two,
    "bad_requests": bad_requests,
    "usual_requests": usual_requests,
    "slow": slow,
}


def main() -> None:
    """Write tests to try with at home."""
    words = argparse.ArgumentParser(description="Write days of trouble for promtool.")
    words.add_argument("--seed", type=int, default=1, help="another seed, other days")
    words.add_argument("--rules", type=Path, required=True, help="your rules.yml")
    words.add_argument("--out", type=Path, default=Path("try"), help="folder to write to")
    chosen = words.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    for name, make in KINDS.items():
        days = make(random.Random(f"{chosen.seed} {name}"))  # noqa: S311 - no secret
        page = document(days, str(chosen.rules.resolve()))
        (chosen.out / f"{name}.json").write_text(json.dumps(page))


if __name__ == "__main__":
    main()
