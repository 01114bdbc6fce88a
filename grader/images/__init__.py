"""The images that every attempt starts from, and how to tell a stand-in from the real thing.

`python -m grader.images` makes them: from a registry where one is reachable, otherwise from
Debian packages. In the second case the base also carries the names of the usual Python
images, so that a student's `FROM python:3.11-slim` builds; `stand_ins` says so openly.
"""

import subprocess

from grader.docker_client import client
from lab_specs.schema import SidecarName

PYTHON = "mlops-python:3.11"
TORCH = "mlops-torch:2.13.0-cpu"
JUDGE = "mlops-judge:latest"
SIDECARS = {name: f"mlops-{name}:latest" for name in SidecarName}

STAND_INS = ("python:3.11-slim", "python:3.11", "python:3.11-slim-bookworm", "python:3.11-bookworm")
STAND_IN_LABEL = "mlops.stand-in"


class ImageError(Exception):
    """An image could not be made; the message is for whoever runs the machine."""


def stand_ins() -> dict[str, str]:
    """The usual names that stand for our own base on this engine: name -> image id.

    Empty where the base comes from a registry. Images built from a stand-in inherit its label,
    so only the usual names count. Raises subprocess.CalledProcessError when no engine answers.
    """
    wanted = ["--no-trunc", "--filter", f"label={STAND_IN_LABEL}"]
    listing = subprocess.run(
        [client(), "image", "ls", *wanted, "--format", "{{.Repository}}:{{.Tag}} {{.ID}}"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    images = dict(line.rsplit(" ", 1) for line in listing.splitlines())
    return {name: images[name] for name in STAND_INS if name in images}
