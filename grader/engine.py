"""What the grader asks of a container engine. `grader.docker_engine` is the one that does it.

Every limit is a required argument: a forgotten one is a `TypeError`, not an open door.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from lab_specs.faults import PlatformFault

NO_NETWORK = "none"
# Labels of containers and volumes
OWNER = "mlops.portal"  # all that is ours, of whichever portal
HOUSE = "mlops.house"  # of which portal: several may share an engine
DEADLINE = "mlops.deadline"  # seconds since the epoch
ATTEMPT, TOKEN = "mlops.attempt", "mlops.token"  # for which attempt, held by which lease
WORKER = "mlops.worker"
ROLE = "mlops.role"
JUDGE, STUDENT, SIDECAR = "judge", "student", "sidecar"


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What one container may use.

    Beside these, an engine always gives: a read-only root, no capabilities, no new privileges,
    no swap beyond memory, a log of bounded size.
    """

    user: str  # uid:gid, never 0
    memory_mb: int
    cpus: float
    pids: int
    tmp_mb: int  # /tmp, the only place to write beside mounted volumes
    network: str  # NO_NETWORK, or "container:<id>" to share that container's
    deadline: float  # seconds since the epoch; past it an independent sweep removes it


@dataclass(frozen=True, kw_only=True, slots=True)
class Mount:
    """A volume in a container."""

    volume: str
    at: str
    read_only: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """How a container is. `exit_code` is None while it runs.

    `cpu_seconds` is the processor time that was last seen while it ran: looked at each second
    of a wait, so that a shorter run has none, and only where the engine is on this machine.
    """

    exit_code: int | None
    out_of_memory: bool
    seconds: float
    cpu_seconds: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Belonging:
    """A container of this portal, or a volume of it that no container holds.

    `idle_seconds` is how long ago it ended, or was made if it never started; None while it runs,
    and for a volume.
    """

    id: str
    is_volume: bool
    labels: Mapping[str, str]
    volumes: tuple[str, ...] = ()
    idle_seconds: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CachedImage:
    """An image that is kept to be used again.

    `used_at` in seconds since the epoch. `layers` maps each layer to its bytes; those of images
    of other repositories, such as its base, are left out.
    """

    names: tuple[str, ...]
    used_at: float
    layers: Mapping[str, int]


class ImageGoneError(PlatformFault):
    """The image was there before, and is no more: it can be built again."""


class Pipe(Protocol):
    """The standard input and output of a running container."""

    def send(self, line: bytes) -> None:
        """Write to its standard input."""

    def lines(self, cap: int) -> Iterator[bytes]:
        """Lines of its standard output until it closes; longer ones than `cap` raise."""

    def close(self) -> None:
        """Let go of it."""


class Engine(Protocol):
    """Starts, watches and removes containers and volumes.

    Raises `PlatformFault` when the engine fails, `ImageGoneError` when the image to start is not
    there, and `StudentFault` when it cannot be started: no_start_command, command_not_found,
    cannot_start.
    """

    def cores(self) -> int:
        """The processor cores of its machine."""

    def image_id(self, reference: str) -> str | None:
        """The content id of a local image; None when there is none of that name."""

    def image_labels(self, reference: str) -> Mapping[str, str]:
        """The labels of a local image; empty when there is none of that name."""

    def image_bytes(self, reference: str) -> int:
        """The size of a local image, its base included; 0 when there is none of that name."""

    def use_image(self, reference: str) -> str | None:
        """The content id of a local image, which counts as used now; None as above."""

    def cached_images(self, repository: str) -> Sequence[CachedImage]:
        """All images of one repository. Takes seconds."""

    def remove_image(self, reference: str) -> bool:
        """Take a name away, with the image if it has no other; False when it is in use or gone."""

    def prune_builds(self, keep_bytes: int) -> int:
        """Forget the least used of the build cache until `keep_bytes` are left; bytes freed."""

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
        """Start a container and return its id."""

    def start_attached(
        self, *, image: str, mounts: Sequence[Mount], labels: Mapping[str, str], limits: Limits
    ) -> tuple[str, Pipe]:
        """Start a container of ours whose standard input and output we hold."""

    def wait(self, container: str, seconds: float) -> bool:
        """Wait for its end without polling; False when `seconds` passed first."""

    def signal(self, container: str, name: Literal["TERM", "KILL"]) -> None:
        """Send a signal to its first process; nothing happens when it has ended."""

    def state(self, container: str) -> State:
        """Its state now."""

    def log(self, container: str, limit: int) -> bytes:
        """The last `limit` bytes that it printed, output and errors as they came."""

    def remove(self, container: str) -> None:
        """End and remove it; nothing happens when it is gone."""

    def create_volume(self, *, size_mb: int, labels: Mapping[str, str]) -> str:
        """Make a volume in memory that holds at most `size_mb`; its name."""

    def remove_volume(self, volume: str) -> None:
        """Remove it; nothing happens when it is gone."""

    def belongings(self) -> Sequence[Belonging]:
        """All containers of this portal, and its volumes that no container holds."""

    def sweep(self, now: float) -> int:
        """Remove every container and volume of ours whose deadline lies before `now`."""
