"""Stands where an Alertmanager would: keeps the alerts that Prometheus sends, and answers 200.

Whatever shares the loopback can post here. So reads are bounded, one connection is served at a
time, and what arrives proves something only together with what Prometheus itself says.
"""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import h11

HOST = "127.0.0.1"
BODY_CAP = 64 * 1024  # bytes of one post
PIECE = 16 * 1024
PATIENCE = 2.0  # seconds for one connection
KEPT = 500  # alerts
# What a visitor can bring about; it ends its own connection and nothing else.
HARMLESS = (OSError, ValueError, TypeError, RecursionError, h11.ProtocolError)
PATH = b"/api/v2/alerts"


@dataclass(frozen=True)
class Arrived:
    """One alert as it came in."""

    labels: dict[str, str]
    firing: bool  # its end lies ahead


@dataclass
class Sink:
    """A listening socket and what came in through it."""

    listener: socket.socket
    arrived: list[Arrived] = field(default_factory=list)
    closed: bool = False

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.listener.getsockname()[1])

    def has(self, labels: dict[str, str], *, firing: bool) -> bool:
        """Whether an alert with at least these labels has come in."""
        return any(
            one.firing == firing and labels.items() <= one.labels.items()
            for one in tuple(self.arrived)
        )

    def serve(self) -> None:
        """Take one connection after another until it is closed."""
        while not self.closed:
            try:
                wire, _ = self.listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            with wire, contextlib.suppress(*HARMLESS):
                content = _exchange(wire)
                room = KEPT - len(self.arrived)
                self.arrived += list(_alerts(json.loads(content)))[:room]


def _exchange(wire: socket.socket) -> bytes:
    """Read one post and answer it, all within some seconds."""
    end = time.monotonic() + PATIENCE
    link = h11.Connection(h11.SERVER)
    content, path = bytearray(), b""
    while len(content) <= BODY_CAP:
        event = link.next_event()
        if event is h11.NEED_DATA:
            wire.settimeout(max(0.01, end - time.monotonic()))
            if time.monotonic() > end:
                raise TimeoutError
            link.receive_data(wire.recv(PIECE))
        elif isinstance(event, h11.Request):
            path = event.target
        elif isinstance(event, h11.Data):
            content += event.data
        else:
            break
    taken = path == PATH and len(content) <= BODY_CAP
    answer = h11.Response(
        status_code=200 if taken else 404,
        headers=[("content-length", "0"), ("connection", "close")],
    )
    parts = [link.send(answer), link.send(h11.EndOfMessage())]
    wire.sendall(b"".join(part or b"" for part in parts))
    return bytes(content) if taken else b"[]"


def _alerts(said: Any) -> Iterator[Arrived]:  # noqa: ANN401 - whatever was posted
    for one in said if isinstance(said, list) else []:
        labels = one.get("labels") if isinstance(one, dict) else None
        if isinstance(labels, dict) and all(isinstance(value, str) for value in labels.values()):
            ends = datetime.fromisoformat(str(one.get("endsAt")))
            yield Arrived(labels, firing=ends > datetime.now(UTC))


@contextlib.contextmanager
def listening() -> Iterator[Sink]:
    """A sink for as long as the block lasts."""
    with socket.create_server((HOST, 0)) as listener:
        listener.settimeout(0.2)
        sink = Sink(listener)
        thread = threading.Thread(target=sink.serve, daemon=True)
        thread.start()
        try:
            yield sink
        finally:
            sink.closed = True
            thread.join(timeout=PATIENCE + 1)
