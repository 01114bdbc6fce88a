"""A student's service as a check sees it: started, ready, and spoken to over HTTP."""

import secrets
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from lab_specs.faults import Code, StudentFault
from lab_specs.student import Process, Student

HOST = "127.0.0.1"  # judge and student share one network namespace that has no other interface
HEALTH = "/health"
LISTEN = "0A"  # the state of a listening socket in /proc/net/tcp
REPLY_CAP = 4_000_000  # bytes of an answer that a check will look at


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
        """The body as JSON. Raises `Failure` when it is not JSON."""
        try:
            return httpx.Response(200, text=self.text).json()
        except (ValueError, RecursionError):
            raise Failure(
                expected=f"a JSON body in answer to {self.request}",
                actual=f"status {self.status} with {self.text[:200]!r}",
                hint="Answer with a JSON document and the content type application/json.",
            ) from None


@dataclass(frozen=True)
class Service:
    """A started service that answered its health path with 200."""

    port: int
    process: Process
    ready_seconds: float

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
        return self._send(
            "POST", path, seconds=seconds, json=json, content=content, headers=headers
        )

    def _send(self, method: str, path: str, *, seconds: float, **body: Any) -> Reply:  # noqa: ANN401
        request = f"{method} {path}"
        try:
            # A client of its own for each request: nothing is shared between threads.
            with (
                httpx.Client(base_url=f"http://{HOST}:{self.port}", timeout=seconds) as client,
                client.stream(method, path, **body) as response,
            ):
                return Reply(response.status_code, response.headers, _text(response), request)
        except httpx.TimeoutException:
            problem = f"no answer within {seconds:g} s"
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            problem = f"the connection broke ({str(error) or type(error).__name__})"
        raise Failure(
            expected=f"an answer to {request}",
            actual=problem,
            hint="Look at your service's log: did a worker crash or hang on this request?",
        )


def launch(student: Student, *, start_seconds: float) -> Service:
    """Start the image with a random `PORT` and wait until it is healthy.

    Raises `StudentFault`: exited_at_start, never_listened, never_healthy, out_of_memory.
    Another process' readiness sends no event, so this asks again with growing pauses.
    """
    port = _free_port()
    began = time.monotonic()
    process = student.start(env={"PORT": str(port)})
    end = began + start_seconds
    pause = 0.002
    health = "no answer"
    while time.monotonic() < end:
        if _listens(port):
            health = _health(port, end)
            if health == "200":
                return Service(port, process, time.monotonic() - began)
        _demand_running(process)
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)
    facts = {"seconds": start_seconds, "log": process.log()}
    listening = listening_addresses()
    process.remove()
    if f":{port}" in "".join(listening) or health != "no answer":
        raise StudentFault(Code.NEVER_HEALTHY, path=HEALTH, last=health, **facts)
    raise StudentFault(Code.NEVER_LISTENED, port=port, listening=listening, **facts)


def listening_addresses() -> list[str]:
    """Where anything listens in the namespace that the judge shares, as `address:port`."""
    found = set()
    for table in ("tcp", "tcp6"):
        path = Path("/proc/net") / table
        rows = path.read_text().splitlines()[1:] if path.exists() else []
        for fields in (row.split() for row in rows):
            address, port = fields[1].rsplit(":", 1)
            if fields[3] == LISTEN:
                everywhere = not address.strip("0")
                found.add(f"{'every address' if everywhere else HOST}:{int(port, 16)}")
    return sorted(found)


def _demand_running(process: Process) -> None:
    now = process.look()
    if now.exit_code is None:
        return
    facts = {"exit_code": now.exit_code, "seconds": now.seconds, "log": now.log}
    process.remove()
    if now.out_of_memory:
        raise StudentFault(Code.OUT_OF_MEMORY, step="start", **facts)
    raise StudentFault(Code.EXITED_AT_START, **facts)


def _health(port: int, end: float) -> str:
    """The status that the health path answers, as text; or why there is none."""
    try:
        left = max(0.05, min(5.0, end - time.monotonic()))
        with httpx.stream("GET", f"http://{HOST}:{port}{HEALTH}", timeout=left) as response:
            return str(response.status_code)
    except httpx.HTTPError as error:
        return str(error) or type(error).__name__


def _text(response: httpx.Response) -> str:
    content = b""
    for chunk in response.iter_bytes():
        content += chunk
        if len(content) > REPLY_CAP:
            break
    return content[:REPLY_CAP].decode(errors="replace")


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


def _free_port() -> int:
    """A port that nobody could guess: a service must read it from its environment."""
    while True:
        port = 20_000 + secrets.randbelow(40_000)
        if not _listens(port):
            return port
