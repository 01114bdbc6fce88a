"""The figures of a run of chaos, what they must be, and the table that shows them."""

import math
import re
import statistics
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any
from uuid import UUID

from rich.console import Console
from rich.table import Table
from rich.text import Text

from grader.settings import GraderSettings
from portal.submissions.models import Attempt, Transition
from script.tools.chaos_faults import Blow
from script.tools.chaos_services import LOGS
from script.tools.chaos_watch import Hold, asked, requeued
from script.tools.chaos_work import Work

AIM_REQUEUE = 30.0  # seconds
KILLS = {"a worker", "all workers"}
DROPPED = re.compile(r"abandoned|kept.{0,12}False|\"kept\": false")


@dataclass(frozen=True)
class Round:
    """All that is known of one round, once it is over."""

    attempts: Mapping[Work, int]
    outcomes: Mapping[int, tuple[Any, ...]]
    times: Mapping[int, int]  # how often each attempt was done
    doubles: int  # rows that nobody asked for
    seen: Mapping[UUID, Hold]  # every token that a worker had
    blows: tuple[Blow, ...]
    seconds: float

    def of(self, work: Work) -> tuple[Any, ...] | None:
        """What came out of this work."""
        return self.outcomes.get(self.attempts.get(work, 0))


@dataclass
class Figures:
    """Both rounds, and what was found after them."""

    works: Sequence[Work]
    calm: Round
    storm: Round
    order: Sequence[tuple[str, str]]
    dropped: int  # replayed reports that were refused
    doubled: int  # messages that were delivered twice
    left: Sequence[str]
    fell: Sequence[str]  # processes that ended although nobody struck them
    cleaned: float
    began: float

    @cached_property
    def once(self) -> int:
        """Attempts of the storm that are done exactly once."""
        return sum(times == 1 for times in self.storm.times.values())

    @cached_property
    def lost(self) -> int:
        """Works that never came to a verdict."""
        done = {pk for pk, times in self.storm.times.items() if times}
        return sum(self.storm.attempts.get(work) not in done for work in self.works)

    @cached_property
    def duplicated(self) -> int:
        """Attempts that were done twice, and rows that nobody asked for."""
        return sum(times > 1 for times in self.storm.times.values()) + self.storm.doubles

    @cached_property
    def different(self) -> list[Work]:
        """Works that came to another end in the storm than in peace, or none."""
        return [work for work in self.works if self.storm.of(work) != self.calm.of(work)]

    @cached_property
    def unexpected(self) -> list[Work]:
        """Works to which a portal left in peace gave another verdict than it should."""
        return [w for w in self.works if (self.calm.of(w) or (0, 0, 0))[1:3] != w.expected]

    @cached_property
    def waits(self) -> list[float]:
        """Seconds from the kill of a worker to the queue, for each attempt that it held."""
        return [
            wait
            for blow in self.storm.blows
            if blow.name in KILLS
            for wait in asked(partial(requeued, [hold.attempt for hold in blow.hit], blow.at))
        ]

    @cached_property
    def late(self) -> tuple[int, int]:
        """What paused workers held when their time was over: given to others, out of how many."""
        held = [hold for b in self.storm.blows if b.name == "a paused worker" for hold in b.hit]
        tokens = Counter(hold.attempt for hold in self.storm.seen.values())
        given = [hold for hold in held if tokens[hold.attempt] > 1]
        return sum(self.storm.times.get(hold.attempt) == 1 for hold in given), len(held)

    @property
    def p95(self) -> float:
        """Of the seconds from kill to queue."""
        waits = sorted(self.waits)
        return waits[math.ceil(0.95 * len(waits)) - 1] if waits else 0.0

    def problems(self) -> list[str]:
        """Why this run did not hold; nothing when it did."""
        total, tokens = len(self.works), len(self.storm.seen)
        given, held = self.late
        wrong = {
            f"{self.lost} lost": self.lost,
            f"{self.duplicated} duplicated": self.duplicated,
            f"{total - self.once} not recorded exactly once": self.once != total,
            f"{len(self.left)} left behind": self.left,
            f"ended by themselves: {', '.join(self.fell)}": self.fell,
            f"{len(self.different)} verdicts differ": self.different,
            f"{len(self.unexpected)} verdicts in peace are wrong": self.unexpected,
            f"{tokens - self.dropped} late reports were taken": self.dropped != tokens,
            "no worker was paused past its lease": not 0 < given == held,
            "not every fault was injected": len(self.storm.blows) < len(self.order),
            "no message was delivered twice": not self.doubled,
            "no attempt had to be queued again": not self.waits,
            f"p95 of kill to queue is over {AIM_REQUEUE:.0f} s": self.p95 > AIM_REQUEUE,
        }
        return [words for words, holds in wrong.items() if holds]


def show(console: Console, figures: Figures) -> int:
    """Print the table and what is wrong; 0 when nothing is."""
    table = Table("", "figure", title="Nothing is lost", title_justify="left")
    for name, value in _rows(figures):
        table.add_row(name, Text(value))
    console.print(table)
    for work in figures.different:
        _tell(console, figures, work)
    for thing in figures.left:
        console.print(Text(f"left: {thing}"))
    problems = figures.problems()
    for problem in problems:
        console.print(Text(f"FAILED: {problem}"), style="red")
    return 1 if problems else 0


def _rows(figures: Figures) -> list[tuple[str, str]]:
    total, storm = len(figures.works), figures.storm
    given, held = figures.late
    waits, median = figures.waits, statistics.median(figures.waits or [0])
    faults = Counter(blow.name for blow in storm.blows)
    phases = Counter(blow.phase or "nothing under way" for blow in storm.blows)
    retries = asked(
        lambda: list(Attempt.objects.filter(pk__in=storm.times).values_list("retries", flat=True))
    )
    said = sum(
        len(DROPPED.findall(log.read_text(errors="replace"))) for log in LOGS.glob("worker*")
    )
    lease = GraderSettings().lease_seconds
    return [
        ("submitted", f"{len(storm.attempts)} of {total}"),
        ("recorded exactly once", str(figures.once)),
        ("lost", str(figures.lost)),
        ("duplicated", str(figures.duplicated)),
        ("orphans left", f"{len(figures.left)} (clean after {figures.cleaned:.0f} s)"),
        ("processes that ended by themselves", str(len(figures.fell))),
        ("late reports of paused workers dropped", f"{given} of {held}"),
        ("every worker's report sent again, dropped", f"{figures.dropped} of {len(storm.seen)}"),
        ("reports that workers saw dropped", str(said)),
        (
            f"kill to queue, {len(waits)} times, lease of {lease:.0f} s",
            f"p50 {median:.1f} s, p95 {figures.p95:.1f} s (aim: {AIM_REQUEUE:.0f} s)",
        ),
        ("verdicts equal to the undisturbed run", f"{total - len(figures.different)} of {total}"),
        ("undisturbed verdicts as expected", f"{total - len(figures.unexpected)} of {total}"),
        ("run again", f"{sum(retries)} times, one attempt at most {max(retries, default=0)}"),
        ("messages delivered twice", str(figures.doubled)),
        ("faults", _counted(faults)),
        ("struck while", _counted(phases)),
        (
            "seconds",
            f"{figures.calm.seconds:.0f} in peace, {storm.seconds:.0f} in the storm,"
            f" {time.monotonic() - figures.began:.0f} in all",
        ),
    ]


def _counted(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in sorted(counter.items()))


def _tell(console: Console, figures: Figures, work: Work) -> None:
    """What happened to a work that came to another end."""
    attempt = figures.storm.attempts.get(work)
    console.print(Text(f"different: {work.kind}, attempt {attempt}"))
    console.print(
        Text(f"  in peace  {figures.calm.of(work)}\n  in storm  {figures.storm.of(work)}")
    )
    rows = asked(lambda: list(Transition.objects.filter(attempt=attempt)))
    for row in rows:
        console.print(Text(f"  {row.at:%H:%M:%S} {row} {row.note}"))
