"""Holds one step of an image build in the same way as a run: `script/engine` puts this before runc.

BuildKit writes a step's container into a bundle and gives it no limits of its own, whatever
`docker build` was told. Here they are added before runc reads it, and all steps of one build come
into one control group: builds share the processors evenly, however many steps each has at once.
Plain Python without a package: it is started for every step.
"""

import json
import os
import re
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

MIB = 1024 * 1024
PERIOD = 100_000  # microseconds over which processor time is shared out
NOT_NEEDED = {"CAP_AUDIT_WRITE", "CAP_MKNOD", "CAP_NET_RAW"}


# A build says who it is in an argument that reaches every step and no image.
OWNER = re.compile(r"no_proxy=(build-[0-9a-f]{32})")
GROUPS = Path("/sys/fs/cgroup")
STALE = 600.0  # seconds after which an empty group is of no use any more


def hold(step: dict[str, Any], *, memory_mb: int, pids: int, disk_mb: int, cpus: float) -> None:
    """Put limits into the OCI configuration of a step: one file of at most `disk_mb` among them."""
    resources = step.setdefault("linux", {}).setdefault("resources", {})
    memory = memory_mb * MIB
    resources["memory"] = {"limit": memory, "swap": memory}
    resources["pids"] = {"limit": pids}
    resources["cpu"] = {"period": PERIOD, "quota": int(cpus * PERIOD)}
    process = step["process"]
    process["rlimits"] = [
        {"type": "RLIMIT_CORE", "soft": 0, "hard": 0},
        {"type": "RLIMIT_FSIZE", "soft": disk_mb * MIB, "hard": disk_mb * MIB},
    ]
    for name, held in process.get("capabilities", {}).items():
        process["capabilities"][name] = [one for one in held if one not in NOT_NEEDED]


def join(step: dict[str, Any]) -> str | None:
    """Put a step into the group of its build; the group's path. None when it names no build."""
    said = [each for each in step["process"].get("env", []) if each.startswith("no_proxy=")]
    owner = OWNER.fullmatch(said[-1]) if said else None  # the last one counts, and it is ours
    parent, slash, own = step["linux"].get("cgroupsPath", "").rpartition("/")
    if owner is None or not slash or ":" in own:  # systemd's names have no folders
        return None
    step["linux"]["cgroupsPath"] = f"{parent}/{owner[1]}/{own}"
    return f"{parent}/{owner[1]}"


def hold_all(group: str, *, memory_mb: int, pids: int) -> None:
    """Give a build's group the same limits, where control groups are of version 1."""
    memory = memory_mb * MIB
    limits = {
        "pids/{}/pids.max": pids,
        "memory/{}/memory.limit_in_bytes": memory,
        "memory/{}/memory.memsw.limit_in_bytes": memory,
    }
    for pattern, limit in limits.items():
        file = GROUPS / pattern.format(group.strip("/"))
        if (GROUPS / pattern.partition("/")[0]).is_dir():
            file.parent.mkdir(parents=True, exist_ok=True)
            with suppress(OSError):  # a kernel may not count swap
                file.write_text(str(limit))


def tidy_up(group: str) -> None:
    """Remove the groups of builds that have ended: runc removes those of steps alone."""
    for old in GROUPS.glob(f"*/{group.strip('/').rpartition('/')[0]}/build-*"):
        with suppress(OSError):  # it is in use, or somebody else was faster
            if time.time() - old.stat().st_mtime > STALE:
                old.rmdir()


def main(words: list[str]) -> None:
    """Rewrite the bundle that `runc … run --bundle DIR …` names. Raises when there is none."""
    config = Path(words[words.index("--bundle") + 1], "config.json")
    step = json.loads(config.read_bytes())
    memory_mb = int(os.environ.get("GRADER_BUILD_MEMORY_MB", "4096"))
    pids = int(os.environ.get("GRADER_BUILD_PIDS", "1024"))
    hold(
        step,
        memory_mb=memory_mb,
        pids=pids,
        disk_mb=int(float(os.environ.get("GRADER_BUILD_DISK_GB", "8")) * 1024),
        cpus=float(os.environ.get("GRADER_BUILD_CPUS", "2")),
    )
    if group := join(step):
        tidy_up(group)
        hold_all(group, memory_mb=memory_mb, pids=pids)
    config.write_text(json.dumps(step))


if __name__ == "__main__":
    main(sys.argv[1:])
