"""An engine in memory. `test_engine_contract` holds it to what the real one does."""

import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Literal

from grader.engine import DEADLINE, Belonging, CachedImage, Limits, Mount, State
from lab_specs import wire
from lab_specs.faults import Code, PlatformFault, StudentFault

KILLED = 137
SILENCE = b""  # a judge that says this waits until it is removed

# A judge: hears its brief, then says asks (or raw lines) and hears an answer to each.
Talk = Callable[[bytes], Generator[wire.Message | bytes, wire.Answer | None, None]]


@dataclass(frozen=True, kw_only=True)
class Script:
    """What a container does. `exit_code` None: it runs until a signal ends it."""

    exit_code: int | None = 0
    on_term: int | None = KILLED + 6  # None: it pays no attention
    log: bytes = b""
    out_of_memory: bool = False
    cpu_seconds: float | None = None
    fault: StudentFault | None = None


@dataclass
class Container:
    """One container that was started, with all that it was started with."""

    image: str
    command: tuple[str, ...]
    env: Mapping[str, str]
    mounts: tuple[Mount, ...]
    labels: Mapping[str, str]
    limits: Limits
    script: Script
    exit_code: int | None = None
    ended: threading.Event = field(default_factory=threading.Event)
    ended_at: float = 0.0
    signals: list[str] = field(default_factory=list)

    def end(self, exit_code: int) -> None:
        if not self.ended.is_set():
            self.exit_code, self.ended_at = exit_code, time.time()
            self.ended.set()


class FakePipe:
    """Speaks as the judge's function does, on the thread of whoever reads."""

    def __init__(self, talk: Talk, container: Container) -> None:
        self._talk, self._container, self._ended = talk, container, container.ended
        self._heard: deque[bytes] = deque()
        self.closed = False

    def send(self, line: bytes) -> None:
        if self.closed or self._ended.is_set():
            raise PlatformFault(Code.JUDGE_FAILED, problem="its input closed")
        self._heard.append(line)

    def lines(self, cap: int) -> Iterator[bytes]:
        talk = self._talk(self._heard.popleft())
        said = next(talk, None)
        while said is not None and not self._ended.is_set():
            if said == SILENCE:
                assert self._ended.wait(20), "a silent judge was left alone"
                return
            line = said if isinstance(said, bytes) else said.line()
            if len(line) > cap:
                raise PlatformFault(Code.JUDGE_FAILED, problem="it sent an endless line")
            yield line.rstrip(b"\n")
            heard = self._heard.popleft() if self._heard else None
            try:
                said = talk.send(wire.Answer.model_validate_json(heard) if heard else None)
            except StopIteration:
                return

    def close(self) -> None:
        self.closed = True
        self._container.end(0)


def mute(brief: bytes) -> Generator[wire.Message | bytes, wire.Answer | None, None]:
    """A judge that waits for ever."""
    yield SILENCE


class FakeEngine:
    """Containers that do what `scripts` says of their command; judges that talk as told."""

    def __init__(self, scripts: Mapping[tuple[str, ...], Script] | None = None) -> None:
        self.scripts = dict(scripts or {})
        self.talk: Talk = mute
        self.images: dict[str, Mapping[str, str]] = {}
        self.used: list[str] = []  # images, in the order of their use
        self.cached: dict[str, tuple[float, Mapping[str, int]]] = {}  # name: last use, layers
        self.build_cache = 0  # bytes
        self.sizes: dict[str, int] = {}
        self.containers: dict[str, Container] = {}
        self.started: list[Container] = []  # these stay when a container is removed
        self.removed: list[str] = []  # containers and volumes, in the order in which they went
        self.volumes: dict[str, tuple[int, Mapping[str, str]]] = {}
        self._ids = count(1)
        self._lock = threading.Lock()

    def cores(self) -> int:
        return 4

    def image_id(self, reference: str) -> str | None:
        return f"sha256:{reference}" if reference in self.images else None

    def image_bytes(self, reference: str) -> int:
        return self.sizes.get(reference, 0)

    def use_image(self, reference: str) -> str | None:
        self.used.append(reference)
        return self.image_id(reference)

    def cached_images(self, repository: str) -> list[CachedImage]:
        return [
            CachedImage(names=(name,), used_at=used_at, layers=layers)
            for name, (used_at, layers) in self.cached.items()
            if name in self.images
        ]

    def remove_image(self, reference: str) -> bool:
        in_use = any(one.image == reference for one in self.containers.values())
        return not in_use and self.images.pop(reference, None) is not None

    def prune_builds(self, keep_bytes: int) -> int:
        freed = max(0, self.build_cache - keep_bytes)
        self.build_cache -= freed
        return freed

    def image_labels(self, reference: str) -> Mapping[str, str]:
        return self.images.get(reference, {})

    def start(
        self,
        *,
        image: str,
        command: Sequence[str],
        env: Mapping[str, str],
        mounts: Sequence[Mount],
        labels: Mapping[str, str],
        limits: Limits,
    ) -> str:
        script = self.scripts.get(tuple(command))
        if script is None:
            raise StudentFault(Code.COMMAND_NOT_FOUND, error=f"{command[0]}: not found")
        if script.fault is not None:
            raise script.fault
        name, made = self._make(image, tuple(command), env, mounts, labels, limits, script)
        if script.exit_code is not None:
            made.end(script.exit_code)
        return name

    def start_attached(
        self, *, image: str, mounts: Sequence[Mount], labels: Mapping[str, str], limits: Limits
    ) -> tuple[str, FakePipe]:
        script = Script(exit_code=None, log=b"the judge's own words\n")
        name, made = self._make(image, (), {}, mounts, labels, limits, script)
        return name, FakePipe(self.talk, made)

    def wait(self, container: str, seconds: float) -> bool:
        # Nobody else ends it meanwhile, so its time passes at once.
        return self._find(container).ended.is_set()

    def signal(self, container: str, name: Literal["TERM", "KILL"]) -> None:
        found = self.containers.get(container)
        if found is None or found.ended.is_set():
            return
        found.signals.append(name)
        code = KILLED if name == "KILL" else found.script.on_term
        if code is not None:
            found.end(code)

    def state(self, container: str) -> State:
        found = self._find(container)
        return State(
            exit_code=found.exit_code,
            out_of_memory=found.script.out_of_memory,
            seconds=0.5,
            cpu_seconds=found.script.cpu_seconds,
        )

    def log(self, container: str, limit: int) -> bytes:
        found = self.containers.get(container)
        return found.script.log[-limit:] if found else b""

    def remove(self, container: str) -> None:
        with self._lock:
            found = self.containers.pop(container, None)
            if found is not None:
                self.removed.append(container)
                found.end(KILLED)

    def create_volume(self, *, size_mb: int, labels: Mapping[str, str]) -> str:
        name = f"volume-{next(self._ids)}"
        self.volumes[name] = (size_mb, labels)
        return name

    def remove_volume(self, volume: str) -> None:
        if self.volumes.pop(volume, None) is not None:
            self.removed.append(volume)

    def belongings(self) -> list[Belonging]:
        held = {mount.volume for one in self.containers.values() for mount in one.mounts}
        containers = [
            Belonging(
                id=name,
                is_volume=False,
                labels=one.labels,
                volumes=tuple(mount.volume for mount in one.mounts),
                idle_seconds=time.time() - one.ended_at if one.ended.is_set() else None,
            )
            for name, one in self.containers.items()
        ]
        volumes = [
            Belonging(id=name, is_volume=True, labels=labels)
            for name, (_, labels) in self.volumes.items()
            if name not in held
        ]
        return [*containers, *volumes]

    def sweep(self, now: float) -> int:
        late = [name for name, one in self.containers.items() if one.limits.deadline < now]
        for name in late:
            self.remove(name)
        held = {mount.volume for one in self.containers.values() for mount in one.mounts}
        idle = [
            name
            for name, (_, labels) in self.volumes.items()
            if name not in held and float(labels.get(DEADLINE, 0)) < now
        ]
        for name in idle:
            self.remove_volume(name)
        return len(late) + len(idle)

    def _make(self, *started: Any) -> tuple[str, Container]:
        name = f"container-{next(self._ids)}"
        image, command, env, mounts, labels, limits, script = started
        made = Container(image, command, env, tuple(mounts), labels, limits, script)
        with self._lock:
            self.containers[name] = made
            self.started.append(made)
        return name, made

    def _find(self, container: str) -> Container:
        try:
            return self.containers[container]
        except KeyError:
            problem = f"no such container: {container}"
            raise PlatformFault(Code.ENGINE_UNAVAILABLE, problem=problem) from None


def limits(**changes: Any) -> Limits:
    """Tight limits for one container of a test."""
    usual = {"user": "10001:10001", "memory_mb": 64, "cpus": 1.0, "pids": 32, "tmp_mb": 4}
    return Limits(**usual | {"network": "none", "deadline": time.time() + 600} | changes)
