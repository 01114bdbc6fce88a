"""Which calls a student's program may make of the kernel: those that ordinary programs need.

The engine's own list differs from one version to the next, and older ones let a container open
sockets that lead out of a virtual machine past every network namespace (AF_VSOCK).
"""

import errno
import json
import socket
from functools import cache
from pathlib import Path
from typing import Any

NAMES = Path(__file__).with_name("syscalls.txt")
SOCKETS = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK)
# CLONE_NEW*: cgroup, UTS, IPC, user, PID and network namespaces, and mounts
NAMESPACES = 0x7E020000
# What `personality` may be set to: Linux in 64 and 32 bits, each also as 2.6; or be asked
PERSONALITIES = (0x0, 0x8, 0x20000, 0x20008, 0xFFFFFFFF)
ALLOW, DENY = "SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO"


@cache
def profile() -> str:
    """The profile as the engine takes it. What is not named fails as if it were forbidden."""
    rules: list[dict[str, Any]] = [{"names": NAMES.read_text().split(), "action": ALLOW}]
    rules += [_allow("socket", family) for family in SOCKETS]
    rules += [_allow("personality", kind) for kind in PERSONALITIES]
    masked = {"index": 0, "value": NAMESPACES, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}
    rules.append({"names": ["clone"], "action": ALLOW, "args": [masked]})
    # Its flags lie in memory, where no filter looks: libraries fall back on `clone`.
    missing = {"names": ["clone3"], "action": DENY, "errnoRet": errno.ENOSYS}
    return json.dumps({"defaultAction": DENY, "syscalls": [*rules, missing]})


def _allow(name: str, value: int) -> dict[str, Any]:
    first = {"index": 0, "value": int(value), "op": "SCMP_CMP_EQ"}
    return {"names": [name], "action": ALLOW, "args": [first]}
