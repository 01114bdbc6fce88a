"""Sees every container that the grader starts, and what the engine really gave it.

It listens to the engine's own events, so no code of the grader can forget to tell it.
"""

import json
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Self

from grader.docker_client import client
from grader.docker_engine import DockerEngine
from grader.engine import ATTEMPT, DEADLINE, NO_NETWORK, OWNER, WORKER

ANSWER_SECONDS = 60
LOOK_SECONDS = 20.0  # for which a container that is to go is kept, to be looked at
EYES = 4  # a container may be gone soon, and an engine under load answers late
MOST_FILES = 2**16  # open in one process
LOG_DRIVER_LIMITS = ("max-size", "max-file")


@dataclass(frozen=True)
class Seen:
    """A container: whose it was, the volumes it had, and what is wrong with its settings."""

    id: str
    attempt: str
    volumes: frozenset[str]
    wrong: tuple[str, ...]


@dataclass
class Witness:
    """What was seen of the containers of one worker, and of attempts that are named after it."""

    worker: str
    seen: list[Seen] = field(default_factory=list)
    _looks: list[Future[None]] = field(default_factory=list)

    @classmethod
    @contextmanager
    def watching(cls, worker: str) -> Iterator[Self]:
        """Watch for as long as the block lasts."""
        witness = cls(worker)
        filters = ("type=container", "event=create", f"label={OWNER}=yes")
        named = [word for one in filters for word in ("--filter", one)]
        command = [client(), "events", *named, "--format", "{{json .}}"]
        with (
            ThreadPoolExecutor(EYES) as eyes,
            subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as events,
        ):
            reader = threading.Thread(target=witness._read, args=(events, eyes), daemon=True)
            reader.start()
            try:
                yield witness
            finally:
                events.terminate()
                reader.join()

    def of(self, attempt: str) -> list[Seen]:
        """The containers that name this attempt, once each that was started has been looked at."""
        for look in tuple(self._looks):
            look.result(timeout=2 * ANSWER_SECONDS)
        return [one for one in self.seen if one.attempt == attempt]

    def wait_for(self, container: str) -> None:
        """Wait until the container has been looked at, or for long enough."""
        end = time.monotonic() + LOOK_SECONDS
        while time.monotonic() < end and all(one.id != container for one in self.seen):
            time.sleep(0.02)

    def _read(self, events: "subprocess.Popen[str]", eyes: ThreadPoolExecutor) -> None:
        for line in events.stdout or ():
            told = json.loads(line)["Actor"]
            labels = told["Attributes"]
            ours = labels.get(ATTEMPT, "").startswith(self.worker)
            if ours or labels.get(WORKER) == self.worker:
                look = eyes.submit(self._look, told["ID"], labels.get(ATTEMPT, ""))
                self._looks.append(look)

    def _look(self, container: str, attempt: str) -> None:
        found = _inspect("container", container)
        if not found:
            gone = ("it was gone before it could be looked at",)
            self.seen.append(Seen(container, attempt, frozenset(), gone))
            return
        (told,) = found
        volumes = [mount for mount in told["Mounts"] if mount["Type"] == "volume"]
        writable = [mount["Name"] for mount in volumes if mount["RW"]]
        wrong = wrong_with(told)
        looked_at = _inspect("volume", *writable) if writable else []
        if len(looked_at) < len(writable):
            wrong.append("its volumes were gone before they could be looked at")
        for volume in looked_at:
            wrong += wrong_with_volume(volume)
        names = frozenset(mount["Name"] for mount in volumes)
        self.seen.append(Seen(container, attempt, names, tuple(wrong)))


class WitnessedEngine(DockerEngine):
    """Removes a container only when it has been looked at, however busy the machine is."""

    def __init__(self, witness: Witness) -> None:
        super().__init__()
        self._witness = witness

    def remove(self, container: str) -> None:
        """End and remove it."""
        self._witness.wait_for(container)
        super().remove(container)


def _inspect(kind: str, *names: str) -> list[dict[str, Any]]:
    done = subprocess.run(
        [client(), kind, "inspect", *names],
        check=False,
        capture_output=True,
        text=True,
        timeout=ANSWER_SECONDS,
    )
    found: list[dict[str, Any]] = json.loads(done.stdout or "[]")
    return found


def wrong_with(told: Mapping[str, Any]) -> list[str]:
    """What is not as it must be in the engine's own account of a container."""
    host, config = told["HostConfig"], told["Config"]
    labels = config["Labels"] or {}
    network = host["NetworkMode"]
    log = host["LogConfig"]
    limits = {one["Name"]: (one["Soft"], one["Hard"]) for one in host["Ulimits"] or []}
    tmpfs = host["Tmpfs"] or {}
    rules = {
        "it runs as root": config["User"].partition(":")[0] not in ("", "0", "root"),
        "its group is root": config["User"].partition(":")[2] not in ("", "0", "root"),
        "its root can be written": host["ReadonlyRootfs"],
        "it keeps capabilities": host["CapDrop"] == ["ALL"] and not host["CapAdd"],
        "it may gain privileges": "no-new-privileges" in " ".join(host["SecurityOpt"] or []),
        "it may make every call of the kernel": any(
            one.startswith("seccomp={") for one in host["SecurityOpt"] or []
        ),
        "it is privileged": not host["Privileged"],
        "its memory has no limit": host["Memory"] > 0,
        "it may swap": host["MemorySwap"] == host["Memory"],
        "its processes have no limit": (host["PidsLimit"] or 0) > 0,
        "its processor has no limit": host["CpuQuota"] > 0 and host["CpuPeriod"] > 0,
        "it has a network": network == NO_NETWORK or network.startswith("container:"),
        "it publishes ports": not host["PortBindings"] and not host["PublishAllPorts"],
        "it mounts a folder of the host": all(m["Type"] == "volume" for m in told["Mounts"])
        and not any(bind.startswith("/") for bind in host["Binds"] or []),
        "its log has no limit": all(log["Config"].get(name) for name in LOG_DRIVER_LIMITS),
        "it has devices": not host["Devices"] and not host.get("DeviceRequests"),
        "it shares memory": host["IpcMode"] == "private",
        "its shared memory is large": 0 < host["ShmSize"] <= 64 * 2**20,
        "it sees other processes": not host["PidMode"] and not host["UTSMode"],
        "it dumps core": limits.get("core") == (0, 0),
        "its open files have no limit": 0 < limits.get("nofile", (0, 0))[1] < MOST_FILES,
        "the machine's own go before it": host["OomScoreAdj"] > 0,
        "its /tmp has no size": set(tmpfs) == {"/tmp"} and _bounded(tmpfs["/tmp"]),  # noqa: S108
        "it restarts by itself": host["RestartPolicy"]["Name"] in ("", "no"),
        "it has a health command": (config.get("Healthcheck") or {}).get("Test") == ["NONE"],
        "its labels do not say until when": DEADLINE in labels,
    }
    return [problem for problem, holds in rules.items() if not holds]


def wrong_with_volume(told: Mapping[str, Any]) -> list[str]:
    """A volume that can be written must lie in memory and have a size."""
    options = told.get("Options") or {}
    holds = options.get("type") == "tmpfs" and _bounded(options.get("o", ""))
    return [] if holds else [f"its volume {told.get('Name', '')} has no size"]


def _bounded(options: str) -> bool:
    given = options.split(",")
    sized = any(one.startswith("size=") for one in given)
    counted = any(one.startswith("nr_inodes=") for one in given)
    return sized and counted and {"nosuid", "nodev"} <= set(given)
