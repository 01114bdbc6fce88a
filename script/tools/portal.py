"""A whole portal for tests and benchmarks: web, workers, broker, database, real processes."""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.solutions import GIT_ENV
from script.tools.visitor import Visitor

ROOT = Path(__file__).resolve().parents[2]
SHELF = ROOT / "tests" / "shelf"
START_SECONDS = 60
DUMP = """
import json, sys
from portal.submissions.models import Attempt
row = Attempt.objects.get(pk={pk})
print(json.dumps({{
    "state": row.state, "verdict": row.verdict, "fault": row.fault, "facts": row.facts,
    "levels": row.levels, "report": row.report, "phases": row.phases, "worker": row.worker,
    "provenance": row.provenance, "log": row.log_tail, "retries": row.retries,
    "path": [t.target for t in row.transitions.order_by("at", "pk")],
}}))
"""
EDITION = """
course: A small course
course_code: small
edition: "1"
timezone: Europe/Brussels
levels: [not yet proficient, proficient]
mini_projects:
  - {id: hello, title: Say hello, labs: [hello]}
"""


@dataclass
class Portal:
    """A running portal and what a test needs to talk to it."""

    base: str
    password: str
    environment: Mapping[str, str]
    repositories: Path
    server: subprocess.Popen[bytes]

    def visitor(self, name: str) -> Visitor:
        """Somebody, signed in."""
        return Visitor(self.base, name, self.password)

    def project(self) -> int:
        """The number of the one mini-project."""
        return int(
            self.shell("from portal.courses.models import *; print(MiniProject.objects.get().pk)")
        )

    def attempt(self, pk: int) -> dict[str, Any]:
        """An attempt's row, as the database has it now."""
        row: dict[str, Any] = json.loads(self.shell(DUMP.format(pk=pk)))
        return row

    def shell(self, code: str) -> str:
        """Run Python with the portal's own settings; what it printed."""
        return manage(self.environment, "shell", "--verbosity", "0", "--command", code)

    def repository(self, name: str, files: Mapping[str, str]) -> str:
        """A git repository of one commit with these files; its link."""
        folder = self.repositories / name
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        for words in (
            ["init", "--quiet", "--initial-branch=main"],
            ["add", "--all"],
            ["commit", "--quiet", "--allow-empty", "--message", name],
        ):
            subprocess.run(["git", "-C", folder, *words], check=True, env=os.environ | GIT_ENV)
        return f"file://{folder}"

    def crash(self) -> None:
        """Kill every process of the portal at once, as a power cut would, and start it again."""
        os.killpg(self.server.pid, signal.SIGKILL)
        self.server.wait()
        while answers(int(self.environment["PORTAL_PORT"])):  # the others are still dying
            time.sleep(0.05)
        self.server = start(self.environment)

    def submit(self, person: str, repository: str) -> int:
        """Hand in a repository as a person does in a browser, and wait for the end."""
        with self.visitor(person) as visitor:
            attempt = visitor.confirm(visitor.look_up(self.project(), "hello", repository))
            visitor.wait(attempt)
        return attempt


@contextmanager
def running(folder: Path, **more: str) -> Iterator[Portal]:
    """Start a portal in `folder`; end every process of it afterwards."""
    port = free_port()
    repositories = folder / "repositories"
    repositories.mkdir(parents=True)
    (folder / "edition.yaml").write_text(EDITION)
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PORTAL_", "GRADER_"))}
    environment = inherited | {
        "PORTAL_DEMO": "1",
        "PORTAL_VAR": str(folder),
        "PORTAL_PORT": str(port),
        "PORTAL_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "PORTAL_SHELF": str(SHELF),
        "PORTAL_LOCAL_REPOSITORIES": str(repositories),
        "GRADER_WORKDIR": str(folder / "work"),
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        **more,
    }
    manage(environment, "migrate", "--verbosity", "0")
    manage(environment, "load_edition", str(folder / "edition.yaml"))
    manage(environment, "seed_people")
    password = (folder / "demo_password").read_text().strip()
    base = f"http://127.0.0.1:{port}"
    portal = Portal(base, password, environment, repositories, start(environment))
    try:
        yield portal
    finally:
        portal.server.terminate()
        portal.server.wait(timeout=60)


def start(environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start web, workers and broker, and wait until the web answers."""
    with Path(environment["PORTAL_VAR"], "server.log").open("ab") as log:
        server = subprocess.Popen(
            [ROOT / "script" / "server"],
            env=environment,
            stdout=log,
            stderr=log,
            cwd=ROOT,
            start_new_session=True,
        )
    wait_for_port(int(environment["PORTAL_PORT"]), server)
    return server


def manage(environment: Mapping[str, str], *words: str) -> str:
    """Run a management command; what it printed."""
    python = ROOT / ".venv" / "bin" / "python"
    done = subprocess.run(
        [python, ROOT / "manage.py", *words],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"manage.py {words[0]} failed: {done.stdout}{done.stderr}")
    return done.stdout


def free_port() -> int:
    """A port on loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until something listens, or fail as soon as `process` has ended."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"it ended with {process.returncode} instead of listening")
        if answers(port):
            return
        time.sleep(0.1)
    raise TimeoutError(f"nothing listens on port {port}")


def answers(port: int) -> bool:
    """Whether somebody listens on this port of loopback."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
