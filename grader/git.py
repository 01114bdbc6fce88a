"""The one way to run git here: hardened, in time, and with errors named as faults."""

import os
import re
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import Self

from grader.origin import MEBIBYTE, Origin
from grader.output import tidy
from grader.process import running
from lab_specs.faults import Code, Fault, PlatformFault, StudentFault

BLOCK = 512  # bytes; the unit of `ulimit -f` in a POSIX shell
ERROR_LIMIT = 2_000
OUTPUT_LIMIT = 32 * MEBIBYTE
PACKS = ".git/objects/pack/*"
# What a site needs to reach the world; nothing else of our environment comes near git.
PASSED_ON = (
    "PATH",
    "GIT_SSL_CAINFO",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "CURL_CA_BUNDLE",
    *("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"),
)
SETTINGS = {
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "credential.helper": "",
    "fetch.unpackLimit": "1",  # one pack, so that the limit on a file holds for the whole
    "fetch.recurseSubmodules": "false",
    "gc.auto": "0",
    "http.followRedirects": "false",
    "http.lowSpeedLimit": "1000",
    "http.lowSpeedTime": "30",
    "maintenance.auto": "false",
    "protocol.version": "2",
    "submodule.recurse": "false",
}
ABSENT = re.compile(
    r"could not read (Username|Password)|terminal prompts disabled|Authentication failed"
    r"|[Rr]epository.* not found|returned error: 40[134]"
    r"|does not appear to be a git repository|not valid: is this a git repository"
)
MOVED = re.compile(r"returned error: 30\d|unable to update url base from redirection")
MOVED_WHERE = "to another address"
UNSERVED = re.compile(
    r"unadvertised object|want [0-9a-f]+ not valid|shallow capabilities|not support --depth"
)
UNKNOWN_COMMIT = re.compile(r"not our ref|bad object|[Nn]ot a valid object name")


class GitError(Exception):
    """git refused or was stopped; `text` is what it said, plain and capped."""

    def __init__(self, text: str, *, timed_out: bool = False, overflow: bool = False) -> None:
        super().__init__(text)
        self.text = text
        self.timed_out = timed_out
        self.overflow = overflow


@dataclass(frozen=True, slots=True)
class Git:
    """git in `folder` until `deadline` (monotonic seconds), writing no file over `max_bytes`."""

    folder: Path
    origin: Origin
    max_bytes: int
    deadline: float
    key: str = field(default="", repr=False)

    def run(self, *arguments: str, given: bytes = b"") -> bytes:
        """What git prints. Raises GitError when it fails, overruns its time or says too much."""
        seconds = self.deadline - time.monotonic()
        if seconds <= 0:  # a short command could be faster than whoever is to end it
            raise GitError("its time was over before it began", timed_out=True)
        settings = [word for pair in SETTINGS.items() for word in ("-c", "=".join(pair))]
        limited = f'ulimit -c 0; ulimit -f {self.max_bytes // BLOCK + 1}; exec git "$@"'
        command = ["sh", "-c", limited, "sh", *settings, *arguments]
        with TemporaryFile() as errors, self._keys() as keys:
            with running(
                command,
                seconds=seconds,
                environment=self._environment(keys),
                folder=self.folder,
                given=given,
                errors=errors,
                handed=keys,
            ) as program:
                printed = program.output.read(OUTPUT_LIMIT + 1)
                overflow = len(printed) > OUTPUT_LIMIT
                if overflow:
                    program.stop()
            if program.exit_code == 0 and not overflow:
                return printed
            errors.seek(0)
            text = tidy(errors.read(OUTPUT_LIMIT), ERROR_LIMIT)
        raise GitError(text, timed_out=program.timed_out, overflow=overflow)

    @contextmanager
    def _keys(self) -> Iterator[tuple[int, ...]]:
        """A file without a name that tells git the key: on no disk, and in no list of processes."""
        if not self.key:
            yield ()
            return
        word = b64encode(f"x-access-token:{self.key}".encode()).decode()
        told = f'[http "{self.origin.url}"]\n\textraHeader = "Authorization: Basic {word}"\n'
        number = os.memfd_create("git", os.MFD_CLOEXEC)
        with open(number, "wb") as file:  # noqa: PTH123 - it has no path
            file.write(told.encode())
            file.flush()
            yield (number,)

    def _environment(self, keys: tuple[int, ...]) -> dict[str, str]:
        passed_on = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        return passed_on | {
            "HOME": str(self.folder),
            "LC_ALL": "C",
            "GIT_ALLOW_PROTOCOL": self.origin.protocol,
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": f"/dev/fd/{keys[0]}" if keys else "/dev/null",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_NO_LAZY_FETCH": "1",  # what a filter left out stays out
            "GIT_TERMINAL_PROMPT": "0",
        }

    @classmethod
    def local(cls, folder: Path, seconds: float = 30) -> Self:
        """Ask git about what is here already, in a repository that has been fetched."""
        origin = Origin("", "none", "this machine")
        return cls(folder, origin, OUTPUT_LIMIT, time.monotonic() + seconds)

    def fault_of(self, error: GitError) -> Fault:
        """Whose fault it is that the repository could not be read from its host."""
        repository = self.origin.url
        if any(pack.stat().st_size >= self.max_bytes for pack in self.folder.glob(PACKS)):
            limit_mb = self.max_bytes // MEBIBYTE
            return StudentFault(Code.REPOSITORY_TOO_LARGE, limit_mb=limit_mb)
        if MOVED.search(error.text):
            return StudentFault(Code.REPOSITORY_NOT_FOUND, repository=repository, moved=MOVED_WHERE)
        if ABSENT.search(error.text):
            return StudentFault(Code.REPOSITORY_NOT_FOUND, repository=repository)
        return PlatformFault(Code.HOST_UNREACHABLE, host=self.origin.host, error=error.text)
