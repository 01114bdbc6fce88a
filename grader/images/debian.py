"""The root of every image where no registry is reachable: Debian's own Python, from packages."""

import hashlib
import shutil
import tempfile
from pathlib import Path

from grader.docker_client import client
from grader.images import ImageError
from grader.images.commands import INPUTS_LABEL, OnLine, label, run

TAG = "mlops-debian:bookworm"
# The last one in place of usrmerge, which would bring 47 MB of Perl.
PACKAGES = (
    *("ca-certificates", "libgomp1", "netbase", "python3", "python3-venv", "tzdata"),
    "usr-is-merged",
)
# As in Debian's slim images: what only a person at a terminal reads stays out.
UNREAD = ("/usr/share/doc/*", "/usr/share/info/*", "/usr/share/locale/*", "/usr/share/man/*")
OPTIONS = [
    "--variant=apt",
    "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr",
    f"--include={','.join(PACKAGES)}",
    *(f"--dpkgopt=path-exclude={path}" for path in UNREAD),
    "--dpkgopt=path-include=/usr/share/doc/*/copyright",
]
# An imported file system carries no environment of its own.
CHANGES = [
    "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "ENV LANG=C.UTF-8",
]
DIGEST = hashlib.sha256(repr((OPTIONS, CHANGES)).encode()).hexdigest()


def make_root(on_line: OnLine) -> None:
    """Makes the root unless it is there already. Raises ImageError."""
    if label(TAG, INPUTS_LABEL) == DIGEST:
        return
    if not shutil.which("mmdebstrap"):
        raise ImageError(
            "No container registry is reachable and mmdebstrap is not installed: "
            "script/setup docker installs it, or set GRADER_REGISTRY=on where there is a registry."
        )
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "root.tar"
        run(["mmdebstrap", *OPTIONS, "bookworm", str(archive)], on_line)
        changes = [*CHANGES, f"LABEL {INPUTS_LABEL}={DIGEST}"]
        flags = [word for change in changes for word in ("--change", change)]
        run([client(), "import", *flags, str(archive), TAG], on_line)
