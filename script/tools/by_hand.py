"""What the portal is measured against: the same work by hand, with Docker's SDK alone."""

import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker

from grader.docker_client import build_command
from grader.docker_pipe import DockerPipe
from lab_specs import wire
from lab_specs.schema import LabSpec

JUDGE = "mlops-judge:latest"
HARDENED: dict[str, Any] = {
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges"],
    "read_only": True,
    "mem_limit": "512m",
    "memswap_limit": "512m",
    "pids_limit": 256,
    "tmpfs": {"/tmp": "size=16m,mode=1777"},  # noqa: S108 - in the container
}


@dataclass(frozen=True)
class Hand:
    """Somebody who starts the two containers of an attempt without any portal."""

    client: docker.DockerClient
    lab: LabSpec

    def judge(self, image: str) -> tuple[float, float]:
        """Start judge and student in one namespace without a network, and read the report.

        Seconds until the report, and until both containers are removed.
        """
        began = time.perf_counter()
        judge = self.client.containers.create(
            JUDGE, stdin_open=True, network_mode="none", user="10002:10002", **HARDENED
        )
        streams = {"stdin": 1, "stdout": 1, "stream": 1}
        pipe = DockerPipe(judge.attach_socket(params=streams))
        judge.start()
        pipe.send(self._brief().line())
        student = None
        for line in pipe.lines(wire.LINE_CAP):
            ask = wire.ASK.validate_json(line)
            if isinstance(ask, wire.Reported):
                assert all(check.outcome == "passed" for check in ask.report.checks)  # noqa: S101
                break
            if isinstance(ask, wire.Start):
                student = self.client.containers.create(
                    image, network_mode=f"container:{judge.id}", user="10001:10001", **HARDENED
                )
                student.start()
            answer = wire.Answer()
            if isinstance(ask, wire.Wait) and student is not None:
                answer = wire.Answer(exit_code=student.wait()["StatusCode"])
            if not isinstance(ask, wire.Phase):
                pipe.send(answer.line())
        reported = time.perf_counter() - began
        pipe.close()
        for container in (student, judge):
            if container is not None:
                container.remove(force=True)
        return reported, time.perf_counter() - began

    def run_true(self, image: str) -> float:
        """Seconds of a bare `docker run` of a command that ends at once."""
        began = time.perf_counter()
        self.client.containers.run(image, network_mode="none", remove=True)
        return time.perf_counter() - began

    def build(self, folder: Path) -> tuple[str, float]:
        """Build a folder's image; its id and the seconds."""
        began = time.perf_counter()
        command, environment = build_command()
        done = subprocess.run(
            [*command, "--quiet", str(folder)],
            env={"PATH": "/usr/bin:/bin", **environment},
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip(), time.perf_counter() - began

    def _brief(self) -> wire.Brief:
        limits = self.lab.file.limits
        return wire.Brief(
            lab=self.lab.id,
            kind=self.lab.file.kind,
            seed=1,
            sources=self.lab.sources,
            start_seconds=limits.start_seconds,
            run_seconds=limits.run_seconds,
            volumes={},
        )
