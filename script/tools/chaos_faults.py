"""What chaos does, one blow at a time, and the order of the blows."""

import os
import random
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

import redis
from django.conf import settings

from portal.submissions.states import ACTIVE
from script.tools.chaos_services import DISK, Service, Services
from script.tools.chaos_watch import Hold, Watch

PHASES = tuple(state.value for state in ACTIVE)
PREY_SECONDS = 4.0  # how long a blow waits for an attempt in its phase
FULL_SECONDS = 6.0  # how long the disk stays full
PAUSE_SECONDS = 45.0  # how long a paused worker may wait for its lease to be given away
PAUSE_TRIES = 10  # to stop a worker while it holds something
PUSHED = re.compile(r"LPUSH (?P<queue>grade|resolve|portal) (?P<message>\{.*\})")


@dataclass(frozen=True)
class Blow:
    """One fault, and what it hit."""

    name: str
    phase: str  # of the attempt that it waited for; empty when nothing was under way
    at: float  # seconds since the epoch
    hit: tuple[Hold, ...]  # what the workers held that it struck


def schedule(rounds: int, seed: int) -> list[tuple[str, str]]:
    """Every fault once per round, in an order of the seed's choice, and a phase for each."""
    chance, order = random.Random(seed), list[tuple[str, str]]()  # noqa: S311 - no secret
    for _ in range(rounds):
        names = list(FAULTS)
        chance.shuffle(names)
        order += [(name, chance.choice(PHASES)) for name in names]
    # The one that names the phase most clearly goes through all of them in turn.
    phases = iter(PHASES * rounds)
    return [(name, next(phases) if name == "a worker" else phase) for name, phase in order]


def strike(services: Services, watch: Watch, name: str, phase: str) -> Blow:
    """Wait for an attempt in this phase, then do it."""
    prey = watch.prey(phase, PREY_SECONDS)
    at = time.time()
    hit = FAULTS[name](services, watch, prey)
    return Blow(name, prey.phase if prey else "", at, tuple(hit))


def _worker(services: Services, prey: Hold | None) -> Service:
    """The worker that holds the prey; any when nothing is held."""
    alive = [one for one in services.workers if one.alive]
    holding = [one for one in alive if prey and prey.of(one.pid)]
    return (holding or alive)[0]


def _kill_worker(services: Services, watch: Watch, prey: Hold | None) -> list[Hold]:
    victim = _worker(services, prey)
    held = [hold for hold in watch.held if hold.of(victim.pid)]
    victim.kill()
    return held


def _kill_workers(services: Services, watch: Watch, prey: Hold | None) -> list[Hold]:
    del prey
    held = list(watch.held)
    for one in (services["helper"], *services.workers):
        if one.alive:
            one.kill(group=True)  # beat is a child of the helper
    return held


def _kill(name: str, how: signal.Signals = signal.SIGKILL, *, group: bool = False) -> "Fault":
    def fault(services: Services, watch: Watch, prey: Hold | None) -> list[Hold]:
        del watch, prey
        services[name].kill(how, group=group)
        return []

    return fault


def _pause(services: Services, watch: Watch, prey: Hold | None) -> list[Hold]:
    """Stop a worker in its tracks until all that it held is given away; then let it go on."""
    for _ in range(PAUSE_TRIES):
        victim = _worker(services, prey)
        victim.kill(signal.SIGSTOP)
        time.sleep(0.1)  # what it said last is in the rows
        if held := [hold for hold in watch.look() if hold.of(victim.pid)]:
            break
        victim.kill(signal.SIGCONT)  # it was done just now
        prey = watch.prey("judging", PREY_SECONDS)
    end = time.monotonic() + PAUSE_SECONDS
    while {hold.token for hold in held} & {hold.token for hold in watch.held}:
        if time.monotonic() > end:
            break
        time.sleep(0.1)
    time.sleep(1)  # somebody else may have begun with them by now
    victim.kill(signal.SIGCONT)
    return held


def _kill_clock(services: Services, watch: Watch, prey: Hold | None) -> list[Hold]:
    """Nobody would look for what is lost: so the helper has to end, and to be started again."""
    del watch, prey
    services["helper"].kill_clock()
    return []


def _fill(services: Services, watch: Watch, prey: Hold | None) -> list[Hold]:
    """Fill the disk to its last block, and free it again."""
    del services, watch, prey
    filler = DISK / "filler"
    end = time.monotonic() + FULL_SECONDS
    while time.monotonic() < end:
        # Somebody may have removed something in the meantime: that is filled, too.
        free = os.statvfs(DISK).f_bavail * os.statvfs(DISK).f_frsize
        size = filler.stat().st_size if filler.exists() else 0
        subprocess.run(
            ["fallocate", "--length", str(size + free), filler], check=False, capture_output=True
        )
        time.sleep(0.2)
    filler.unlink(missing_ok=True)
    return []


Fault = Callable[[Services, Watch, Hold | None], list[Hold]]
FAULTS: dict[str, Fault] = {
    "a worker": _kill_worker,
    "all workers": _kill_workers,
    "Redis, wiped": _kill("redis"),
    "PostgreSQL": _kill("postgres", signal.SIGQUIT),
    "Docker": _kill("dockerd"),
    "the clock": _kill_clock,
    "the web": _kill("web", group=True),
    "a full disk": _fill,
    "a paused worker": _pause,
}


class Doubler:
    """Delivers every message a second time: it listens to Redis and pushes what was pushed."""

    def __init__(self) -> None:
        self.doubled = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._double, name="doubler", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(5)

    def _double(self) -> None:
        while not self._over.wait(0.1):
            with suppress(redis.RedisError, OSError):
                self._listen()

    def _listen(self) -> None:
        """Until Redis goes away. Our own pushes come by, too: texts that were seen before."""
        broker, seen = redis.Redis.from_url(settings.BROKER_URL, socket_timeout=20), set[str]()
        with broker, broker.monitor() as monitor:  # type: ignore[no-untyped-call]
            while not self._over.is_set():
                pushed = PUSHED.fullmatch(monitor.next_command()["command"])
                if pushed and pushed["message"] not in seen:
                    seen.add(pushed["message"])
                    broker.lpush(pushed["queue"], pushed["message"])
                    self.doubled += 1
