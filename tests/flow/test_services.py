"""The grown-up path: the same story on a real PostgreSQL and a real Redis over TCP."""

import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from kombu import Consumer, Queue

from portal.celery_app import GRADE_QUEUE, app
from script.tools.portal import SHELF, Portal, free_port, manage, running, wait_for_port
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


def test_a_row_is_not_locked_for_ever_by_a_process_that_stands_still(portal: Portal) -> None:
    limit = (
        "from django.db import connection; cursor = connection.cursor();"
        "cursor.execute('SHOW idle_in_transaction_session_timeout'); print(cursor.fetchone()[0])"
    )
    assert portal.shell(limit).strip() == "30s"


NUMBERS = """
import json
from django.db import connection
from portal.submissions.signing import canonical
numbers = [0.1, 3.0, -0.0, 1e-7, 1e22, 1.7976931348623157e308, 5e-324, 2**60 + 1, True]
given = {"numbers": numbers, "ü": "\U0001f600"}
with connection.cursor() as cursor:
    cursor.execute("SELECT %s::jsonb::text", [json.dumps(given)])
    print(canonical(json.loads(cursor.fetchone()[0])) == canonical(given))
"""
REWRITE = """
from django.db import IntegrityError
from portal.submissions.models import Record, Transition
for rows in (Record.objects.all(), Transition.objects.all()):
    for change in (lambda: rows.update(note="x") if rows.model is Transition
                   else rows.update(reason="x"), rows.delete):
        try:
            change()
        except IntegrityError as error:
            print("only ever added" in str(error))
"""
LOG = """
from portal.courses.models import Edition
from portal.dashboards.log import entries, keys
for entry in entries(keys(Edition.objects.get(), person="Tina")[:5]):
    print(entry.person.username, entry.deed, entry.detail, entry.reason)
"""


def test_one_content_has_one_text_whatever_postgres_makes_of_it(portal: Portal) -> None:
    assert portal.shell(NUMBERS).strip() == "True"


def test_postgres_refuses_to_change_history(portal: Portal) -> None:
    portal.submit("alice", portal.repository("history", WELL))
    assert portal.shell(REWRITE).split() == ["True"] * 4


def test_a_verdict_is_audited_and_scored_again(portal: Portal, tmp_path: Path) -> None:
    attempt = str(portal.submit("charlie", portal.repository("audited", WELL)))
    assert f"Attempt {attempt} holds." in manage(portal.environment, "audit_attempt", attempt)
    lab = shutil.copytree(SHELF, tmp_path / "shelf") / "hello"
    for name in ("lab.yaml", "test_acceptance.py"):
        text = (lab / name).read_text()
        (lab / name).write_text(re.sub("(?<!not yet )proficient", "able", text))
    other = dict(portal.environment) | {"PORTAL_SHELF": str(lab.parent)}
    said = manage(other, "rescore", "--by", "tina", "--reason", "a better word")
    assert f"attempt {attempt}: manners: proficient → able" in said.splitlines()
    assert "tina scored again manners: proficient → able a better word" in portal.shell(LOG)
    assert "Record 2 of 2" in manage(other, "audit_attempt", attempt)
    portal.shell(
        "from portal.submissions.models import Attempt;"
        f"Attempt.objects.filter(pk={attempt}).update(levels={{'manners': 'expert'}})"
    )
    with pytest.raises(RuntimeError, match="The row was changed since it was signed: levels"):
        manage(portal.environment, "audit_attempt", attempt)


def test_a_broker_that_dies_takes_no_worker_with_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What a worker does once its broker is gone while a bell is in its hands."""
    with redis(tmp_path / "redis") as url:
        connection = app.connection_for_read(url)
        queue = connection.SimpleQueue(GRADE_QUEUE)
        Consumer(connection.channel(), [Queue("control")]).consume()  # a worker hears this, too
        app.send_task("grader.grade", connection=connection)
        bell = queue.get(timeout=10)
        with pytest.raises(queue.Empty):
            queue.get(timeout=0.2)  # it listens for the next one
    connection.collect(socket_timeout=1)
    connection.close()
    bell.ack()
    assert "restore" not in caplog.text.lower(), "nothing is tried that cannot work"


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
