"""Runs a function in a process of its own, under limits, and brings its answer back.

A model is a program: it may crash its interpreter, run for ever or want all memory there is. The
process that meets it is a fork, so what is loaded already need not be loaded again.
"""

import json
import os
import resource
import select
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ANSWER_CAP = 256 * 1024  # bytes of an answer
REASON_CAP = 300  # characters

TIME, MEMORY, CRASHED, REFUSED = "time", "memory", "crashed", "refused"


class Refused(Exception):  # noqa: N818 - it is the model that is refused
    """The model is not what the device takes; the message says why."""


def caged(work: Callable[[], Any], *, cpu_seconds: int, seconds: float) -> dict[str, Any]:
    """What `work` returned, as {"value": …}, or {"fault": …, "reason": …} when it did not."""
    ours, theirs = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        os.close(ours)
        _work(work, theirs, cpu_seconds)
    os.close(theirs)
    answer, late = _listen(ours, time.monotonic() + seconds)
    os.close(ours)
    if late or answer is None:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return _judge(answer, status, late=late)


def _work(work: Callable[[], Any], answer_to: int, cpu_seconds: int) -> None:
    """The child's life; it never returns."""
    try:
        Path("/proc/self/oom_score_adj").write_text("1000")  # first to go, before its parent
        resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        answer = {"value": work()}
    except Refused as error:
        answer = {"fault": REFUSED, "reason": str(error)[:REASON_CAP]}
    except MemoryError:
        answer = {"fault": MEMORY, "reason": "an allocation failed"}
    except BaseException as error:  # noqa: BLE001 - whatever a model makes an interpreter raise
        reason = f"{type(error).__name__}: {error}"
        answer = {"fault": REFUSED, "reason": reason[:REASON_CAP]}
    with os.fdopen(answer_to, "wb") as pipe:
        pipe.write(json.dumps(answer).encode())
    os._exit(0)


def _listen(pipe: int, end: float) -> tuple[bytes | None, bool]:
    """All that the child says until it closes the pipe, and whether the time was over.

    None in place of an answer that is too long.
    """
    heard = bytearray()
    while (left := end - time.monotonic()) > 0:
        if not select.select([pipe], [], [], left)[0]:
            break
        piece = os.read(pipe, 65_536)
        if not piece:
            return bytes(heard), False
        heard += piece
        if len(heard) > ANSWER_CAP:
            return None, False
    return bytes(heard), True


def _judge(answer: bytes | None, status: int, *, late: bool) -> dict[str, Any]:
    """The answer, or the way in which the process died instead."""
    if late:
        return {"fault": TIME, "reason": "ended by the clock"}
    if answer is None:
        return {"fault": CRASHED, "reason": "its answer had no end"}
    if os.WIFSIGNALED(status):
        name = signal.Signals(os.WTERMSIG(status)).name
        kind = {"SIGXCPU": TIME, "SIGKILL": MEMORY}.get(name, CRASHED)
        return {"fault": kind, "reason": f"ended by {name}"}
    try:
        said = json.loads(answer)
    except ValueError:
        return {"fault": CRASHED, "reason": "its answer could not be read"}
    return said if isinstance(said, dict) else {"fault": CRASHED, "reason": "no answer"}
