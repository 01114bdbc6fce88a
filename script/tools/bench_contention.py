"""`script/bench contention`: does an attempt that hogs the machine change an honest one's verdict?

The honest attempt computes a fixed amount. It is graded alone, and beside attempts that take all
they can get: as many at once as the worker would take.
"""

import os
import statistics
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from rich.console import Console
from rich.table import Table

from grader.docker_engine import DockerEngine
from grader.job import Job
from grader.judges import JudgePool
from grader.orphans import reconcile
from grader.pipeline import Grader, Outcome
from grader.settings import GraderSettings
from grader.solutions import git
from lab_specs.loader import load_lab
from lab_specs.report import Verdict
from script.tools.portal import SHELF

ROUNDS = 3
HONEST = """FROM mlops-python:3.11
COPY honest.py /
CMD ["python", "/honest.py"]
"""
HONEST_PROGRAM = """import hashlib, time
began = time.monotonic()
hashlib.pbkdf2_hmac("sha256", b"a", b"b", 4_000_000)
print("took", time.monotonic() - began, time.process_time())
"""
HOG = """FROM mlops-python:3.11
COPY hog.py /
CMD ["python", "/hog.py"]
"""
HOG_PROGRAM = """import os
for _ in range(16):
    if os.fork() == 0:
        kept = bytearray(1 << 18)
        while True:
            with open("/tmp/x", "wb") as file:
                file.write(kept)
            print("x" * 1000, flush=True)
os.wait()
"""
console = Console()


@dataclass
class Watcher:
    """Hears of an attempt, and lets others wait until its containers run."""

    running: threading.Event

    def phase(self, name: str) -> None:
        """A phase begins."""

    def log(self, text: str) -> None:
        """The log grew."""

    def note(self, text: str) -> None:  # noqa: ARG002 - which check, nobody asks
        """A check begins."""
        self.running.set()


@dataclass(frozen=True)
class Bench:
    """A grader, and the repositories of two people."""

    grader: Grader
    folder: Path

    def repository(self, name: str, files: dict[str, str]) -> str:
        """A new repository; its commit."""
        home = self.folder / name
        home.mkdir()
        for path, text in files.items():
            (home / path).write_text(text)
        git(home, "init", "--quiet")
        git(home, "add", ".")
        git(home, "commit", "--quiet", "--message", "Work")
        return git(home, "rev-parse", "HEAD").strip()

    def grade(self, name: str, commit: str, running: threading.Event) -> Outcome:
        """Grade the commit in the lab that asks for exit code 0, with more time than it gives."""
        lab = load_lab(SHELF / "hello")
        limits = lab.file.limits.model_copy(update={"run_seconds": 110, "total_seconds": 115})
        lab = lab.model_copy(update={"file": lab.file.model_copy(update={"limits": limits})})
        job = Job(
            attempt=f"bench-{uuid4()}",
            lab="hello",
            repository=(self.folder / name).as_uri(),
            commit=commit,
            seed=1,
            token=name,
        )
        return self.grader.grade(job, lab, Watcher(running))


def main() -> int:
    """Measure, print; 0 when no verdict of an honest attempt changed."""
    hogs = max(1, (os.cpu_count() or 2) - 1)
    with tempfile.TemporaryDirectory() as folder:
        settings = GraderSettings(
            local_repositories=Path(folder), workdir=Path(folder) / "work", concurrency=hogs + 1
        )
        engine = DockerEngine(house=f"bench {uuid4()}")
        judges = JudgePool(engine, settings.judge_image, spares=1, labels={})
        try:
            alone, beside = measure(Bench(Grader(engine, judges, settings), Path(folder)), hogs)
        finally:
            judges.close()
    show(alone, beside, hogs)
    return 0 if all(one.verdict is Verdict.PASSED for one in alone + beside) else 1


def measure(bench: Bench, hogs: int) -> tuple[list[Outcome], list[Outcome]]:
    """Honest outcomes alone and beside hogs, in turns."""
    honest = bench.repository("honest", {"Dockerfile": HONEST, "honest.py": HONEST_PROGRAM})
    hog = bench.repository("hog", {"Dockerfile": HOG, "hog.py": HOG_PROGRAM})
    alone, beside = [], []
    with ThreadPoolExecutor(hogs) as hands:
        for _ in range(ROUNDS):
            alone.append(bench.grade("honest", honest, threading.Event()))
            started = [threading.Event() for _ in range(hogs)]
            busy = [hands.submit(bench.grade, "hog", hog, event) for event in started]
            if not all(event.wait(60) for event in started):
                raise RuntimeError("the hogs did not start")
            beside.append(bench.grade("honest", honest, threading.Event()))
            if any(one.done() for one in busy):
                raise RuntimeError("the hogs ended before the honest attempt")
            reconcile(bench.grader.engine, lambda: {"honest"})  # the hogs have done their part
            for one in busy:
                one.result()
    return alone, beside


def show(alone: list[Outcome], beside: list[Outcome], hogs: int) -> None:
    """Print what each attempt's container took."""
    title = f"honest attempts, {ROUNDS} rounds, beside {hogs} that hog"
    table = Table("seconds, median", "alone", "beside", "ratio", title=title)
    for number, name in enumerate(("wall", "processor")):
        pair = [statistics.median(_took(one)[number] for one in group) for group in (alone, beside)]
        table.add_row(name, f"{pair[0]:.2f}", f"{pair[1]:.2f}", f"{pair[1] / pair[0]:.2f}")
    verdicts = [", ".join(sorted({one.verdict for one in group})) for group in (alone, beside)]
    table.add_row("verdicts", *verdicts, "")
    console.print(table)


def _took(outcome: Outcome) -> tuple[float, float]:
    """Wall and processor seconds by the honest program's own clocks."""
    said = [line for line in outcome.log.splitlines() if line.startswith("took ")]
    if not said:
        raise RuntimeError(f"the honest attempt did not end: {outcome}")
    wall, cpu = said[-1].split()[1:]
    return float(wall), float(cpu)


if __name__ == "__main__":
    sys.exit(main())
