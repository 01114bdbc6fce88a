"""The only file that talks to Docker's API. Builds go through its command line: `grader.build`."""

import contextlib
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import docker
import requests
from docker import errors
from docker.types import LogConfig, Ulimit

from grader.cputime import cpu_seconds
from grader.docker_images import DockerImages, moment, ours
from grader.docker_pipe import DockerPipe
from grader.engine import (
    DEADLINE,
    HOUSE,
    NO_NETWORK,
    OWNER,
    Belonging,
    ImageGoneError,
    Limits,
    Mount,
    State,
)
from grader.seccomp import profile
from lab_specs.faults import Code, PlatformFault, StudentFault

MIB = 1024 * 1024
CONNECT_SECONDS = 60.0
SAMPLE_EVERY = 1.0  # seconds between two looks at a container's processor time
OPEN_FILES = 16_384  # of one process; the engine's own number differs between machines
FIRST_TO_GO = 500  # when the machine itself runs out of memory: before everything of its own
SHORTEST_WAIT = 0.01  # seconds; a time-out of none would be refused
LOG = LogConfig(type="local", config={"max-size": "1m", "max-file": "2"})
TMP_OPTIONS = "mode=1777,nosuid,nodev,nr_inodes=50k,size="


class DockerEngine(DockerImages):
    """A Docker Engine, reached as the environment says (`DOCKER_HOST`).

    `house` marks all that it makes as this portal's own: several may share an engine.
    """

    def __init__(self, timeout: float = 60, house: str = "") -> None:
        self._ours = {OWNER: "yes", HOUSE: house} if house else {OWNER: "yes"}
        try:
            # The version is negotiated once here; every thread then shares the connection pool.
            super().__init__(docker.from_env(timeout=int(timeout), max_pool_size=64).api)
        except (errors.DockerException, requests.RequestException) as error:
            raise PlatformFault(Code.ENGINE_UNAVAILABLE, problem=str(error)) from error
        self._copies: dict[str, list[str]] = {}  # container -> volumes made for it alone
        self._cores: int | None = None
        self._cpu: dict[str, float] = {}  # container -> processor seconds, as last seen

    def cores(self) -> int:
        """The processor cores of its machine."""
        if self._cores is None:
            with ours():
                self._cores = int(self._api.info()["NCPU"])
        return self._cores

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
        """Start a container of a student's image.

        An image can be such that no engine starts it, in more ways than can be listed. So it
        is the student's when it fails twice, and in between another starts under its settings.
        """
        options = {"command": list(command) or None, "environment": dict(env)}
        try:
            return self._started(image, mounts, labels, limits, options)
        except PlatformFault as fault:
            if not (_refused(fault) and self._starts_another(mounts, labels, limits)):
                raise
        try:
            return self._started(image, mounts, labels, limits, options)
        except PlatformFault as fault:
            if not _refused(fault):
                raise
            why = str(fault.facts["problem"])
            raise StudentFault(Code.CANNOT_START, error=_last_part(why)) from None

    def start_attached(
        self, *, image: str, mounts: Sequence[Mount], labels: Mapping[str, str], limits: Limits
    ) -> tuple[str, DockerPipe]:
        """Start a container of ours and hold its standard input and output."""
        container = self._create(image, mounts, labels, limits, {"stdin_open": True})
        with ours():
            streams = {"stdin": 1, "stdout": 1, "stream": 1}
            pipe = DockerPipe(self._api.attach_socket(container, params=streams))
        self._start(container)
        return container, pipe

    def wait(self, container: str, seconds: float) -> bool:
        """Wait for its end; each second without it, see how much processor time it used."""
        end = time.monotonic() + seconds
        while not self._ends_within(container, min(SAMPLE_EVERY, end - time.monotonic())):
            self._see_cpu(container)
            if time.monotonic() >= end:
                return False
        return True

    def _ends_within(self, container: str, seconds: float) -> bool:
        """One request that the engine answers when the container ends."""
        with ours():
            try:
                limit = (CONNECT_SECONDS, max(seconds, SHORTEST_WAIT))
                self._api.wait(container, timeout=limit)  # type: ignore[arg-type]
            except requests.ReadTimeout:
                return False
            except requests.ConnectionError as error:  # how older clients tell a time-out
                if "Read timed out" in str(error):
                    return False
                raise
            return True

    def _see_cpu(self, container: str) -> None:
        seconds = cpu_seconds(container)
        if seconds is not None:
            self._cpu[container] = seconds

    def signal(self, container: str, name: Literal["TERM", "KILL"]) -> None:
        """Send a signal to its first process."""
        with ours(), contextlib.suppress(errors.NotFound):
            try:
                self._api.kill(container, f"SIG{name}")
            except errors.APIError as error:
                if error.status_code != requests.codes.conflict:  # it has ended
                    raise

    def state(self, container: str) -> State:
        """Its state now."""
        with ours():
            state = self._api.inspect_container(container)["State"]
        running = state["Status"] in {"created", "running", "paused", "restarting"}
        if running:
            self._see_cpu(container)
        began = moment(state["StartedAt"])
        ended = datetime.now(UTC) if running else moment(state["FinishedAt"])
        return State(
            exit_code=None if running else int(state["ExitCode"]),
            out_of_memory=bool(state["OOMKilled"]),
            seconds=max(0.0, (ended - began).total_seconds()),
            cpu_seconds=self._cpu.get(container),
        )

    def log(self, container: str, limit: int) -> bytes:
        """The last bytes that it printed."""
        with ours():
            try:
                # It counts lines, each of a byte at least; the whole log is bounded by LOG.
                printed: bytes = self._api.logs(container, tail=limit)
            except errors.NotFound:
                return b""
        return printed[-limit:]

    def remove(self, container: str) -> None:
        """End and remove it."""
        with ours(), contextlib.suppress(errors.NotFound):
            try:
                self._api.remove_container(container, force=True, v=True)
            except errors.APIError as error:
                if error.status_code != requests.codes.conflict:  # its removal is under way
                    raise
        self._cpu.pop(container, None)
        for volume in self._copies.pop(container, ()):
            self.remove_volume(volume)

    def create_volume(self, *, size_mb: int, labels: Mapping[str, str]) -> str:
        """Make a volume in memory."""
        # Judge and student are two users, and both write here.
        mount = f"mode=0777,nosuid,nodev,nr_inodes=50k,size={size_mb}m"
        options = {"type": "tmpfs", "device": "tmpfs", "o": mount}
        with ours():
            made = self._api.create_volume(
                driver="local", driver_opts=options, labels={**self._ours, **labels}
            )
        return str(made["Name"])

    def remove_volume(self, volume: str) -> None:
        """Remove it."""
        with ours(), contextlib.suppress(errors.NotFound):
            self._api.remove_volume(volume, force=True)

    def belongings(self) -> Sequence[Belonging]:
        """All containers of this portal, and its volumes that no container holds."""
        labels = [f"{name}={value}" for name, value in self._ours.items()]
        with ours():
            # Volumes first: what is let go of meanwhile is seen the next time.
            idle = self._api.volumes(filters={"label": labels, "dangling": True})["Volumes"] or []
            found = self._api.containers(all=True, filters={"label": labels})
        containers = [
            Belonging(
                id=one["Id"],
                is_volume=False,
                labels=one["Labels"],
                volumes=tuple(m["Name"] for m in one["Mounts"] if m["Type"] == "volume"),
                idle_seconds=None if one["State"] == "running" else self._idle_seconds(one),
            )
            for one in found
        ]
        volumes = [
            Belonging(id=one["Name"], is_volume=True, labels=one["Labels"] or {}) for one in idle
        ]
        return [*containers, *volumes]

    def _idle_seconds(self, listed: Mapping[str, Any]) -> float | None:
        """Since when a listed container does not run; None when it is gone by now."""
        with ours():
            try:
                state = self._api.inspect_container(listed["Id"])["State"]
            except errors.NotFound:
                return None
        ended = moment(state["FinishedAt"]).timestamp()
        return max(0.0, time.time() - max(ended, float(listed["Created"])))

    def sweep(self, now: float) -> int:
        """Remove all of ours whose deadline lies before `now`; how many went."""
        removed = 0
        with ours():
            marked = {"label": OWNER}
            for found in self._api.containers(all=True, filters=marked):
                if float(found["Labels"].get(DEADLINE, 0)) < now:
                    self.remove(found["Id"])
                    removed += 1
            for volume in self._api.volumes(filters={**marked, "dangling": True})["Volumes"] or []:
                if float((volume["Labels"] or {}).get(DEADLINE, 0)) < now:
                    self.remove_volume(volume["Name"])
                    removed += 1
        return removed

    def _started(
        self,
        image: str,
        mounts: Sequence[Mount],
        labels: Mapping[str, str],
        limits: Limits,
        options: Mapping[str, Any],
    ) -> str:
        container = self._create(image, mounts, labels, limits, options)
        self._start(container)
        return container

    def _starts_another(
        self, mounts: Sequence[Mount], labels: Mapping[str, str], limits: Limits
    ) -> bool:
        """Whether a container of the judge's image starts here and now, under the same settings."""
        _, _, judge = limits.network.partition(":")
        if not judge:
            return False
        try:
            with ours():
                image = self._api.inspect_container(judge)["Image"]
            self.remove(self._started(image, mounts, labels, limits, {"command": ["true"]}))
        except (PlatformFault, StudentFault):
            return False
        return True

    def _create(
        self,
        image: str,
        mounts: Sequence[Mount],
        labels: Mapping[str, str],
        limits: Limits,
        options: Mapping[str, Any],
    ) -> str:
        stamped = {**self._ours, DEADLINE: str(limits.deadline), **labels}
        copies = self._declared(image, mounts, stamped)
        host = self._api.create_host_config(
            binds={
                m.volume: {"bind": m.at, "mode": "ro" if m.read_only else "rw"}
                for m in (*mounts, *copies)
            },
            cap_drop=["ALL"],
            cpu_period=100_000,
            cpu_quota=int(limits.cpus * 100_000),
            ipc_mode="private",
            log_config=LOG,
            mem_limit=limits.memory_mb * MIB,
            memswap_limit=limits.memory_mb * MIB,
            network_mode=limits.network,
            pids_limit=limits.pids,
            read_only=True,
            security_opt=["no-new-privileges", f"seccomp={profile()}"],
            shm_size=16 * MIB,
            tmpfs={"/tmp": f"{TMP_OPTIONS}{limits.tmp_mb}m"},  # noqa: S108 - in the container
            ulimits=[
                Ulimit(name="core", soft=0, hard=0),
                Ulimit(name="nofile", soft=OPEN_FILES, hard=OPEN_FILES),
            ],
            oom_score_adj=FIRST_TO_GO,
        )
        with ours():
            try:
                made = self._api.create_container(
                    image,
                    host_config=host,
                    labels=stamped,
                    healthcheck={"test": ["NONE"]},  # an image's own would run outside of limits
                    user=limits.user,
                    network_disabled=limits.network == NO_NETWORK,
                    **options,
                )
            except errors.APIError as error:
                for copy in copies:
                    self.remove_volume(copy.volume)
                if isinstance(error, errors.ImageNotFound):
                    raise ImageGoneError(Code.ENGINE_UNAVAILABLE, problem=str(error)) from error
                if "no command specified" in str(error.explanation).lower():
                    raise StudentFault(Code.NO_START_COMMAND) from None
                raise
        container = str(made["Id"])
        self._copies[container] = [copy.volume for copy in copies]
        return container

    def _declared(
        self, image: str, mounts: Sequence[Mount], labels: Mapping[str, str]
    ) -> list[Mount]:
        """A read-only volume for each `VOLUME` of the image.

        Docker would put a writable one there that has no size, whatever the root is. Ours is
        filled from the image all the same, so that what was copied there can be read.
        """
        taken = {mount.at.rstrip("/") for mount in mounts} | {"/tmp"}  # noqa: S108
        paths = self._image(image).get("Config", {}).get("Volumes") or {}
        free = [path for path in paths if path.rstrip("/") not in taken]
        with ours():
            names = [self._api.create_volume(labels=dict(labels))["Name"] for _ in free]
        return [
            Mount(volume=name, at=path, read_only=True)
            for name, path in zip(names, free, strict=True)
        ]

    def _start(self, container: str) -> None:
        with ours():
            try:
                self._api.start(container)
            except errors.APIError as error:
                self.remove(container)
                why = str(error.explanation)
                if "exec" in why and any(sign in why for sign in NOT_STARTABLE):
                    raise StudentFault(Code.COMMAND_NOT_FOUND, error=_last_part(why)) from None
                raise


NOT_STARTABLE = (
    "executable file not found",
    "no such file or directory",
    "permission denied",
    "exec format error",
    "is a directory",
)


def _refused(fault: PlatformFault) -> bool:
    """Whether the engine is there and answered that it will not."""
    return isinstance(fault.__cause__, errors.APIError) and not isinstance(fault, ImageGoneError)


def _last_part(text: str) -> str:
    return text.rsplit("process: ", 1)[-1][:300]
