"""A service as a check sees it, as a rule the student's: started, ready, spoken to over HTTP."""

import contextlib
import json as codec
import math
import secrets
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab_specs.exchange import HOST, NoAnswerError, exchange
from lab_specs.faults import Code, StudentFault
from lab_specs.student import Image, Process

HEALTH = "/health"
TABLES = Path("/proc/net")  # of the namespace that the judge shares with an attempt's containers
LISTEN = "0A"  # the state of a listening socket in /proc/net/tcp
REPLY_CAP = 4_000_000  # bytes of an answer that a check will look at
DEPTH_CAP = 64  # of lists and objects in a JSON answer; nothing honest goes deeper
DIGITS_CAP = 20  # of a whole number in a JSON answer: what 64 bits hold
LOOK_EVERY = 0.1  # seconds between two looks whether a starting container still runs
KNOCK_EVERY = 0.005  # seconds between two knocks at its port, which cost next to nothing
ASK_EVERY = 0.05  # seconds between two questions for its health, which cost it work
ASK_SHARE = 0.05  # or this share of the time since its start: each is a line in its log


class Failure(AssertionError):  # noqa: N818 - a failed check is a result, not an error
    """The student's work does not do what the check asks."""

    def __init__(self, expected: str, actual: str, hint: str = "") -> None:
        super().__init__(f"expected {expected}, got {actual}")
        self.expected, self.actual, self.hint = expected, actual, hint


@dataclass(frozen=True)
class Reply:
    """An HTTP answer, untrusted."""

    status: int
    headers: Mapping[str, str]
    text: str
    request: str

    def json(self) -> Any:  # noqa: ANN401 - whatever the student sent
        """The body as JSON. Raises `Failure` when it is not JSON, or none that a check can take.

        NaN, infinities, endless numbers and bottomless nesting are refused here, so that no
        check has to survive them.
        """
        try:
            value = codec.loads(
                self.text, parse_constant=_refuse, parse_float=_finite, parse_int=_whole
            )
            _demand_shallow(value)
        except (ValueError, RecursionError):
            raise Failure(
                expected=f"a JSON body in answer to {self.request}",
                actual=f"status {self.status} with {self.text[:200]!r}",
                hint="Answer with a JSON document and the content type application/json.",
            ) from None
        return value


@dataclass(frozen=True)
class Service:
    """A started service that answered its health path with 200."""

    port: int
    process: Process
    ready_seconds: float
    owner: int | None = None  # the one user who may listen there; a sidecar's, who has neighbours

    def get(self, path: str, *, seconds: float = 10) -> Reply:
        """Send GET. Raises `Failure` when no answer comes."""
        return self._send("GET", path, seconds=seconds)

    def post(
        self,
        path: str,
        *,
        json: Any = None,  # noqa: ANN401 - any JSON value
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        seconds: float = 10,
    ) -> Reply:
        """Send POST with a JSON value or raw bytes. Raises `Failure` when no answer comes."""
        named = dict(headers or {})
        if json is not None:
            content = codec.dumps(json).encode()
            named = {"content-type": "application/json", **named}
        return self._send("POST", path, seconds=seconds, content=content or b"", headers=named)

    def _send(self, method: str, path: str, *, seconds: float, **sent: Any) -> Reply:  # noqa: ANN401
        request = f"{method} {path}"
        try:
            answer = exchange(self.port, method, path, seconds=seconds, cap=REPLY_CAP, **sent)
        except NoAnswerError as error:
            problem = str(error)
        else:
            # Afterwards: nobody but the sidecar itself could have given its port back to it.
            demand_owner(self.port, self.owner)
            text = answer.content.decode(errors="replace")
            return Reply(answer.status, answer.headers, text, request)
        raise Failure(
            expected=f"an answer to {request}",
            actual=problem,
            hint="Look at your service's log: did a worker crash or hang on this request?",
        )


def launch(
    image: Image,
    *,
    start_seconds: float,
    command: Sequence[str] = (),
    env: Mapping[str, str] | None = None,
    mounts: Mapping[str, str] | None = None,
    health: str = HEALTH,
    owner: int | None = None,
) -> Service:
    """Start the image with a random `PORT` and wait until its `health` path answers 200.

    Raises `StudentFault`: exited_at_start, never_listened, never_healthy, out_of_memory. Raises
    `Failure` when somebody else than the user `owner` listens there, if one is named.
    Another process' readiness sends no event, so this knocks again and again.
    """
    port = _free_port()
    process = image.start(command, env={**(env or {}), "PORT": str(port)}, mounts=mounts)
    began = time.monotonic()  # what a busy engine took to start it is not the student's time
    end = began + start_seconds
    look_at = began + LOOK_EVERY
    last = ""
    while time.monotonic() < end:
        pause = KNOCK_EVERY
        if _listens(port):
            demand_owner(port, owner)
            said = _health(port, health, end)
            if said == "200":
                return Service(port, process, time.monotonic() - began, owner)
            last = said if said.isdecimal() or not last.isdecimal() else last
            pause = max(ASK_EVERY, ASK_SHARE * (time.monotonic() - began))
        if time.monotonic() >= look_at:
            _demand_running(process)
            look_at = time.monotonic() + LOOK_EVERY
        time.sleep(pause)
    facts = {"seconds": start_seconds, "log": process.log()}
    listening = listening_addresses()
    process.remove()
    if last:
        raise StudentFault(Code.NEVER_HEALTHY, path=health, last=last, **facts)
    raise StudentFault(Code.NEVER_LISTENED, port=port, listening=listening, **facts)


def demand_owner(port: int, owner: int | None, tables: Path = TABLES) -> None:
    """Raise `Failure` when somebody else than `owner` listens on a port, on whatever address.

    All containers of an attempt share one loopback, so a student's process may take the port of
    a sidecar that it has brought down, and answer in its place. No `owner`: nothing is asked.
    """
    if owner is None:
        return
    if any(at == port and user != owner for _, at, user in _listeners(tables)):
        raise Failure(
            expected="the ports of our own servers left to them",
            actual=f"a process of your container listens on port {port}, which is not its own",
            hint="Listen on the port that `PORT` names, and on no other.",
        )


def demand_room() -> None:
    """Raise `Failure` when no port is left for a client: then a student's process holds them."""
    with socket.socket() as probe:
        try:
            probe.bind((HOST, 0))
        except OSError:
            raise Failure(
                expected="some ports left for others on the loopback that they share with you",
                actual="a process of your container holds them all",
                hint="Listen on the port that `PORT` names, and close connections that are over.",
            ) from None


def listening_addresses(tables: Path = TABLES) -> list[str]:
    """Where anything listens in the namespace that the judge shares, as `address:port`."""
    return sorted({f"{address}:{port}" for address, port, _ in _listeners(tables)})


def _listeners(tables: Path) -> Iterator[tuple[str, int, int]]:
    """Address, port and user of everything that listens in the namespace."""
    for table, family in (("tcp", socket.AF_INET), ("tcp6", socket.AF_INET6)):
        path = tables / table
        rows = path.read_text().splitlines()[1:] if path.exists() else []
        for fields in (row.split() for row in rows):
            address, port = fields[1].rsplit(":", 1)
            if fields[3] == LISTEN:
                yield _address(address, family), int(port, 16), int(fields[7])


def _address(digits: str, family: socket.AddressFamily) -> str:
    """The kernel writes an address as words of 32 bits, each in the machine's byte order."""
    if not digits.strip("0"):
        return "every address"
    words = [bytes.fromhex(digits[at : at + 8])[::-1] for at in range(0, len(digits), 8)]
    return socket.inet_ntop(family, b"".join(words))


def _demand_running(process: Process) -> None:
    now = process.look()
    if now.exit_code is None:
        return
    facts = {"exit_code": now.exit_code, "seconds": now.seconds, "log": process.log()}
    process.remove()
    if now.out_of_memory:
        raise StudentFault(Code.OUT_OF_MEMORY, step="start", **facts)
    raise StudentFault(Code.EXITED_AT_START, **facts)


def _health(port: int, path: str, end: float) -> str:
    """The status that the health path answers, in digits; or why there is none."""
    left = max(0.05, min(5.0, end - time.monotonic()))
    try:
        return str(exchange(port, "GET", path, seconds=left, cap=REPLY_CAP).status)
    except NoAnswerError as error:
        return str(error)


def _refuse(text: str) -> float:
    raise ValueError(f"{text[:20]} is no number of JSON")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse(text)


def _whole(text: str) -> int:
    return int(text) if len(text) <= DIGITS_CAP else int(_refuse(text))


def _demand_shallow(value: Any) -> None:  # noqa: ANN401 - any JSON value
    """Raise ValueError for a value that would exhaust the stack of whoever prints it."""
    layer = [value]
    for _ in range(DEPTH_CAP):
        layer = [
            child
            for one in layer
            if isinstance(one, list | dict)
            for child in (one.values() if isinstance(one, dict) else one)
        ]
        if not layer:
            return
    raise ValueError("nested too deeply")


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


def _free_port() -> int:
    """A port that nobody could guess: a service must read it from its environment.

    It lies below those that the kernel gives to clients. A client of ours that had it before
    would keep it from the service for a minute, and could connect to itself. A student's process
    may hold ports without listening, so taking it for a moment is the only proof.
    """
    while True:
        port = 10_000 + secrets.randbelow(22_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("", port))
            return port
