"""Requests that take their time, written to the socket piece by piece.

An ordinary HTTP client sends all before it listens. These look for an answer while they send.
"""

import contextlib
import http.client
import select
import time
from collections.abc import Iterator

from lab_specs.kit import Failure, Reply
from lab_specs.service import HOST

PATH = "/predict"
PATIENCE = 30.0  # seconds to wait for an answer
PIECE = 64 * 1024  # bytes


class HalfSent:
    """A request whose body is still on its way."""

    def __init__(self, port: int, content: bytes) -> None:
        self._content = content
        self._link = _open(port, {"Content-Length": str(len(content)), "Expect": "100-continue"})

    def is_taken(self, end: float) -> bool:
        """Whether the service asks for the body before the time `end` of the monotonic clock."""
        left = max(0.0, end - time.monotonic())
        return bool(select.select([self._link.sock], [], [], left)[0])

    def send_half(self) -> None:
        """Send the first half of the body."""
        self._link.send(self._content[: len(self._content) // 2])

    def finish(self) -> Reply:
        """Send the rest and read the answer. Raises `Failure` when none comes."""
        with contextlib.suppress(OSError):  # told better by the answer, or by its absence
            self._link.send(self._content[len(self._content) // 2 :])
        return _answer(self._link)

    def close(self) -> None:
        """Give the request up."""
        self._link.close()


@contextlib.contextmanager
def under_way(port: int, content: bytes, count: int) -> Iterator[list[HalfSent]]:
    """Up to `count` requests that the service has begun to read, half sent.

    A service that takes one request at a time has begun one. One that does not ask for a
    body with `100 Continue` has surely begun the first, too: it had nothing else to do.
    """
    opened = [HalfSent(port, content) for _ in range(count)]
    end = time.monotonic() + 2
    taken = [request for request in opened if request.is_taken(end)] or opened[:1]
    for request in opened:
        if request in taken:
            request.send_half()
        else:
            request.close()
    try:
        yield taken
    finally:
        for request in taken:
            request.close()


def post_large(port: int, content: bytes, *, declared: bool) -> Reply:
    """Send a large body, with or without its length, until the service answers.

    The service may answer before it has read all, and may then close the connection.
    """
    if declared:
        link = _open(port, {"Content-Length": str(len(content))})
        left = memoryview(content)
    else:
        link = _open(port, {"Transfer-Encoding": "chunked"})
        left = memoryview(b"%x\r\n%b\r\n0\r\n\r\n" % (len(content), content))
    link.sock.setblocking(False)
    try:
        while left:
            heard, room, _ = select.select([link.sock], [link.sock], [], PATIENCE)
            if heard or not room:
                break
            left = left[link.sock.send(left[:PIECE]) :]
    except OSError:
        pass  # it closed the connection; what it said before can still be read
    link.sock.settimeout(PATIENCE)
    return _answer(link)


def _open(port: int, headers: dict[str, str]) -> http.client.HTTPConnection:
    link = http.client.HTTPConnection(HOST, port, timeout=PATIENCE)
    try:
        link.putrequest("POST", PATH)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            link.putheader(name, value)
        link.endheaders()
    except OSError as error:
        raise Failure(f"a connection to POST {PATH}", f"it failed ({error})") from None
    return link


def _answer(link: http.client.HTTPConnection) -> Reply:
    try:
        response = link.getresponse()
        text = response.read(PIECE).decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        problem = f"the connection broke ({str(error) or type(error).__name__})"
        hint = "Look at your service's log: was a worker killed, or the connection dropped?"
        raise Failure(f"an answer to POST {PATH}", problem, hint) from None
    finally:
        link.close()
    return Reply(response.status, dict(response.headers), text, f"POST {PATH}")
