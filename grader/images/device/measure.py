"""Meets each model in a cage: reads it, runs it on every picture, times it against others."""

import gc
import re
import sys
import time
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import numpy as np

from .cage import Refused, caged
from .census import Numbers
from .job import Job

CLASSES = 10
CALLS = 50  # pictures at most in a row, for one figure of a race
WIPED = 500  # pictures for a model without its integer weights


class Runner(Protocol):
    """A model that answers one picture with ten scores."""

    def taken(self, picture: Numbers) -> Numbers:
        """The picture, float32 [1, 64], as the model takes it."""

    def ask(self, taken: Numbers) -> Numbers:
        """The scores."""


def measure(job: Job) -> dict[str, Any]:
    """All facts that the job asks for. A model with a fault is left out of the race."""
    pictures = np.load(job.folder / job.inputs, allow_pickle=False)
    for name in job.models:
        _tools(name)  # loaded once, here, and there in every fork
    gc.freeze()
    cage = partial(caged, cpu_seconds=job.cpu_seconds, seconds=job.seconds)
    facts: dict[str, Any] = {}
    for name in job.models:
        path = job.folder / name
        steps = [partial(_look, path, pictures)] if job.look else []
        facts[name] = _in_turn([*steps, partial(_run, path, pictures)], cage)
    sound = [name for name in job.race if "fault" not in facts[name]]
    race = cage(partial(_race, [job.folder / name for name in sound], pictures, job.rounds))
    return {"models": facts, "race": race}


def _in_turn(steps: list[Callable[[], Any]], cage: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """What all steps found together, or the fault of the first that had one."""
    found: dict[str, Any] = {}
    for step in steps:
        seen = cage(step)
        if "fault" in seen:
            return seen
        found |= seen["value"]
    return found


def _tools(name: str) -> ModuleType:
    """What knows the format that the file's name promises."""
    formats = {".onnx": "onnx_model", ".tflite": "tflite_model"}
    return import_module(f".{formats[Path(name).suffix]}", __package__)


def _runner(name: str, content: bytes) -> Runner:
    tools = _tools(name)
    runner: Runner = (
        tools.OnnxRunner(content) if name.endswith("onnx") else tools.TfliteRunner(content)
    )
    return runner


def _look(path: Path, pictures: Numbers) -> dict[str, Any]:
    """What stands in the graph, and some answers that it gives without its integer weights."""
    census, wiped = _tools(path.name).read(path.read_bytes())
    told: dict[str, Any] = census.told()
    if census.integer:
        told["wiped"] = _answers(_runner(path.name, wiped), pictures[:WIPED])
    return told


def _run(path: Path, pictures: Numbers) -> dict[str, Any]:
    """The answers to all pictures, and the memory that the model took for them, MiB."""
    content = path.read_bytes()
    gc.collect()
    before = _memory_mb()
    began = time.process_time()
    runner = _runner(path.name, content)
    load_ms = (time.process_time() - began) * 1e3
    answers = _answers(runner, pictures)
    memory = _memory_mb(peak=True)
    return {
        "answers": answers,
        "load_ms": round(load_ms, 2),
        "model_mb": round(memory - before, 2),
        "peak_mb": round(memory, 2),
    }


def _answers(runner: Runner, pictures: Numbers) -> list[int]:
    """One label for each picture; -1 where a score is no number."""
    labels = []
    for number in range(len(pictures)):
        scores = runner.ask(runner.taken(pictures[number : number + 1]))
        if scores.size != CLASSES:
            raise Refused(f"its output has the shape {list(scores.shape)}, not [1, {CLASSES}]")
        row = scores.reshape(-1)
        labels.append(int(row.argmax()) if np.isfinite(row).all() else -1)
    return labels


def _race(paths: list[Path], pictures: Numbers, rounds: int) -> dict[str, list[float]]:
    """Microseconds for one picture, of each model in turn, round by round."""
    runners = {path.name: _runner(path.name, path.read_bytes()) for path in paths}
    taken = {
        name: [runner.taken(picture[np.newaxis]) for picture in pictures[:CALLS]]
        for name, runner in runners.items()
    }
    times: dict[str, list[float]] = {name: [] for name in runners}
    for _ in range(rounds + 1):
        for name, runner in runners.items():
            began = time.perf_counter()
            for picture in taken[name]:
                runner.ask(picture)
            times[name].append(round((time.perf_counter() - began) / len(taken[name]) * 1e6, 2))
    return {name: figures[1:] for name, figures in times.items()}  # the first warmed up


def _memory_mb(*, peak: bool = False) -> float:
    """What this process has, or at most had, in memory."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    found = re.search(rf"{'VmHWM' if peak else 'VmRSS'}:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else float(sys.maxsize)
