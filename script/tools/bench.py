"""`script/bench`: every benchmark in one run, as ratios of medians, with a table and JSON."""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import docker
from rich.console import Console
from rich.table import Table

from lab_specs.loader import load_lab
from script.tools.bench_grading import AT_ONCE, TICKS, Bench
from script.tools.by_hand import Hand
from script.tools.portal import ROOT, SHELF, manage, running

SIZES = (30, 1000)
console = Console()


def main() -> None:
    """Measure, print, and write the figures to a file if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = {**grading(Path(folder), options.rounds), "pages": pages(Path(folder))}
    _print(figures)
    text = json.dumps(figures, indent=1)
    if options.json:
        options.json.write_text(text + "\n")
    else:
        sys.stdout.write(text + "\n")


def grading(folder: Path, rounds: int) -> dict[str, Any]:
    """(a) to (f), on a portal of its own."""
    concurrency = os.cpu_count() or 2
    client = docker.from_env()
    with running(folder / "portal", GRADER_CONCURRENCY=str(concurrency)) as portal:
        manage(portal.environment, "seed_people", "--students", str(AT_ONCE + 3))
        trivial_folder = portal.repositories / "trivial"
        trivial = portal.repository(
            "trivial", {"Dockerfile": 'FROM mlops-python:3.11\nCMD ["true"]\n'}
        )
        hand = Hand(client, load_lab(SHELF / "hello"))
        image, _ = hand.build(trivial_folder)
        with portal.visitor("alice") as person:
            bench = Bench(portal, portal.project(), hand, person)
            samples = bench.rounds(rounds, trivial, image)
            together = bench.burst(trivial)
            by_hand = bench.burst_by_hand(image, concurrency)
            memory = bench.peak_memory_mb()
    return {
        "rounds": rounds,
        "concurrency": concurrency,
        "seconds": {
            "a submit to verdict": _spread(samples.submit),
            "b two containers by hand, to the report": _spread(samples.hand),
            "b two containers by hand, until removed": _spread(samples.hand_removed),
            "c bare docker run of true": _spread(samples.bare),
            "e one line changed, submit to verdict": _spread(samples.changed),
            "e docker build and two containers by hand": _spread(samples.changed_hand),
        },
        "ratios": {
            "a / b": _ratio(samples.submit, samples.hand),
            "a / c": _ratio(samples.submit, samples.bare),
            "d / b": together / by_hand,
            "e / by hand": _ratio(samples.changed, samples.changed_hand),
        },
        "verdicts per second": {"d 40 at once": together, "b at the same concurrency": by_hand},
        "controller": {
            "cpu seconds per attempt": statistics.mean(samples.controller_cpu),
            "cpu resolution": 1 / TICKS,
            "peak memory MiB": memory,
        },
    }


def pages(folder: Path) -> dict[str, Any]:
    """(g): the lecturer's pages for a small and a large class."""
    found = {}
    for students in SIZES:
        environment = os.environ | {
            "PORTAL_DEMO": "1",
            "PORTAL_VAR": str(folder / f"pages-{students}"),
            "PORTAL_LOG_LEVEL": "WARNING",
            "DJANGO_SETTINGS_MODULE": "portal.settings",
        }
        words = [sys.executable, "-m", "script.tools.bench_pages", str(students)]
        done = subprocess.run(words, env=environment, cwd=ROOT, check=True, stdout=subprocess.PIPE)
        found[str(students)] = json.loads(done.stdout)
    return found


def _spread(seconds: Sequence[float]) -> dict[str, float]:
    return {
        "median": statistics.median(seconds),
        "p95": statistics.quantiles(seconds, n=20)[-1],
        "n": len(seconds),
    }


def _ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    return statistics.median(ours) / statistics.median(theirs)


def _print(figures: dict[str, Any]) -> None:
    table = Table("seconds", "median", "p95", title=f"{figures['rounds']} rounds, interleaved")
    for name, spread in figures["seconds"].items():
        table.add_row(name, f"{spread['median']:.3f}", f"{spread['p95']:.3f}")
    console.print(table)
    for group in ("ratios", "verdicts per second", "controller"):
        table = Table(group, "")
        for name, value in figures[group].items():
            table.add_row(name, f"{value:.3f}")
        console.print(table)
    table = Table("page", "students", "queries", "median seconds")
    for students, found in figures["pages"].items():
        for name, page in found.items():
            table.add_row(name, students, str(page["queries"]), f"{page['seconds']:.3f}")
    console.print(table)


if __name__ == "__main__":
    main()
