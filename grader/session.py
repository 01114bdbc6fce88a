"""One conversation with one judge: it asks for containers, we give them.

They are of the student's image, or of a sidecar that the lab's file names.

The judge decides what is run; the lab's limits decide how. It can ask for nothing else.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from grader.engine import NO_NETWORK, ROLE, SIDECAR, STUDENT, Engine, Limits, Mount
from grader.images import SIDECARS
from grader.judges import Judge
from grader.output import tidy
from lab_specs import wire
from lab_specs.faults import Code, PlatformFault, StudentFault
from lab_specs.schema import SIDECAR_UID, LabSpec, Share, SidecarName, SidecarShare

STUDENT_USER = "10001:10001"
SIDECAR_USER = f"{SIDECAR_UID}:{SIDECAR_UID}"
AT_ONCE = 4  # containers of one attempt that run together
IN_ALL = 64  # containers of one attempt
LOG_LIMIT = 16_000  # bytes of a container's output that an attempt keeps
KILL_GRACE = 30.0  # seconds for the engine to report the end of a killed container
GRACE = 60.0  # seconds between the session's own clock and the sweep that does not trust it

Last = wire.Rejected | wire.Reported | wire.Broke


@dataclass
class Session:
    """What the run phase opens and the judge phase finishes."""

    engine: Engine
    judge: Judge
    lab: LabSpec
    image: str
    labels: Mapping[str, str]
    watch: Callable[[str], None]  # told the title of each check as it starts
    stretch: float = 1.0  # all of the lab's seconds are multiplied by this
    containers: list[str] = field(default_factory=list)
    ended: set[int] = field(default_factory=set)  # seen to have ended, or ended by us
    sidecars: dict[int, SidecarName] = field(default_factory=dict)  # those among the containers
    log: str = ""
    _runs: dict[int, dict[str, Any]] = field(default_factory=dict)
    _asks: Iterator[wire.Ask] = field(init=False)
    _clock: threading.Timer = field(init=False)
    _expired: bool = False

    def __post_init__(self) -> None:
        self._total_seconds = self.lab.file.limits.total_seconds * self.stretch
        self._deadline = time.time() + self._total_seconds + GRACE
        self._clock = threading.Timer(self._total_seconds, self._expire)
        self._clock.daemon = True

    def open(self, seed: int) -> None:
        """Send the judge its brief; the clock of the lab starts."""
        limits = self.lab.file.limits
        brief = wire.Brief(
            lab=self.lab.id,
            kind=self.lab.file.kind,
            seed=seed,
            sources=self.lab.sources,
            start_seconds=limits.start_seconds * self.stretch,
            run_seconds=limits.run_seconds * self.stretch,
            volumes=dict(self.lab.file.volumes),
        )
        self._clock.start()
        self.judge.pipe.send(brief.line())
        self._asks = map(_ask, self.judge.pipe.lines(wire.LINE_CAP))

    def serve(self, *, until_first_check: bool = False) -> Last | None:
        """Answer the judge's asks until its last line, or until it begins the first check."""
        try:
            return self._serve(until_first_check)
        except PlatformFault:
            if not self._expired:
                raise
            # Whatever failed did so because the clock took the judge away.
            used = [run["cpu_seconds"] for run in self.runs if run["cpu_seconds"] is not None]
            raise StudentFault(
                Code.TIME_LIMIT,
                step="all checks",
                limit_seconds=self._total_seconds,
                cpu_seconds=sum(used) if used else None,
                log=self.log,
            ) from None

    def _serve(self, until_first_check: bool) -> Last | None:  # noqa: FBT001 - handed through
        for ask in self._asks:
            if isinstance(ask, Last):
                return ask
            if isinstance(ask, wire.Phase):
                self.watch(ask.note)
                if until_first_check:
                    return None
            else:
                self.judge.pipe.send(self._answer(ask).line())
        printed = tidy(self.engine.log(self.judge.container, LOG_LIMIT), LOG_LIMIT)
        raise PlatformFault(Code.JUDGE_FAILED, problem="the judge ended early", log=printed)

    @property
    def runs(self) -> list[dict[str, Any]]:
        """How each container went, as last seen, in the order of their start: at most `IN_ALL`."""
        return [self._runs[number] for number in sorted(self._runs)]

    def last_words(self) -> str:
        """What a container that still runs printed up to now; else what was last heard.

        A service's own account of a request that failed comes after all that a check asked for.
        """
        over = self.ended | set(self.sidecars)
        running = [at for at in range(len(self.containers)) if at not in over]
        for number in reversed(running):  # the log of the first is the one that stays
            with suppress(PlatformFault):
                self._look(number, with_log=number == running[0])
        return self.log

    def close(self) -> None:
        """Remove every container of the attempt but the judge."""
        self._clock.cancel()
        with ExitStack() as stack:  # one that cannot be removed keeps no other
            for container in self.containers:
                stack.callback(self.engine.remove, container)

    def _expire(self) -> None:
        self._expired = True
        self.judge.pipe.close()  # whoever reads it wakes up, even when the engine is deaf
        with suppress(PlatformFault):  # the sweep tries again
            self.engine.remove(self.judge.container)

    def _answer(
        self, ask: wire.Start | wire.Wait | wire.Signal | wire.Inspect | wire.Remove
    ) -> wire.Answer:
        match ask:
            case wire.Start():
                return self._start(ask)
            case wire.Wait():
                return self._wait(ask)
            case wire.Signal():
                self.engine.signal(self._container(ask.container), ask.signal)
                return wire.Answer(container=ask.container)
            case wire.Inspect():
                return self._look(ask.container, with_log=ask.with_log)
            case wire.Remove():
                self._end(ask.container)
                return wire.Answer(container=ask.container)

    def _start(self, ask: wire.Start) -> wire.Answer:
        alive = len(self.containers) - len(self.ended)
        if alive >= AT_ONCE or len(self.containers) >= IN_ALL:
            problem = f"a lab may run {AT_ONCE} containers at once and {IN_ALL} in all"
            raise PlatformFault(Code.LAB_BROKEN, problem=problem)
        share = self._share(ask.sidecar)
        try:
            container = self.engine.start(
                image=SIDECARS[ask.sidecar] if ask.sidecar else self.image,
                command=ask.command,
                env={**_surroundings(share), **ask.env},
                mounts=[self._mount(name, at) for name, at in ask.mounts.items()],
                labels={**self.labels, ROLE: SIDECAR if ask.sidecar else STUDENT},
                limits=self._limits(share),
            )
        except StudentFault as fault:
            return wire.Answer(code=fault.code, facts=fault.facts)
        if ask.sidecar:
            self.sidecars[len(self.containers)] = ask.sidecar
        self.containers.append(container)
        return wire.Answer(container=len(self.containers) - 1)

    def _share(self, sidecar: SidecarName | None) -> Share:
        """What a container may use, by the lab's file."""
        if sidecar is None:
            return self.lab.file.limits
        if sidecar not in self.lab.file.sidecars:
            problem = f"lab.yaml names no sidecar {sidecar}"
            raise PlatformFault(Code.LAB_BROKEN, problem=problem)
        return self.lab.file.sidecars[sidecar]

    def _wait(self, ask: wire.Wait) -> wire.Answer:
        container = self._container(ask.container)
        ended = self.engine.wait(container, min(ask.seconds, self._seconds_left()))
        if not ended:
            self.engine.signal(container, "KILL")
            self.engine.wait(container, KILL_GRACE)
        end = self._look(ask.container, with_log=True)
        self._runs[ask.container]["timed_out"] = not ended
        return end.model_copy(update={"timed_out": not ended})

    def _end(self, number: int) -> None:
        """An ended container costs nothing: it is removed with the rest, after the verdict."""
        if number not in self.ended:
            self._look(number, with_log=True)
            container = self._container(number)
            self.engine.signal(container, "KILL")
            self.engine.wait(container, KILL_GRACE)
            self.ended.add(number)

    def _look(self, number: int, *, with_log: bool) -> wire.Answer:
        container = self._container(number)
        state = self.engine.state(container)
        if state.exit_code is not None:
            self.ended.add(number)
        before = self._runs.get(number, {"timed_out": False})
        self._runs[number] = before | {
            "wall_seconds": round(state.seconds, 3),
            "cpu_seconds": state.cpu_seconds,
            "exit_code": state.exit_code,
        }
        log = tidy(self.engine.log(container, LOG_LIMIT), LOG_LIMIT) if with_log else ""
        if number in self.sidecars:
            self._runs[number]["sidecar"] = self.sidecars[number]
        elif with_log:
            self.log = log
        return wire.Answer(
            container=number,
            exit_code=state.exit_code,
            out_of_memory=state.out_of_memory,
            seconds=state.seconds,
            cpu_seconds=state.cpu_seconds,
            log=log,
        )

    def _mount(self, name: str, at: str) -> Mount:
        path, mode = at.rsplit(":", 1)
        if name not in self.judge.volumes or {"", ".", ".."} & set(path.split("/")[1:]):
            names = ", ".join(self.judge.volumes) or "none"
            problem = f"mount {name!r} at {at!r}: give a plain path for one of {names}"
            raise PlatformFault(Code.LAB_BROKEN, problem=problem)
        return Mount(volume=self.judge.volumes[name], at=path, read_only=mode == "ro")

    def _container(self, number: int) -> str:
        if not 0 <= number < len(self.containers):
            raise PlatformFault(Code.LAB_BROKEN, problem=f"there is no container {number}")
        return self.containers[number]

    def _seconds_left(self) -> float:
        return max(0.0, self._deadline - GRACE - time.time())

    def _limits(self, share: Share) -> Limits:
        alone = isinstance(share, SidecarShare) and not share.network
        return Limits(
            user=SIDECAR_USER if isinstance(share, SidecarShare) else STUDENT_USER,
            memory_mb=share.memory_mb,
            cpus=share.cpus,
            pids=share.pids,
            tmp_mb=share.tmp_mb,
            network=NO_NETWORK if alone else f"container:{self.judge.container}",
            deadline=self._deadline,
        )


def _surroundings(share: Share) -> dict[str, str]:
    """What each container is told besides what the judge asks for.

    Libraries count the processors of the whole machine and start a thread on each; on
    a share of one they would spend more than half of it waiting for one another.
    """
    threads = max(1, int(share.cpus))
    return {"HOME": "/tmp", "OMP_NUM_THREADS": str(threads)}  # noqa: S108 - their own tmpfs


def _ask(line: bytes) -> wire.Ask:
    try:
        return wire.ASK.validate_json(line)
    except ValidationError as error:
        problem = f"it said what is no ask: {line[:200]!r}"
        raise PlatformFault(Code.JUDGE_FAILED, problem=problem) from error
