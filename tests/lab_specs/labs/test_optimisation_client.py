"""Answers of a served variant are read strictly, and requests can come at the same time."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from lab_specs.kit import Failure, Reply, Service
from tests.lab_specs.labs.judged import judged

EVEN = [0.1] * 10
CROWD = 8


@pytest.fixture(scope="module")
def lab() -> Iterator[ModuleType]:
    with judged("optimisation", "client") as module:
        yield module


def reply(said: object, status: int = 200) -> Reply:
    return Reply(status, {}, json.dumps(said), "POST /predict")


def test_scores_are_read_in_their_order(lab: ModuleType) -> None:
    first = [1] + [0] * 9
    assert lab.scores_of(reply({"scores": [first, EVEN]}), 2).tolist() == [first, EVEN]


@pytest.mark.parametrize(
    "said",
    [
        [],
        {},
        {"scores": None},
        {"scores": [EVEN]},
        {"scores": [EVEN, EVEN, EVEN]},
        {"scores": [EVEN, EVEN[:9]]},
        {"scores": [EVEN, [True] * 10]},
        {"scores": [EVEN, ["0.1"] * 10]},
        {"scores": [EVEN, [[0.1]] * 10]},
        {"scores": [EVEN, [0.2] * 10]},
        {"scores": [EVEN, [-1] + [2 / 9] * 9]},
        {"scores": [EVEN, [float("nan")] * 10]},
        {"scores": [EVEN, [1e300] * 10]},
    ],
)
def test_what_are_no_scores_is_refused(lab: ModuleType, said: object) -> None:
    with pytest.raises(Failure):
        lab.scores_of(reply(said), 2)


def test_another_status_is_refused(lab: ModuleType) -> None:
    with pytest.raises(Failure, match="status 500"):
        lab.scores_of(reply({"scores": [EVEN]}, 500), 1)


class Counting:
    """A service whose counts are given."""

    def __init__(self, said: object, status: int = 200) -> None:
        self._reply = Reply(status, {}, json.dumps(said), "GET /stats")

    def get(self, path: str) -> Reply:
        assert path == "/stats"
        return self._reply


def test_counts_are_read_and_compared(lab: ModuleType) -> None:
    found = lab.counted(Counting({"calls": 5, "images": 70}), lab.Stats(4, 6))
    assert found == lab.Stats(1, 64)


@pytest.mark.parametrize(
    ("said", "status"),
    [([], 200), ({}, 200), ({"calls": True, "images": 3}, 200), ({"calls": 1, "images": 3}, 404)],
)
def test_what_are_no_counts_is_refused(lab: ModuleType, said: object, status: int) -> None:
    with pytest.raises(Failure):
        lab.stats(Counting(said, status))


def test_a_distance_is_the_largest_move_of_an_image(lab: ModuleType) -> None:
    one, two = np.array([EVEN, EVEN]), np.array([EVEN, [0.4, *EVEN[1:]]])
    assert lab.distance(one, two).tolist() == pytest.approx([0, 0.3])


class Handler(BaseHTTPRequestHandler):
    """Answers once all of a crowd have come; the first pixel decides the label."""

    barrier: threading.Barrier

    def do_POST(self) -> None:
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.barrier.wait()
        scores = np.eye(10)[[int(row[0]) for row in said["images"]]].tolist()
        content = json.dumps({"scores": scores}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *said: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    request_queue_size = 32


@pytest.fixture
def server() -> Iterator[Server]:
    Handler.barrier = threading.Barrier(CROWD, timeout=5)
    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_requests_are_complete_at_the_same_time(lab: ModuleType, server: Server) -> None:
    process: Any = None
    service = Service(server.server_address[1], process, 0)
    x = np.zeros((CROWD, 64), np.float32)
    x[:, 0] = range(CROWD)
    assert lab.at_once(service, x).argmax(axis=1).tolist() == list(range(CROWD))


def test_a_refused_connection_is_a_failure(lab: ModuleType, server: Server) -> None:
    process: Any = None
    service = Service(server.server_address[1], process, 0)
    server.socket.close()
    with pytest.raises(Failure, match="connection broke"):
        lab.at_once(service, np.zeros((2, 64), np.float32))
