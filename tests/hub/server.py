"""One TLS address of the loopback for the API, git and the pages of the stand-in."""

import contextlib
import re
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from tests.grader.repositories import serving
from tests.hub import faults, git_http, pages, rest

if TYPE_CHECKING:
    from tests.hub.standin import StandIn

GIT = re.compile(r"/([^/]+/[^/]+?)(?:\.git)?(/(?:info/refs|git-upload-pack|git-receive-pack)\b.*)")


class Place:
    """Where a stand-in listens; every test puts its own fresh one there."""

    def __init__(self, web: str, certificate: Path) -> None:
        self.web, self.certificate = web, certificate
        self.standin: StandIn | None = None


class Handler(BaseHTTPRequestHandler):
    place: ClassVar[list[Place]]
    server_version = "GitHub.com"

    def do_GET(self) -> None:
        hub = self.place[0].standin
        if hub is None:
            return self.send_error(503)
        with contextlib.suppress(OSError):  # whoever has waited enough hangs up
            content = self.content()
            if not faults.spoil(hub, self):
                self.answer(*self.reply(hub, content))
        return None

    def reply(self, hub: "StandIn", content: bytes) -> tuple[int, Mapping[str, str], bytes]:
        try:
            if self.path.startswith(rest.BASE + "/"):
                return rest.respond(hub, self.command, self.path, self.headers, content)
            if match := GIT.fullmatch(self.path):
                name, below = match.groups()
                return git_http.respond(hub, self.command, name, below, self.headers, content)
            return pages.respond(hub, self.command, self.path, self.headers, content)
        except Exception:  # noqa: BLE001 - a mistake in here fails the test, not only the thread
            hub.violations.append(traceback.format_exc())
            return 500, {}, b""

    do_POST = do_PATCH = do_PUT = do_DELETE = do_GET  # noqa: N815 - the names the base calls

    def content(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        pieces = []
        while size := int(self.rfile.readline(), 16):
            pieces.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(pieces)

    def answer(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the base has it
        pass


@contextmanager
def listening(folder: Path) -> Iterator[Place]:
    places: list[Place] = []
    handler = cast("type[Handler]", type("Bound", (Handler,), {"place": places}))
    with serving(handler, folder) as (server, certificate):
        places.append(Place(f"https://127.0.0.1:{server.server_port}", certificate))
        yield places[0]
