"""A student's service may be slow, endless, malformed or hostile: a check survives it in time."""

import gzip
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab_specs import service as services
from lab_specs import wire
from lab_specs.faults import Code, StudentFault
from lab_specs.service import (
    REPLY_CAP,
    Failure,
    Reply,
    Service,
    _free_port,
    demand_owner,
    launch,
    listening_addresses,
)
from lab_specs.student import Image, Process

pytestmark = pytest.mark.slow

Behaviour = Callable[[socket.socket], None]
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


class Server:
    """A server on loopback that does with each connection what it is told to."""

    def __init__(self, behave: Behaviour, port: int = 0) -> None:
        self.heard: list[bytes] = []
        self._behave = behave
        self._socket = socket.create_server(("127.0.0.1", port))
        self.port: int = self._socket.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            one = threading.Thread(target=self._serve, args=[connection])
            self._threads.append(one)
            one.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                connection.settimeout(10)
                self.heard.append(connection.recv(65536))
                if self.heard[-1]:
                    self._behave(connection)
            except OSError:
                return  # the check hung up, as it should

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive()


@contextmanager
def serving(behave: Behaviour) -> Iterator[Service]:
    server = Server(behave)
    try:
        process = Process(lambda _: wire.Answer(), 0, ())
        service = Service(server.port, process, 0.1)
        service.__dict__["server"] = server
        yield service
    finally:
        server.close()


def says(*pieces: bytes) -> Behaviour:
    def behave(connection: socket.socket) -> None:
        for piece in pieces:
            connection.sendall(piece)

    return behave


def drips(head: bytes, piece: bytes) -> Behaviour:
    """Sends for as long as somebody listens, a little at a time."""

    def behave(connection: socket.socket) -> None:
        connection.sendall(head)
        pause = threading.Event()
        for _ in range(2000):
            connection.sendall(piece)
            pause.wait(0.02)

    return behave


def floods(head: bytes, piece: bytes) -> Behaviour:
    def behave(connection: socket.socket) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(piece)

    return behave


def failure_of(service: Service, seconds: float = 0.3) -> Failure:
    with pytest.raises(Failure) as caught:
        service.get("/x", seconds=seconds)
    assert caught.value.expected == "an answer to GET /x"
    return caught.value


# Answers that can be read


def test_an_answer_is_read() -> None:
    with serving(says(b"HTTP/1.1 201 Made\r\nX-Kind: a\r\ncontent-length: 5\r\n\r\nhello")) as one:
        reply = one.get("/x")
    assert (reply.status, reply.text, reply.request) == (201, "hello", "GET /x")
    assert reply.headers == {"x-kind": "a", "content-length": "5"}


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\n\r\nhello",  # its end is the end of the connection
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
    ],
)
def test_every_honest_framing_is_read(answer: bytes) -> None:
    with serving(says(answer)) as one:
        assert one.get("/x").text == "hello"


def test_json_raw_bytes_and_headers_are_sent_as_given() -> None:
    with serving(says(OK)) as one:
        one.post("/p", json={"a": [1]})
        one.post("/p", content=b"\xff", headers={"Content-Type": "text/csv", "X-A": "b"})
        one.post("/p")
        one.get("/p")
        json, raw, empty, get = one.__dict__["server"].heard
    assert json.startswith(b"POST /p HTTP/1.1\r\n")
    assert b"content-type: application/json\r\n" in json
    assert json.endswith(b'\r\n\r\n{"a": [1]}')
    assert b"content-type: text/csv\r\n" in raw
    assert b"x-a: b\r\n" in raw
    assert raw.endswith(b"content-length: 1\r\n\r\n\xff")
    assert b"content-length: 0\r\n" in empty
    assert b"content-length" not in get


def test_a_refusal_while_the_body_is_still_on_its_way_is_read() -> None:
    refusal = b"HTTP/1.1 413 Too large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"

    def refuse(connection: socket.socket) -> None:
        connection.sendall(refusal)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):  # closing with unread bytes would take the answer back
            pass

    with serving(refuse) as one:
        reply = one.post("/p", content=b"x" * 50_000_000)
    assert reply.status == 413


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    moved = b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n"
    with serving(says(moved)) as one:
        assert one.get("/x").status == 302
        assert len(one.__dict__["server"].heard) == 1


def test_bytes_that_are_no_text_become_text() -> None:
    with serving(says(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n\xff\xfe")) as one:
        assert one.get("/x").text == "\ufffd\ufffd"


def test_a_packed_bomb_is_not_unpacked() -> None:
    bomb = gzip.compress(b"0" * 50_000_000, compresslevel=1)
    head = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: %d\r\n\r\n" % len(bomb)
    with serving(says(head, bomb)) as one:
        began = time.process_time()
        assert len(one.get("/x").text) <= len(bomb)
        assert time.process_time() - began < 0.1
        assert b"accept-encoding: identity\r\n" in one.__dict__["server"].heard[0]


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffff\r\n",
    ],
)
def test_an_endless_body_is_cut(head: bytes) -> None:
    with serving(floods(head, b"x" * 65536)) as one:
        assert len(one.get("/x").text) == REPLY_CAP


# Answers that cannot


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nx-slow: ", b"x"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["body", "header", "chunks", "empty promises"],
)
def test_one_deadline_holds_for_the_whole_answer(head: bytes, piece: bytes) -> None:
    with serving(drips(head, piece)) as one:
        began = time.monotonic()
        assert "within 0.3 s" in failure_of(one).actual
        assert time.monotonic() - began < 2


def test_a_server_that_does_not_read_holds_nobody() -> None:
    with serving(lambda _: threading.Event().wait(1.5) and None) as one:
        began = time.monotonic()
        with pytest.raises(Failure, match="no whole answer"):
            one.post("/p", content=b"x" * 50_000_000, seconds=0.3)
        assert time.monotonic() - began < 1.4


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nx\r\n",
        b"HTTP/1.1 200 OK\r\nbad header\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx: \x00\x01\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01",
        b"HTTP/1.1 99999 Odd\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx: " + b"y" * 1_000_000 + b"\r\n\r\n",
    ],
)
def test_a_broken_answer_is_a_failure_in_words(answer: bytes) -> None:
    with serving(says(answer)) as one:
        failure = failure_of(one, seconds=5)
    assert "the connection broke" in failure.actual
    assert len(failure.actual) < 300
    assert failure.hint


def test_nobody_at_the_port_is_a_failure_in_words() -> None:
    process = Process(lambda _: wire.Answer(), 0, ())
    failure = failure_of(Service(_free_port(), process, 0.1))
    assert "refused" in failure.actual


# JSON


def reply(text: str) -> Reply:
    return Reply(200, {}, text, "GET /x")


def test_json_is_read() -> None:
    assert reply('{"a": [1, -2.5, true, null, "é"]}').json() == {"a": [1, -2.5, True, None, "é"]}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html>",
        '{"a": NaN}',
        "[-Infinity]",
        "1e999",
        "9" * 21,
        "9" * 10_000,
        "[" * 65 + "]" * 65,
        "[" * 100_000,
        '{"a":' * 100_000,
    ],
)
def test_what_no_check_should_have_to_survive_is_no_json(text: str) -> None:
    with pytest.raises(Failure) as caught:
        reply(text).json()
    assert caught.value.expected == "a JSON body in answer to GET /x"
    assert len(caught.value.actual) < 300


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(values)
def test_every_sound_value_comes_through(value: object) -> None:
    import json  # noqa: PLC0415 - one use, beside the strategy that it proves

    assert reply(json.dumps(value)).json() == value


# The start


class Grader:
    """Starts a server in this process when it is asked for a container."""

    def __init__(
        self, behave: Behaviour | None, engine_seconds: float = 0, **state: object
    ) -> None:
        self._behave, self._state = behave, state
        self._engine_seconds = engine_seconds  # what the engine takes to start the container
        self.asked: list[str] = []
        self.server: Server | None = None

    def __call__(self, ask: wire.Message) -> wire.Answer:
        self.asked.append(type(ask).__name__)
        time.sleep(self._engine_seconds)
        if isinstance(ask, wire.Start) and self._behave:
            self.server = Server(self._behave, int(ask.env["PORT"]))
        return wire.Answer.model_validate({"log": "its log", **self._state})

    def start(self, start_seconds: float) -> Service:
        try:
            return launch(Image(self, {}, 1), start_seconds=start_seconds)
        finally:
            if self.server:
                self.server.close()


def test_a_service_is_told_more_than_its_port_when_a_check_wants_it() -> None:
    asked = []

    def grader(ask: wire.Message) -> wire.Answer:
        asked.append(ask)
        return wire.Answer(code=Code.CANNOT_START)

    told = {"command": ["serve"], "env": {"PORT": "1", "A": "b"}, "mounts": {"m": "/m:ro"}}
    with pytest.raises(StudentFault):
        launch(Image(grader, {"m": 1}, 1), start_seconds=1, **told)  # type: ignore[arg-type]
    first = asked[0]
    assert isinstance(first, wire.Start)
    assert (first.command, first.env["A"], first.mounts) == (("serve",), "b", {"m": "/m:ro"})
    assert int(first.env["PORT"]) >= 10_000, "no check chooses the port"


def fault_of(grader: Grader, start_seconds: float = 0.4) -> StudentFault:
    with pytest.raises(StudentFault) as caught:
        grader.start(start_seconds)
    assert grader.asked[-1] == "Remove"
    return caught.value


def test_a_service_is_ready_once_it_says_so() -> None:
    answers = iter([b"HTTP/1.1 503 Wait\r\ncontent-length: 0\r\n\r\n", OK])
    grader = Grader(lambda connection: connection.sendall(next(answers)))
    service = grader.start(10)
    assert 0 < service.ready_seconds < 10
    assert grader.asked == ["Start"], "a quick start costs no further question"


def test_a_busy_engine_takes_none_of_the_services_time() -> None:
    service = Grader(says(OK), engine_seconds=1.5).start(1)
    assert service.ready_seconds < 1


def test_a_service_that_ended_is_told_with_its_log() -> None:
    fault = fault_of(Grader(None, exit_code=3, seconds=0.2), start_seconds=10)
    assert fault.code is Code.EXITED_AT_START
    assert fault.facts == {"exit_code": 3, "seconds": 0.2, "log": "its log"}


def test_a_service_that_ran_out_of_memory_is_told_so() -> None:
    fault = fault_of(Grader(None, exit_code=137, out_of_memory=True), start_seconds=10)
    assert (fault.code, fault.facts["step"]) == (Code.OUT_OF_MEMORY, "start")


def test_a_service_that_never_listens_is_told_where_others_do() -> None:
    with socket.create_server(("127.0.0.2", 0)) as elsewhere:
        fault = fault_of(Grader(None))
        place = f"127.0.0.2:{elsewhere.getsockname()[1]}"
    assert fault.code is Code.NEVER_LISTENED
    assert fault.facts["log"] == "its log"
    assert place in fault.facts["listening"]


@pytest.mark.parametrize(
    ("behave", "last"),
    [
        (says(b"HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n"), "404"),
        (says(b"SSH-2.0-OpenSSH\r\n"), "the connection broke"),
        (drips(b"", b"x"), ""),
    ],
)
def test_a_service_that_is_never_healthy_is_told_its_last_answer(
    behave: Behaviour, last: str
) -> None:
    began = time.monotonic()
    grader = Grader(behave)
    fault = fault_of(grader, start_seconds=1.5)
    assert fault.code is Code.NEVER_HEALTHY
    assert last in fault.facts["last"]
    assert time.monotonic() - began < 10
    assert grader.server
    assert len(grader.server.heard) < 60, "it is asked in moderation: half of these are knocks"


def test_questions_for_its_health_become_rarer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "ASK_SHARE", 0.5)
    grader = Grader(says(b"HTTP/1.1 503 Wait\r\ncontent-length: 0\r\n\r\n"))
    fault_of(grader, start_seconds=1.5)
    assert grader.server
    asked = [said for said in grader.server.heard if said]
    assert 3 <= len(asked) <= 9, "every third of a second doubles the pause"


def test_a_status_says_more_than_a_last_silence() -> None:
    answers = iter([b"HTTP/1.1 503 Wait\r\ncontent-length: 0\r\n\r\n"])

    def behave(connection: socket.socket) -> None:
        connection.sendall(next(answers, b"HTTP"))
        connection.recv(1)  # and then it hangs

    assert fault_of(Grader(behave), start_seconds=1.5).facts["last"] == "503"


def test_no_port_is_one_that_the_kernel_gives_to_clients() -> None:
    first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert max(_free_port() for _ in range(500)) < min(first, 32_768)


TCP = """\
  sl  local_address rem_address   st tx_queue:rx_queue tr:tm->when retrnsmt   uid
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 10003
   1: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000 10001
   2: 0200007F:0051 00000000:0000 0A 00000000:00000000 00:00000000 00000000 10001
   3: 0100007F:A001 0100007F:1F90 01 00000000:00000000 00:00000000 00000000 10001
"""
TCP6 = """\
  sl  local_address rem_address   st tx_queue:rx_queue tr:tm->when retrnsmt   uid
   0: 00000000000000000000000001000000:0052 00000000000000000000000000000000:0000 0A 0:0 0:0 0 10001
   1: 00000000000000000000000000000000:0053 00000000000000000000000000000000:0000 0A 0:0 0:0 0 10001
"""


def test_listening_addresses_are_read_from_the_kernels_table(tmp_path: Path) -> None:
    (tmp_path / "tcp").write_text(TCP)
    (tmp_path / "tcp6").write_text(TCP6)
    assert listening_addresses(tmp_path) == [
        "127.0.0.1:8080",
        "127.0.0.2:81",
        "::1:82",
        "every address:80",
        "every address:83",
    ]


def test_a_kernel_without_ipv6_has_no_second_table(tmp_path: Path) -> None:
    (tmp_path / "tcp").write_text(TCP)
    assert len(listening_addresses(tmp_path)) == 3


@pytest.mark.parametrize("port", [80, 82, 83])
def test_a_port_that_somebody_else_took_is_told(tmp_path: Path, port: int) -> None:
    (tmp_path / "tcp").write_text(TCP)
    (tmp_path / "tcp6").write_text(TCP6)
    demand_owner(8080, 10003, tmp_path)
    demand_owner(port, None, tmp_path)
    demand_owner(port + 1000, 10003, tmp_path)
    with pytest.raises(Failure, match=f"listens on port {port}"):
        demand_owner(port, 10003, tmp_path)


def test_who_answers_in_the_place_of_a_sidecar_is_not_believed() -> None:
    server = Server(says(OK))
    process = Process(lambda _: wire.Answer(), 0, ())
    try:
        assert Service(server.port, process, 0.1, os.getuid()).get("/").text == "ok"
        with pytest.raises(Failure, match="left to them"):
            Service(server.port, process, 0.1, os.getuid() + 1).get("/")
    finally:
        server.close()


def test_a_port_that_is_held_without_listening_is_not_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.socket() as held, socket.socket() as free:
        held.bind(("127.0.0.1", 0))
        free.bind(("127.0.0.1", 0))
        ports = [held.getsockname()[1], free.getsockname()[1]]
        free.close()
        numbers = iter(port - 10_000 for port in ports)
        monkeypatch.setattr("secrets.randbelow", lambda _: next(numbers))
        assert _free_port() == ports[1]
