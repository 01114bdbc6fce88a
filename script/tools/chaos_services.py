"""The processes that chaos kills, and the supervisor that starts them again, as systemd would."""

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import docker

from script.tools.portal import ROOT, answers

FOLDER = Path(os.environ["CHAOS_FOLDER"])
DISK = FOLDER / "disk"  # all that the engine and the workers write lies on it
DISK_MB, FILES = 3072, 500_000  # room for so much
LOGS = FOLDER / "logs"
SCRATCH = DISK / "tmp"
WORKERS = 3
AT_ONCE = 2  # attempts per worker
START_SECONDS = 60
STOP_SECONDS = 30
RESTART_SECONDS = 1.0  # how long what was killed stays down
LOOK_EVERY = 0.1
HARMLESS = {signal.SIGSTOP, signal.SIGCONT}
PORTS = {"postgres": 5432, "redis": 6379, "web": 8000}
BASE = f"http://127.0.0.1:{PORTS['web']}"
CONTAINERD = FOLDER / "containerd.sock"
NO_KUBERNETES = 'version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n'


@dataclass
class Service:
    """One process of the portal or below it."""

    name: str
    command: Sequence[str | Path]
    user: str | None = None
    environment: dict[str, str] = field(default_factory=dict)
    wanted: bool = False
    died: float | None = None
    struck: bool = False  # whether it was killed, and did not end by itself
    _process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The number of its process."""
        if self._process is None:
            raise RuntimeError(f"{self.name} was never started")
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether its process runs."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it, as a leader of processes of its own."""
        as_user = {"user": self.user, "group": self.user, "extra_groups": []} if self.user else {}
        with (LOGS / f"{self.name}.log").open("ab") as log:
            self._process = subprocess.Popen(  # type: ignore[call-overload]
                self.command,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                cwd="/" if self.user else ROOT,
                env=os.environ | {"PORTAL_LOG_LEVEL": "INFO"} | self.environment,
                start_new_session=True,
                **as_user,
            )
        self.wanted, self.died, self.struck = True, None, False

    def kill(self, name: signal.Signals = signal.SIGKILL, *, group: bool = False) -> None:
        """Send it a signal; with `group`, its children, too."""
        self.struck = self.struck or name not in HARMLESS
        (os.killpg if group else os.kill)(self.pid, name)

    def kill_clock(self) -> None:
        """Kill the child process that rings for the reaper; its parent has to end with it."""
        end = time.monotonic() + START_SECONDS
        while not (clock := self._children()):  # it has just been started itself
            if time.monotonic() > end:
                raise RuntimeError(f"{self.name} has no clock")
            time.sleep(LOOK_EVERY)
        self.struck = True
        os.kill(int(clock[0]), signal.SIGKILL)

    def _children(self) -> list[str]:
        """Of its first thread: those of the others do its work."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        with suppress(OSError):
            return children.read_text().split()
        return []

    def stop(self) -> None:
        """End it for good, in peace if it can."""
        self.wanted = False
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill(group=True)
            self._process.wait()


class Services:
    """All of them, by name. Use as a context manager: they run inside of the block."""

    def __init__(self) -> None:
        celery = ["celery", "--app", "grader.worker", "worker", "--pool", "threads"]
        celery += ["--without-gossip", "--without-mingle", "--loglevel", "INFO"]
        grade = [*celery, "--queues", "grade", "--concurrency", str(AT_ONCE)]
        scratch = {"TMPDIR": str(SCRATCH), "GRADER_CONCURRENCY": str(AT_ONCE)}
        workers = [
            Service(
                f"worker{number}",
                [*grade, "--hostname", f"grader{number}@%h"],
                environment=scratch,
            )
            for number in range(1, WORKERS + 1)
        ]
        helper = [*celery, "--queues", "resolve,portal", "--concurrency", "4", "--beat"]
        bind = f"127.0.0.1:{PORTS['web']}"
        web = ["gunicorn", "portal.wsgi", "--bind", bind, "--workers", "2", "--threads", "8"]
        listed = [
            _postgres(),
            Service("redis", ["redis-server", "--bind", "127.0.0.1", "--save", ""]),
            *_engine(),
            Service("web", [*web, "--no-control-socket"]),
            *workers,
            Service("helper", [*helper, "--hostname", "helper@%h"], environment=scratch),
        ]
        self.fell: list[str] = []  # what ended although nobody struck it
        self._named = {one.name: one for one in listed}
        self._over = threading.Event()
        self._supervisor = threading.Thread(target=self._supervise, name="supervisor", daemon=True)

    def __getitem__(self, name: str) -> Service:
        return self._named[name]

    def __enter__(self) -> Self:
        for folder in (LOGS, DISK, Path(os.environ["PORTAL_VAR"])):
            folder.mkdir(exist_ok=True)
        _make_disk()
        for name in ("postgres", "redis", "containerd", "dockerd"):
            self[name].start()
        self._until(lambda: answers(PORTS["postgres"]) and answers(PORTS["redis"]))
        self._until(_engine_answers)
        self._supervisor.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._supervisor.join()
        for one in self._named.values():
            if one.alive:
                one.kill(group=True)

    @property
    def workers(self) -> list[Service]:
        """The workers that grade."""
        return [one for name, one in self._named.items() if name.startswith("worker")]

    def start_portal(self) -> None:
        """Start the web and all workers; the web answers when this returns."""
        for one in (self["web"], self["helper"], *self.workers):
            one.start()
        self._until(lambda: answers(PORTS["web"]))

    def stop_portal(self) -> None:
        """End the web and all workers in peace."""
        stopping = [self["web"], self["helper"], *self.workers]
        hands = [threading.Thread(target=one.stop) for one in stopping]
        for hand in hands:
            hand.start()
        for hand in hands:
            hand.join()

    def _until(self, ready: Callable[[], bool]) -> None:
        end = time.monotonic() + START_SECONDS
        while not ready():
            dead = [one.name for one in self._named.values() if one.wanted and not one.alive]
            if dead or time.monotonic() > end:
                raise RuntimeError(f"did not start: {dead or 'in time'}; {_last_words(dead)}")
            time.sleep(LOOK_EVERY)

    def _supervise(self) -> None:
        while not self._over.wait(LOOK_EVERY):
            for one in self._named.values():
                if not one.wanted or one.alive:
                    continue
                if one.died is None:
                    one.died = time.monotonic()
                    self.fell += [] if one.struck else [one.name]
                if time.monotonic() - one.died >= RESTART_SECONDS:
                    one.start()
                    if one.name == "dockerd":
                        threading.Thread(target=_end_forgotten, daemon=True).start()


def load_images() -> None:
    """Give the engine the images that the labs need."""
    words = ["docker", "load", "--quiet", "--input", os.environ["CHAOS_IMAGES"]]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)


def _postgres() -> Service:
    """It refuses to run as root."""
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"))
    folder = FOLDER / "postgres"
    folder.mkdir()
    shutil.chown(folder, "postgres", "postgres")
    make: list[str | Path] = [
        programs / "initdb",
        "--auth=trust",
        "--username=portal",
        "--pgdata",
        folder,
    ]
    subprocess.run(
        make, check=True, capture_output=True, cwd="/", user="postgres", group="postgres"
    )
    command: list[str | Path] = [programs / "postgres", "-D", folder, "-h", "127.0.0.1"]
    command += ["-c", "fsync=off", "-c", f"unix_socket_directories={folder}"]
    return Service("postgres", command, "postgres")


def _engine() -> tuple[Service, Service]:
    """Docker's two processes; whatever they keep lies on the small disk or in the folder."""
    settings = FOLDER / "containerd.toml"
    settings.write_text(NO_KUBERNETES)
    containerd: list[str | Path] = ["containerd", "--config", settings, "--address", CONTAINERD]
    containerd += ["--root", DISK / "containerd", "--state", FOLDER / "containerd"]
    dockerd: list[str | Path] = [
        "dockerd",
        "--host",
        os.environ["DOCKER_HOST"],
        "--containerd",
        CONTAINERD,
    ]
    dockerd += ["--data-root", DISK / "docker", "--exec-root", FOLDER / "exec"]
    dockerd += ["--pidfile", FOLDER / "docker.pid", "--config-file", FOLDER / "docker.json"]
    dockerd += ["--exec-opt", "native.cgroupdriver=cgroupfs"]
    dockerd += ["--cgroup-parent", os.environ["CHAOS_CGROUP"]]
    (FOLDER / "docker.json").write_text("{}")
    return Service("containerd", containerd), Service("dockerd", dockerd)


def _make_disk() -> None:
    """A disk in a file, so that filling it hurts nobody else."""
    image = FOLDER / "disk.ext4"
    commands: tuple[list[str | Path], ...] = (
        ["truncate", "--size", f"{DISK_MB}M", image],
        ["mkfs.ext4", "-q", "-m", "0", "-N", str(FILES), image],
        ["mount", "-o", "loop", image, DISK],
    )
    for command in commands:
        subprocess.run(command, check=True, capture_output=True)
    SCRATCH.mkdir(mode=0o1777)


def _engine_answers() -> bool:
    try:
        docker.from_env(timeout=5).close()
    except docker.errors.DockerException:
        return False
    return True


def _end_forgotten() -> None:
    """Ends what an engine was starting when it was killed, as `script/engine` does.

    Only containerd knows of such a container, or not even that: then its shim is left alone.
    """
    while not _engine_answers():
        time.sleep(LOOK_EVERY)
    containerd = ["ctr", "--address", str(CONTAINERD), "--namespace", "moby"]
    shims = _shims()  # before it is asked what is known: the engine knows before a shim starts
    tasks = _lines([*containerd, "tasks", "ls", "--quiet"])
    known = _lines(["docker", "ps", "--all", "--quiet", "--no-trunc"])
    for task in set(tasks) - set(known):
        _lines([*containerd, "tasks", "rm", "--force", task])
        _lines([*containerd, "containers", "rm", task])
    for task in set(shims) - set(known):
        with suppress(ProcessLookupError):
            os.kill(shims[task], signal.SIGKILL)


def _shims() -> dict[str, int]:
    """The processes that look after one container each, by the container."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
            if "containerd-shim" in words[0] and str(CONTAINERD) in words:
                found[words[words.index("-id") + 1]] = int(process.name)
    return found


def _lines(command: Sequence[str]) -> list[str]:
    return subprocess.run(command, check=False, capture_output=True, text=True).stdout.split()


def _last_words(names: Sequence[str]) -> str:
    return "\n".join((LOGS / f"{name}.log").read_text(errors="replace")[-2000:] for name in names)
