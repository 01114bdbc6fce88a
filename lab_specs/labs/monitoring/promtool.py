"""What `promtool` says of files: it runs in a sidecar of ours, on copies that the judge made."""

import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from files import CONFIG, RULES, Monitoring
from spells import STEP, Day, document

from lab_specs.kit import Failure, Sidecar, Volume

SECONDS = 20.0  # for one run, which takes a tenth of a second
SAID = 600  # characters of its words that an explanation quotes
TESTS = "tests.json"
SEEN = re.compile(
    r'# day (\d+)", time: ([0-9a-z.]+),\s*exp:\s*\{\} (\S+)\s*got:\s*(?:\{\} (\S+)|nil)'
)


@dataclass(frozen=True)
class Promtool:
    """Runs `promtool` on the files of the volume `work`, which only the judge writes to.

    The days lie in a volume of their own: Prometheus sees `work`, and its configuration may say
    that it sends a file away with each scrape, as a password.
    """

    sidecar: Sidecar
    work: Volume
    days: Volume

    def check(self, what: str, name: str) -> None:
        """`promtool check config` or `rules`. Raises `Failure` with its words."""
        log = self._run("check", what, f"/work/{name}")
        if log is not None:
            raise Failure(
                expected=f"promtool check {what} {name} to end well",
                actual=log[-SAID:],
                hint="Run promtool at home: the brief shows the command.",
            )

    def demand(self, days: Sequence[Day]) -> None:
        """Raise `Failure` unless the rules tell each day's spells, and nothing else."""
        self.days.write(TESTS, json.dumps(document(days, f"/work/{RULES}")).encode())
        log = self._run("test", "rules", f"/days/{TESTS}", days="/days:ro")
        if log is None:
            return
        seen = [found for found in SEEN.findall(log) if int(found[0]) < len(days)]
        day = days[int(seen[0][0])] if seen else days[0]
        moments = [
            f"at {time} {float(got or 0):g} firing instead of {float(wanted):g}"
            for number, time, wanted, got in seen
            if number == seen[0][0]
        ]
        raise Failure(
            expected=f"{day.alert} on this day: {day.name}. {_wanted(day)}",
            actual="; ".join(moments[:4]) or log[-SAID:],
            hint="Is there a `for: 3m`? Does the condition look at the last minute, and does it "
            "turn false when the trouble is over? Try it with promtool at home.",
        )

    def _run(self, *command: str, **mounts: str) -> str | None:
        """None when it ended with 0; else what it printed, or that it did not end."""
        mounts["work"] = "/work:ro"
        run = self.sidecar.run(["promtool", *command], mounts=mounts, seconds=SECONDS)
        if run.timed_out or run.out_of_memory:
            return "promtool came to no end: an expression asks for too much"
        return run.log if run.exit_code else None


def _wanted(day: Day) -> str:
    if not day.spells:
        return "No alert at any time"
    begin, end = (f"{step * STEP / 60:g}" for step in day.spells[0])
    return (
        f"There is trouble from minute {begin} to minute {end}, so an alert from its fourth "
        "minute to its end, over within two more minutes, and none at other times"
    )


def lay_out(work: Volume, monitoring: Monitoring) -> None:
    """Copy the files to where `promtool` finds them."""
    work.write(CONFIG, monitoring.config_bytes)
    work.write(RULES, monitoring.rules_bytes)


def as_rules(queries: Sequence[str]) -> bytes:
    """Queries as recording rules, whose grammar `promtool check rules` judges."""
    rules = [{"record": f"query:{n}", "expr": query} for n, query in enumerate(queries)]
    return json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}).encode()


def chance(seed: int, what: str) -> random.Random:
    """The chance from which the days of a check come."""
    return random.Random(f"{seed} {what}")  # noqa: S311 - it makes days, not keys
