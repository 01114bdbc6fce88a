"""Benchmarks (a) to (f): from submit to recorded verdict, beside the same work by hand."""

import os
import sqlite3
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from grader.solutions import GIT_ENV
from script.tools.by_hand import Hand
from script.tools.portal import Portal
from script.tools.visitor import Visitor

TICKS = os.sysconf("SC_CLK_TCK")
AT_ONCE = 40
PEOPLE = [f"student{number:04d}" for number in range(1, AT_ONCE + 1)]
DOCKERFILE = """FROM mlops-python:3.11
RUN python -c "print('a step that stays cached')"
COPY main.py /main.py
CMD ["python", "/main.py"]
"""


@dataclass
class Samples:
    """Seconds of every round, by what was measured."""

    submit: list[float] = field(default_factory=list)
    hand: list[float] = field(default_factory=list)
    hand_removed: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    changed: list[float] = field(default_factory=list)
    changed_hand: list[float] = field(default_factory=list)
    controller_cpu: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Bench:
    """A running portal, a person in it, and somebody who does the same by hand."""

    portal: Portal
    project: int
    hand: Hand
    person: Visitor

    def rounds(self, count: int, trivial: str, image: str) -> Samples:
        """Interleave all one-at-a-time measurements, `count` times."""
        samples = Samples()
        changing = self.portal.repositories / "changing"
        by_hand = self.portal.repositories / "by-hand"
        self.portal.repository("changing", _source("portal", -1))
        self.portal.repository("by-hand", _source("hand", -1))
        self.hand.build(by_hand)
        self._submit(f"file://{changing}")
        self._submit(trivial)  # warm: images, judges, page caches of the system
        grader = _grader_process(self.portal)
        for number in range(count):
            before = _cpu_seconds(grader)
            samples.submit.append(self._submit(trivial))
            samples.controller_cpu.append(_cpu_seconds(grader) - before)
            reported, removed = self.hand.judge(image)
            samples.hand.append(reported)
            samples.hand_removed.append(removed)
            samples.bare.append(self.hand.run_true(image))
            _change(changing, "portal", number)
            samples.changed.append(self._submit(f"file://{changing}"))
            _change(by_hand, "hand", number)
            built, seconds = self.hand.build(by_hand)
            samples.changed_hand.append(seconds + self.hand.judge(built)[0])
        return samples

    def burst(self, trivial: str) -> float:
        """Verdicts per second when 40 people submit at once."""
        visitors = [self.portal.visitor(person) for person in PEOPLE]
        with ThreadPoolExecutor(AT_ONCE) as hands:
            lookups = list(hands.map(lambda v: v.look_up(self.project, "hello", trivial), visitors))
            began = time.time()
            attempts = list(
                hands.map(
                    lambda pair: pair[0].confirm(pair[1]), zip(visitors, lookups, strict=True)
                )
            )
        ended = max(self._wait(attempt) for attempt in attempts)
        return AT_ONCE / (ended - began)

    def burst_by_hand(self, image: str, concurrency: int) -> float:
        """Reports per second of the same number by hand, as many at once as the workers do."""
        began = time.perf_counter()
        with ThreadPoolExecutor(concurrency) as hands:
            list(hands.map(lambda _: self.hand.judge(image), range(AT_ONCE)))
        return AT_ONCE / (time.perf_counter() - began)

    def peak_memory_mb(self) -> float:
        """The largest resident size that the grading worker has had."""
        status = Path("/proc", str(_grader_process(self.portal)), "status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024

    def _submit(self, repository: str) -> float:
        """Seconds from the confirming request to the verdict in the database."""
        lookup = self.person.look_up(self.project, "hello", repository)
        began = time.time()
        return self._wait(self.person.confirm(lookup)) - began

    def _wait(self, attempt: int) -> float:
        """When the attempt was recorded, in seconds since the epoch, by the database's own row."""
        path = Path(self.portal.environment["PORTAL_VAR"], "db.sqlite3")
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as rows:
            query = (
                "SELECT verdict, (julianday(finished_at) - 2440587.5) * 86400.0"
                " FROM submissions_attempt WHERE id = ? AND finished_at IS NOT NULL"
            )
            while (row := rows.execute(query, [attempt]).fetchone()) is None:
                time.sleep(0.01)
        if row[0] != "passed":
            raise RuntimeError(
                f"attempt {attempt} ended as {row[0]}: {self.portal.attempt(attempt)}"
            )
        return float(row[1])


def _source(who: str, number: int) -> dict[str, str]:
    return {"Dockerfile": DOCKERFILE, "main.py": f"print({who!r}, {number})\n"}


def _change(folder: Path, who: str, number: int) -> None:
    """Change one source line and commit it."""
    (folder / "main.py").write_text(_source(who, number)["main.py"])
    words = ["git", "-C", str(folder), "commit", "--quiet", "--all", "--message", str(number)]
    subprocess.run(words, check=True, env=os.environ | GIT_ENV)


def _grader_process(portal: Portal) -> int:
    """The process of the worker that grades."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
            environment = path.with_name("environ").read_bytes()
        except OSError:
            continue
        if b"grade" in words and portal.environment["PORTAL_VAR"].encode() in environment:
            return int(path.parent.name)
    raise RuntimeError("no grading worker runs")


def _cpu_seconds(process: int) -> float:
    """Processor seconds of a process and of the children that it has waited for."""
    fields = Path("/proc", str(process), "stat").read_text().rsplit(")", 1)[1].split()
    return sum(int(ticks) for ticks in fields[11:15]) / TICKS
