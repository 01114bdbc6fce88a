"""Holds one step of an image build in the same way as a run: `script/engine` puts this before runc.

BuildKit writes a step's container into a bundle and gives it no limits of its own, whatever
`docker build` was told. Here they are added before runc reads it. Plain Python without a package:
it is started for every step.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

MIB = 1024 * 1024
PERIOD = 100_000  # microseconds over which processor time is shared out
NOT_NEEDED = {"CAP_AUDIT_WRITE", "CAP_MKNOD", "CAP_NET_RAW"}


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


def main(words: list[str]) -> None:
    """Rewrite the bundle that `runc … run --bundle DIR …` names. Raises when there is none."""
    config = Path(words[words.index("--bundle") + 1], "config.json")
    step = json.loads(config.read_bytes())
    hold(
        step,
        memory_mb=int(os.environ.get("GRADER_BUILD_MEMORY_MB", "4096")),
        pids=int(os.environ.get("GRADER_BUILD_PIDS", "1024")),
        disk_mb=int(float(os.environ.get("GRADER_BUILD_DISK_GB", "8")) * 1024),
        cpus=float(os.environ.get("GRADER_BUILD_CPUS", "2")),
    )
    config.write_text(json.dumps(step))


if __name__ == "__main__":
    main(sys.argv[1:])
