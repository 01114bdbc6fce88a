"""Real repositories for the tests, made by real git, and a real https host that serves them."""

import base64
import contextlib
import os
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar, cast

HEAVY, PIECE = 2 * 2**30, 65_000  # bytes of a pack, and of one part of it
IDENTITY = {
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
    "GIT_COMMITTER_DATE": "2026-11-20T12:00:00+01:00",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "LC_ALL": "C",
    "PATH": os.environ["PATH"],
}


def git(folder: Path, *arguments: str, given: bytes = b"") -> str:
    """What git prints in `folder`."""
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env=IDENTITY, input=given, capture_output=True, check=True
    )
    return done.stdout.decode().strip()


def repository(
    folder: Path, files: Mapping[str, str | bytes], links: Mapping[str, str] | None = None
) -> str:
    """Commit `files` and symbolic `links` to a repository in `folder`; answers the commit."""
    if not (folder / ".git").exists():
        folder.mkdir(parents=True)
        git(folder, "init", "-q", "-b", "main")
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    for name, target in (links or {}).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(target)
    git(folder, "add", "-A")
    return commit(folder, "Hand in")


def commit(folder: Path, title: str) -> str:
    git(folder, "commit", "-q", "--allow-empty", "-m", title)
    return git(folder, "rev-parse", "HEAD")


KEY = "ghs_planted0secret1of2an3installation"
LOCK = "Basic " + base64.b64encode(f"x-access-token:{KEY}".encode()).decode()


class Host(BaseHTTPRequestHandler):
    """Serves the repositories below `root`; a first folder of the path asks for bad manners."""

    root: ClassVar[Path]
    seen: ClassVar[list[str]]
    other: ClassVar[str]
    protocol_version = "HTTP/1.0"

    def do_GET(self) -> None:
        self.seen.append(self.path)
        manner, _, rest = self.path.lstrip("/").partition("/")
        match manner:
            case "moved":
                self.answer(301, {"Location": f"/good/{rest}"})
            case "elsewhere":
                self.answer(302, {"Location": f"{self.other}/{rest}"})
            case "private":
                self.answer(401, {"WWW-Authenticate": 'Basic realm="x"'})
            case "locked" if self.headers.get("Authorization") != LOCK:
                self.answer(401, {"WWW-Authenticate": 'Basic realm="x"'})
            case "forbidden" | "missing" | "broken":
                self.answer({"forbidden": 403, "missing": 404, "broken": 503}[manner], {})
            case "slow":
                time.sleep(5)
            case "heavy":
                self.heavy(rest)
            case "dumb":
                self.file(rest)
            case _:
                self.backend(f"/{rest}", old=manner == "old")

    do_POST = do_GET  # noqa: N815 - the name that the base calls

    def answer(self, status: int, headers: Mapping[str, str], body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def file(self, rest: str) -> None:
        path = self.root / rest.partition("?")[0]
        if path.is_file():
            self.answer(200, {}, path.read_bytes())
        else:
            self.answer(404, {})

    def heavy(self, rest: str) -> None:
        """The repository as it is, but for its pack: one file of two gigabytes, as it comes."""
        if not rest.endswith("/git-upload-pack"):
            return self.backend(f"/{rest}", old=False)
        asked = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if b"command=fetch" not in asked:
            return self.backend(f"/{rest}", old=False, body=asked)
        self.send_response(200)
        self.send_header("Content-Type", "application/x-git-upload-pack-result")
        self.end_headers()
        length, content = HEAVY, bytearray()
        content.append(0b1011_0000 | length & 15)  # a blob, and more of its length follows
        length >>= 4
        while length > 127:  # seven bits at a time
            content.append(128 | length & 127)
            length >>= 7
        content += bytes([length, 0x78, 0x01])  # and what follows is deflated
        first = b"PACK" + (2).to_bytes(4, "big") + (1).to_bytes(4, "big") + content
        stored = b"\0" + PIECE.to_bytes(2, "little") + (PIECE ^ 0xFFFF).to_bytes(2, "little")
        self.wfile.write(packet(b"packfile\n") + packet(b"\1" + first))
        piece = packet(b"\1" + stored + os.urandom(PIECE))
        with contextlib.suppress(OSError):  # whoever has had enough hangs up
            for _ in range(HEAVY // PIECE):
                self.wfile.write(piece)
        return None

    def backend(self, path: str, *, old: bool, body: bytes | None = None) -> None:
        if body is None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if old:
            del self.headers["Git-Protocol"]
        self.answer(*backend(self.root, path, self.command, self.headers, body))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the base has it
        pass


def packet(content: bytes) -> bytes:
    """A line of git's protocol."""
    return f"{len(content) + 4:04x}".encode() + content


def backend(
    root: Path, path: str, method: str, headers: Message, body: bytes, user: str = ""
) -> tuple[int, dict[str, str], bytes]:
    """What git's own server says for a repository below `root`; only a named user may push."""
    name, _, query = path.partition("?")
    environment = {
        **IDENTITY,
        "GIT_PROJECT_ROOT": str(root),
        "GIT_HTTP_EXPORT_ALL": "1",
        "REMOTE_USER": user,
        "REQUEST_METHOD": method,
        "PATH_INFO": name,
        "QUERY_STRING": query,
        "CONTENT_TYPE": headers.get("Content-Type", ""),
        "HTTP_CONTENT_ENCODING": headers.get("Content-Encoding", ""),
        "GIT_PROTOCOL": headers.get("Git-Protocol", ""),
    }
    done = subprocess.run(
        ["git", "http-backend"], env=environment, input=body, capture_output=True, check=False
    )
    head, _, content = done.stdout.partition(b"\r\n\r\n")
    told = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if line)
    return int(told.pop("Status", "200").split()[0]), told, content


@contextmanager
def serving(
    handler: type[BaseHTTPRequestHandler], folder: Path
) -> Iterator[tuple[ThreadingHTTPServer, Path]]:
    """`handler` behind TLS on the loopback, and the certificate that vouches for it."""
    certificate, key = folder / "host.pem", folder / "host.key"
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    request = ["openssl", "req", "-x509", *curve, "-nodes", "-days", "2"]
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*request, *names, *files], check=True, capture_output=True)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    # Each connection shakes hands in its own thread: a silent caller holds nobody up.
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server, certificate
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def host(
    root: Path, folder: Path, *, elsewhere: str = "http://127.0.0.1:9"
) -> Iterator[tuple[str, Path, list[str]]]:
    """An https host on the loopback: its name with port, its certificate, what was asked."""
    handler = cast(
        "type[Host]", type("Handler", (Host,), {"root": root, "seen": [], "other": elsewhere})
    )
    with serving(handler, folder) as (server, certificate):
        yield f"127.0.0.1:{server.server_port}", certificate, handler.seen
