"""Addresses of this machine that stand for those which nobody's work may reach.

Each listens as the real one would and keeps what it hears. The metadata service and a host of
the outside are addresses that are put on this machine's own loopback interface for as long as
the test runs, so that nothing can leave it.
"""

import contextlib
import ctypes
import fcntl
import json
import os
import selectors
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from grader.docker_client import client

ON_LOOPBACK = {"METADATA": "169.254.169.254", "OUTSIDE": "198.51.100.7"}  # RFC 3927, RFC 5737
PORTS = (53, 80, 443)
CABLE = "mlops-cable"
LOCK = Path("/run/lock/mlops-decoys")
ENGINE_PID = Path("/var/run/docker.pid")
NEW_NETWORK = 0x40000000  # CLONE_NEWNET of <sched.h>
HEARD_CAP = 300  # bytes of what was said that are kept
SPEAK_SECONDS = 0.3  # for a caller to say who it is


@dataclass(frozen=True)
class Heard:
    """Somebody spoke to a decoy."""

    decoy: str
    said: bytes


@dataclass
class Decoys:
    """Listening addresses by name.

    METADATA, OUTSIDE and LOOPBACK of this machine; GATEWAY, the engine's end of its bridge; and,
    where the engine has a network of its own, HOST, this machine's end of the way there.
    """

    addresses: dict[str, str] = field(default_factory=dict)
    heard: list[Heard] = field(default_factory=list)
    _ears: selectors.DefaultSelector = field(default_factory=selectors.DefaultSelector)

    @classmethod
    @contextmanager
    def standing(cls) -> Iterator[Self]:
        """Decoys for as long as the block lasts. Raises PermissionError unless run by root.

        The addresses are there once: this waits until another run has let go of them.
        """
        if os.geteuid() != 0:
            raise PermissionError("only root can put addresses on an interface")
        decoys = cls()
        with ExitStack() as stack:
            fcntl.flock(stack.enter_context(LOCK.open("w")), fcntl.LOCK_EX)
            stack.callback(decoys._ears.close)
            for name, address in ON_LOOPBACK.items():
                _ip("replace", address)  # a run that was killed may have left it
                stack.callback(_ip, "del", address)
                decoys._listen(stack, name, address)
            decoys._listen(stack, "LOOPBACK", "127.0.0.1", ports=(0,))
            if address := _cable():
                decoys._listen(stack, "HOST", address)
            with _network_of_engine():
                decoys._listen(stack, "GATEWAY", _gateway())
            over = threading.Event()
            thread = threading.Thread(target=decoys._hear, args=(over,), daemon=True)
            thread.start()
            stack.callback(thread.join)
            stack.callback(over.set)
            decoys.prove()
            yield decoys
            decoys.prove()

    def prove(self) -> None:
        """Speak to every decoy from where it stands. Raises RuntimeError when one is deaf."""
        word = f"proof {time.time_ns()}".encode()
        wanted = sorted(self.addresses)
        for name in wanted:
            host, _, port = self.addresses[name].partition(":")
            place = _network_of_engine() if name == "GATEWAY" else contextlib.nullcontext()
            with place, socket.create_connection((host, int(port or 80)), timeout=5) as line:
                line.sendall(word)
        end = time.monotonic() + 5
        while sorted(one.decoy for one in self.heard if one.said == word) != wanted:
            if time.monotonic() > end:
                raise RuntimeError("a decoy does not hear")
            time.sleep(0.02)
        self.heard[:] = [one for one in self.heard if one.said != word]

    def _listen(
        self, stack: ExitStack, name: str, address: str, ports: tuple[int, ...] = PORTS
    ) -> None:
        self.addresses[name] = address
        for port in ports:
            ear = stack.enter_context(socket.create_server((address, port)))
            self._ears.register(ear, selectors.EVENT_READ, name)
            if not port:
                self.addresses[name] = f"{address}:{ear.getsockname()[1]}"
        if 53 in ports:  # noqa: PLR2004 - of DNS
            packets = stack.enter_context(socket.socket(type=socket.SOCK_DGRAM))
            packets.bind((address, 53))
            self._ears.register(packets, selectors.EVENT_READ, name)

    def _hear(self, over: threading.Event) -> None:
        while not over.is_set():
            for key, _ in self._ears.select(timeout=0.1):
                ear = key.fileobj
                if isinstance(ear, socket.socket):
                    self.heard.append(Heard(key.data, _said(ear)))


def _said(ear: socket.socket) -> bytes:
    """What comes in first; a caller that says nothing has been heard all the same."""
    if ear.type == socket.SOCK_DGRAM:
        return ear.recv(HEARD_CAP)
    line, _ = ear.accept()
    with line, contextlib.suppress(OSError):
        line.settimeout(SPEAK_SECONDS)
        return line.recv(HEARD_CAP)
    return b""


def _ip(deed: str, address: str) -> None:
    subprocess.run(["ip", "address", deed, f"{address}/32", "dev", "lo"], check=deed != "del")


def _cable() -> str:
    """This machine's end of the way into the engine's own network, as `script/engine` lays it."""
    words = ["ip", "-json", "address", "show", "dev", CABLE]
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    found = json.loads(done.stdout or "[]") if done.returncode == 0 else []
    return next((str(one["local"]) for link in found for one in link["addr_info"]), "")


def _gateway() -> str:
    """The engine's end of the bridge that containers hang on by default."""
    asked = [client(), "network", "inspect", "bridge", "--format"]
    form = "{{(index .IPAM.Config 0).Gateway}}"
    done = subprocess.run([*asked, form], check=True, capture_output=True, text=True, timeout=20)
    return done.stdout.strip() or "172.17.0.1"


@contextmanager
def _network_of_engine() -> Iterator[None]:
    """This thread stands in the engine's network, which may not be this machine's own."""
    if not ENGINE_PID.exists():
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    theirs = Path(f"/proc/{ENGINE_PID.read_text().strip()}/ns/net")
    with Path("/proc/thread-self/ns/net").open() as home, theirs.open() as there:
        if libc.setns(there.fileno(), NEW_NETWORK):
            raise OSError(ctypes.get_errno(), "the engine's network cannot be entered")
        try:
            yield
        finally:
            libc.setns(home.fileno(), NEW_NETWORK)
