"""The root of every image where no registry is reachable: Debian's own Python, from packages."""

import hashlib
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from grader.docker_client import client
from grader.images import ImageError
from grader.images.commands import INPUTS_LABEL, OnLine, label, run

SUITE = "bookworm"
TAG = f"mlops-debian:{SUITE}"
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


@cache
def sources() -> list[str]:
    """Where this machine itself installs packages of the suite from; none: where Debian says.

    A build reaches only the registries that its machine installs from, so an image must know
    the same ones.
    """
    targets = ["apt-get", "indextargets", "--format", "deb $(SITE) $(RELEASE) $(COMPONENT)"]
    if not shutil.which(targets[0]):
        return []
    told = subprocess.run(targets, check=False, capture_output=True, text=True).stdout
    lines = dict.fromkeys(told.splitlines())
    return [line for line in lines if line.split()[2].partition("-")[0] == SUITE]


def digest() -> str:
    """Changes whenever the root has to be made again."""
    return hashlib.sha256(repr((OPTIONS, CHANGES, sources())).encode()).hexdigest()


def make_root(on_line: OnLine) -> None:
    """Makes the root unless it is there already. Raises ImageError."""
    if label(TAG, INPUTS_LABEL) == digest():
        return
    if not shutil.which("mmdebstrap"):
        raise ImageError(
            "No container registry is reachable and mmdebstrap is not installed: "
            "script/setup docker installs it, or set GRADER_REGISTRY=on where there is a registry."
        )
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "root.tar"
        run(["mmdebstrap", *OPTIONS, SUITE, str(archive), *sources()], on_line)
        changes = [*CHANGES, f"LABEL {INPUTS_LABEL}={digest()}"]
        flags = [word for change in changes for word in ("--change", change)]
        run([client(), "import", *flags, str(archive), TAG], on_line)
