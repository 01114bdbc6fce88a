"""One HTTP request to an untrusted server: one deadline for all of it, and a bounded answer.

An ordinary client gives each read its time anew, so a server that drips could hold it for
ever; and it unpacks what a server packed, so a few kilobytes could become gigabytes.
"""

import contextlib
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass

import h11

HOST = "127.0.0.1"  # judge and student share one network namespace that has no other interface
PIECE = 64 * 1024  # bytes
OURS = {"host": HOST, "connection": "close", "accept": "*/*", "accept-encoding": "identity"}


class NoAnswerError(Exception):
    """No answer came. The text says why, in words for the student."""


@dataclass(frozen=True)
class Answer:
    """What the server sent; header names in lower case, the body cut at the cap."""

    status: int
    headers: Mapping[str, str]
    content: bytes


def exchange(
    port: int,
    method: str,
    path: str,
    *,
    seconds: float,
    cap: int,
    headers: Mapping[str, str] | None = None,
    content: bytes = b"",
) -> Answer:
    """Send one request and read its answer, both within `seconds`. Raises `NoAnswerError`."""
    end = time.monotonic() + seconds
    named = OURS | {name.lower(): value for name, value in (headers or {}).items()}
    if content or method == "POST":
        named["content-length"] = str(len(content))
    link = h11.Connection(h11.CLIENT)
    request = h11.Request(method=method, target=path, headers=list(named.items()))
    parts = [request, h11.Data(content), h11.EndOfMessage()]
    message = b"".join(link.send(part) or b"" for part in parts)
    try:
        with socket.create_connection((HOST, port), timeout=seconds) as wire:
            _send(wire, message, end)
            return _receive(wire, link, end, cap)
    except TimeoutError:
        raise NoAnswerError(f"no whole answer within {seconds:.2g} s") from None
    except (OSError, h11.RemoteProtocolError) as error:
        raise NoAnswerError(f"the connection broke ({str(error)[:200]})") from None


def _send(wire: socket.socket, message: bytes, end: float) -> None:
    """Send all of it, or as much as the server takes: it may refuse early and say why."""
    left = memoryview(message)
    with contextlib.suppress(ConnectionError):
        while left:
            wire.settimeout(_remaining(end))
            left = left[wire.send(left) :]


def _receive(wire: socket.socket, link: h11.Connection, end: float, cap: int) -> Answer:
    status, headers, content = 0, {}, bytearray()
    while len(content) <= cap:
        event = link.next_event()
        if event is h11.NEED_DATA:
            wire.settimeout(_remaining(end))
            link.receive_data(wire.recv(PIECE))
        elif isinstance(event, h11.Response):
            status = event.status_code
            headers = {name.decode(): value.decode("latin-1") for name, value in event.headers}
        elif isinstance(event, h11.Data):
            content += event.data
        elif not isinstance(event, h11.InformationalResponse):
            break  # the end of the answer
    return Answer(status, headers, bytes(content[:cap]))


def _remaining(end: float) -> float:
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
