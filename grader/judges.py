"""Judges that are started before an attempt needs them. One judge serves one attempt.

Starting a container costs about as much as all else of a short attempt, so a spare waits on
its standard input while the attempt before it is still graded.
"""

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field

from grader.engine import DEADLINE, JUDGE, NO_NETWORK, ROLE, Engine, Limits, Mount, Pipe
from lab_specs.schema import LabSpec

SPARE_LIFE = 1800.0  # seconds that a spare may wait
LIFE = SPARE_LIFE + 7200.0  # seconds after which a sweep removes a judge whatever it does
LIMITS = {"user": "10002:10002", "memory_mb": 1024, "cpus": 2.0, "pids": 256, "tmp_mb": 64}


@dataclass(frozen=True, slots=True)
class Judge:
    """A running judge: its container, its pipes, the volumes that it holds mounted."""

    container: str
    pipe: Pipe
    volumes: Mapping[str, str]  # name in lab.yaml -> name in the engine
    born: float = field(default_factory=time.monotonic)


class JudgePool:
    """Hands out judges, and keeps `spares` waiting for the lab that was asked for last."""

    def __init__(
        self, engine: Engine, image: str, *, spares: int, labels: Mapping[str, str]
    ) -> None:
        self._engine, self._image = engine, image
        self._spares, self._labels = spares, dict(labels)
        self._waiting: dict[str, list[Future[Judge]]] = {}
        self._lock = threading.Lock()
        self._closed = False
        self._hands = ThreadPoolExecutor(max_workers=4, thread_name_prefix="judges")

    def warm(self, lab: LabSpec, at_least: int = 1) -> None:
        """Start judges for a lab in the background until `at_least` are there or on their way."""
        with self._lock:
            if self._closed:
                return
            waiting = self._waiting.setdefault(_key(lab), [])
            for _ in range(at_least - len(waiting)):
                waiting.append(self._hands.submit(self._start, lab))

    def take(self, lab: LabSpec) -> Judge:
        """A judge for one attempt; a spare when there is one."""
        with self._lock:
            waiting = self._waiting.setdefault(_key(lab), [])
            spare = waiting.pop(0) if waiting else None
        # A spare that failed to start says nothing of the engine now: it is tried again.
        judge = spare.result() if spare and not spare.exception() else self._start(lab)
        self.warm(lab, self._spares)
        if time.monotonic() - judge.born > SPARE_LIFE:
            self.discard(judge)
            judge = self._start(lab)
        return judge

    def discard(self, judge: Judge, first: Callable[[], None] = lambda: None) -> None:
        """Remove a judge and its volumes, in the background; before it what depends on it.

        A verdict does not wait for this. What a dead worker leaves, the sweep removes.
        """
        try:
            self._hands.submit(self._remove, judge, first)
        except RuntimeError:  # the pool was closed meanwhile
            self._remove(judge, first)

    def close(self) -> None:
        """Let the spares go and finish what is under way."""
        with self._lock:
            self._closed = True
            spares = [spare for waiting in self._waiting.values() for spare in waiting]
            self._waiting.clear()
        for spare in spares:
            spare.add_done_callback(self._remove_spare)
        self._hands.shutdown(wait=True)

    def _start(self, lab: LabSpec) -> Judge:
        labels = {**self._labels, ROLE: JUDGE}
        deadline = time.time() + LIFE
        stamp = {**labels, DEADLINE: str(deadline)}
        volumes: dict[str, str] = {}
        with ExitStack() as undo:
            for name, size in lab.file.volumes.items():
                volumes[name] = self._engine.create_volume(size_mb=size, labels=stamp)
                undo.callback(self._engine.remove_volume, volumes[name])
            container, pipe = self._attach(volumes, labels, deadline)
            undo.pop_all()
        return Judge(container, pipe, volumes)

    def _attach(
        self, volumes: Mapping[str, str], labels: Mapping[str, str], deadline: float
    ) -> tuple[str, Pipe]:
        return self._engine.start_attached(
            image=self._image,
            mounts=[
                Mount(volume=volume, at=f"/volumes/{name}", read_only=False)
                for name, volume in volumes.items()
            ],
            labels=labels,
            limits=Limits(**LIMITS, network=NO_NETWORK, deadline=deadline),  # type: ignore[arg-type]
        )

    def _remove_spare(self, spare: Future[Judge]) -> None:
        if spare.exception() is None:
            self._remove(spare.result())

    def _remove(self, judge: Judge, first: Callable[[], None] = lambda: None) -> None:
        with ExitStack() as steps:  # the last first; one that fails keeps no other
            for volume in judge.volumes.values():
                steps.callback(self._engine.remove_volume, volume)
            steps.callback(self._engine.remove, judge.container)
            steps.callback(judge.pipe.close)
            steps.callback(first)


def _key(lab: LabSpec) -> str:
    """Judges differ in nothing but the volumes that they hold."""
    return repr(sorted(lab.file.volumes.items()))
