"""The grown-up path: the same story on a real PostgreSQL and a real Redis over TCP."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from script.tools.portal import Portal, free_port, running, wait_for_port
from tests.flow.test_one_submission import BADLY, WELL

pytestmark = [pytest.mark.docker, pytest.mark.services]
AS_ROOT = os.geteuid() == 0


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    folder = tmp_path_factory.mktemp("services")
    with (
        postgres(folder / "postgres") as database,
        redis(folder / "redis") as broker,
        running(folder / "portal", PORTAL_DATABASE_URL=database, PORTAL_BROKER_URL=broker) as one,
    ):
        yield one


def test_a_submission_comes_to_its_verdict(portal: Portal) -> None:
    row = portal.attempt(portal.submit("alice", portal.repository("well", WELL)))
    assert (row["state"], row["verdict"]) == ("done", "passed")
    row = portal.attempt(portal.submit("alice", portal.repository("badly", BADLY)))
    assert (row["state"], row["verdict"]) == ("done", "failed")


def test_the_rows_lie_in_postgres(portal: Portal) -> None:
    vendor = "from django.db import connection; print(connection.vendor)"
    assert portal.shell(vendor).strip() == "postgresql"


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """A PostgreSQL server of our own; its URL. It refuses to run as root, so it never does."""
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"))
    owner = "postgres" if AS_ROOT else pwd.getpwuid(folder.parent.stat().st_uid).pw_name
    folder.mkdir()
    shutil.chown(folder, owner)
    for parent in folder.parents[:3]:
        parent.chmod(parent.stat().st_mode | 0o011)  # the server's user must pass through
    as_owner = {"user": owner} if AS_ROOT else {}
    make = [programs / "initdb", "--auth=trust", "--username=portal", "--pgdata", folder / "data"]
    subprocess.run(make, check=True, capture_output=True, cwd=folder, **as_owner)  # type: ignore[call-overload]
    port = free_port()
    options = ["-c", "fsync=off", "-c", f"unix_socket_directories={folder}", "-p", str(port)]
    server = subprocess.Popen(
        [programs / "postgres", "-D", folder / "data", "-h", "127.0.0.1", *options],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **as_owner,  # type: ignore[call-overload]
    )
    try:
        wait_for_port(port, server)
        yield f"postgresql://portal@127.0.0.1:{port}/postgres"
    finally:
        server.terminate()
        server.wait(timeout=60)


@contextmanager
def redis(folder: Path) -> Iterator[str]:
    """A Redis server of our own; its URL."""
    folder.mkdir()
    port = free_port()
    options = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", folder]
    server = subprocess.Popen(["redis-server", *options], stdout=subprocess.DEVNULL)
    try:
        wait_for_port(port, server)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait(timeout=60)
