"""What a container that we hold attached says and hears, over the engine's raw connection."""

import contextlib
import socket
import struct
from collections.abc import Iterator
from typing import Any

from lab_specs.faults import Code, PlatformFault

STDOUT = 1
HEADER = struct.Struct(">BxxxL")  # which stream, and how many bytes follow


class DockerPipe:
    """The standard input and output of one container."""

    def __init__(self, stream: Any) -> None:  # noqa: ANN401 - the SDK types it loosely
        # Over a local socket the SDK hands out a file object around the socket proper.
        self._stream = stream
        self._socket: socket.socket = getattr(stream, "_sock", stream)
        self._socket.settimeout(None)
        self._source = self._socket.makefile("rb")

    def send(self, line: bytes) -> None:
        """Write to its standard input."""
        try:
            self._socket.sendall(line)
        except OSError as error:
            raise PlatformFault(Code.JUDGE_FAILED, problem=f"its input closed: {error}") from error

    def lines(self, cap: int) -> Iterator[bytes]:
        """Lines of its standard output; what it prints as errors stays in its log."""
        rest = b""
        for frame in self._frames():
            *whole, rest = (rest + frame).split(b"\n")
            if max(map(len, (*whole, rest))) > cap:
                raise PlatformFault(Code.JUDGE_FAILED, problem="it sent an endless line")
            yield from whole

    def close(self) -> None:
        """Let go of it; a blocked reader wakes up and ends."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        for end in (self._source, self._stream, self._socket):
            end.close()

    def _frames(self) -> Iterator[bytes]:
        # ValueError: it was closed between two reads
        with contextlib.suppress(OSError, ValueError):
            while len(header := self._source.read(HEADER.size)) == HEADER.size:
                stream, length = HEADER.unpack(header)
                frame = self._source.read(length)
                if stream == STDOUT:
                    yield frame
