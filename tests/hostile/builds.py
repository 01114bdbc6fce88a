"""Repositories whose Dockerfile is too long to be written by hand, or that need a neighbour."""

import subprocess
import time
from dataclasses import replace

from grader.docker_client import client
from grader.ground import Ground, Target

STAGES = 500
READY_SECONDS = 15
LISTENS = ["python", "-m", "http.server", "--directory", "/tmp", "8000"]
CALLS = (
    "import socket; socket.create_connection((socket.gethostbyname(socket.gethostname()), 8000), 1)"
)


def many_stages(ground: Ground) -> Target:
    """Five hundred stages that may all run at once, and one that needs them all."""
    home = ground.write(ground.scratch / "repository")
    stages = [
        f"FROM mlops-python:3.11 AS s{n}\nENV ATTACK={ground.mark}\nRUN touch /{n} && sleep 60\n"
        for n in range(STAGES)
    ]
    copies = [f"COPY --from=s{n} /{n} /{n}\n" for n in range(STAGES)]
    (home / "Dockerfile").write_text("".join([*stages, "FROM mlops-python:3.11\n", *copies]))
    return ground.plant(home)


def with_neighbour(ground: Ground) -> Target:
    """Beside a container on the engine's bridge that listens, and is seen to do so."""
    words = [client(), "run", "--detach", "--network=bridge", "--user=10001", "--memory=64m"]
    one = _said([*words, f"--env=MARK={ground.mark}", "mlops-python:3.11", *LISTENS])
    ground.stack.callback(_said, [client(), "rm", "--force", one])
    form = "{{.NetworkSettings.Networks.bridge.IPAddress}}"
    address = _said([client(), "inspect", one, "--format", form])
    end = time.monotonic() + READY_SECONDS
    knock = [client(), "exec", one, "python", "-c", CALLS]
    while subprocess.run(knock, check=False, capture_output=True, timeout=20).returncode:
        if time.monotonic() > end:
            raise RuntimeError("the neighbour does not listen")
        time.sleep(0.2)
    return replace(ground, words={**ground.words, "NEIGHBOUR": address}).plant()


def _said(words: list[str]) -> str:
    return subprocess.run(
        words, check=True, capture_output=True, text=True, timeout=30
    ).stdout.strip()
