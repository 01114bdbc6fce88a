"""A service that knows every hidden digit by heart, and a flaw that can be switched on.

It runs in a thread of the test, so the checks of the serving lab are tried without containers.
"""

import json
import math
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from lab_specs.kit import Run, Service

LIMIT = 1024 * 1024
DESCRIPTION = {
    "openapi": "3.1.0",
    "paths": {"/predict": {"post": {"requestBody": "instances", "responses": "predictions"}}},
}


def wrong(share: int) -> Callable[[list[int], list[list[float]]], list[int]]:
    """About one label in `share` is another one, always for the same rows."""
    return lambda labels, rows: [
        (label + (sum(row) % share < 1)) % 10 for label, row in zip(labels, rows, strict=True)
    ]


SPOIL: dict[str, Callable[[list[int], list[list[float]]], list[Any]]] = {
    "constant": lambda labels, _: [0] * len(labels),
    "first only": lambda labels, _: labels[:1],
    "words": lambda labels, _: [str(label) for label in labels],
    "from one": lambda labels, _: [label + 1 for label in labels],
    "one in three wrong": wrong(3),
    "one in six wrong": wrong(6),
    "one in eleven wrong": wrong(11),
    "company": lambda labels, _: [(label + (len(labels) > 1)) % 10 for label in labels],
    "sorted": lambda labels, _: sorted(labels),
    "replica": lambda labels, _: [9 - label for label in labels],
}


class Oracle(ThreadingHTTPServer):
    """The service; `known` maps a row to its label."""

    daemon_threads = False  # its end waits for requests under way
    request_queue_size = 64

    def __init__(self, known: dict[tuple[float, ...], int], flaw: str) -> None:
        super().__init__(("127.0.0.1", 0), Conversation)
        self.known, self.flaw = known, flaw
        self.asked = 0
        self.harmed = False
        self.shared: list[list[float]] = []
        self.open: list[socket.socket] = []

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is no news here."""

    def labels(self, rows: list[list[float]]) -> list[Any]:
        """One label per row, spoilt by the flaw."""
        if self.flaw == "global":
            self.shared = rows
            time.sleep(0.005)
            rows = self.shared
        labels = [self.known.get(tuple(row), 0) for row in rows]
        if self.harmed:
            labels = [9 - label for label in labels]
        return SPOIL.get(self.flaw, lambda labels, _: labels)(labels, rows)


class Conversation(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: Oracle

    def log_message(self, *_: object) -> None:
        """Print nothing."""

    def setup(self) -> None:
        super().setup()
        self.server.open.append(self.connection)

    def do_GET(self) -> None:
        page: object = {} if self.server.flaw == "thin description" else DESCRIPTION
        found = self.path == "/health" or self.server.flaw != "no description"
        self.answer(200 if found else 404, page)

    def do_POST(self) -> None:
        self.server.asked += 1
        content = self.content()
        if self.server.flaw == "cold" and self.server.asked == 1:
            self.answer(503, {"detail": "the model is being loaded"})
        elif content is None:
            self.answer(413, {"detail": "the body is too large"})
            self.close_connection = True
        elif len(content) > LIMIT:
            self.answer(200, {"predictions": []})
        elif self.server.flaw != "takes all" and (problem := problem_of(content)):
            self.refuse(problem)
        else:
            try:
                rows = json.loads(content)["instances"]
                self.answer(200, {"predictions": self.server.labels(rows)})
            except (ValueError, TypeError, KeyError):
                self.answer(200, {"predictions": []})

    def content(self) -> bytes | None:
        """The body; None when it is too large."""
        chunked = "chunked" in self.headers.get("Transfer-Encoding", "")
        trusting = {"no limit", "trusts the length"} if chunked else {"no limit"}
        limit = math.inf if self.server.flaw in trusting else LIMIT
        size = int(self.rfile.readline(), 16) if chunked else int(self.headers["Content-Length"])
        return self.rfile.read(size) if size <= limit else None

    def refuse(self, problem: str) -> None:
        """Answer a bad request."""
        match self.server.flaw:
            case "server error":
                self.answer(500, {"detail": problem})
            case "silent":
                self.answer(422, None)
            case "hangs up":
                self.close_connection = True
            case flaw:
                self.server.harmed = flaw == "harmed"
                self.answer(422, {"detail": problem})

    def answer(self, status: int, document: object) -> None:
        """Send a document as JSON."""
        text = b"" if document is None else json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


def problem_of(content: bytes) -> str:
    """What is wrong with a request; empty when it is good."""
    try:
        rows = json.loads(content)["instances"]
        good = bool(rows) and all(len(r) == 64 and math.isfinite(sum(r)) for r in rows)
    except (ValueError, TypeError, KeyError):
        good = False
    return "" if good else "expected rows of 64 finite numbers"


class Thread:
    """Stands where a container's process stands."""

    def __init__(self, oracle: Oracle) -> None:
        self.oracle = oracle
        self.thread = threading.Thread(target=oracle.serve_forever, args=(0.01,))
        self.thread.start()

    def running(self) -> bool:
        return self.thread.is_alive()

    def signal(self, _name: str) -> None:
        if self.oracle.flaw == "cuts connections":
            for connection in self.oracle.open:
                with suppress(OSError):  # some have ended already
                    connection.shutdown(socket.SHUT_RDWR)
        if self.oracle.flaw != "deaf":
            self.oracle.shutdown()

    def wait(self, seconds: float) -> Run:
        self.thread.join(0.1 if self.oracle.flaw == "deaf" else seconds)
        code = 143 if self.oracle.flaw == "exit code" else 0
        return Run(code, 0.1, self.running(), False, "", (), seconds)


@contextmanager
def serving(known: dict[tuple[float, ...], int], flaw: str = "") -> Iterator[Service]:
    """A running oracle, as a check sees a service."""
    oracle = Oracle(known, flaw)
    process = Thread(oracle)
    try:
        yield Service(oracle.server_address[1], process, 0.1)  # type: ignore[arg-type]
    finally:
        oracle.shutdown()
        process.thread.join()
        oracle.server_close()
