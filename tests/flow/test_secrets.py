"""Secrets are planted in every setting that takes one; the whole story of a submission runs."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from redis import Redis

from portal.env import Env
from script.tools.portal import ROOT, Portal, running
from tests.flow.test_one_submission import BADLY, WELL
from tests.flow.test_services import postgres, redis

pytestmark = [pytest.mark.docker, pytest.mark.services, pytest.mark.timeout(300)]
PLANTED = {
    "PORTAL_SECRET_KEY": "planted-secret-key-0123456789-0123456789",
    "PORTAL_SIGNING_KEY": "planted-signing-key-0123456789-0123456789",
    "PORTAL_DATABASE_URL": "planted-database-password",
    "PORTAL_BROKER_URL": "planted-broker-password",
    "PORTAL_GITHUB_TOKEN": "planted-github-token-0123456789",
    "PORTAL_GITHUB_CLIENT_SECRET": "planted-github-client-secret-0123456789",
}
NO_GITHUB = {
    "PORTAL_GITHUB_URL": "https://127.0.0.1:1",
    "PORTAL_GITHUB_API": "https://127.0.0.1:1/api/v3",
    "PORTAL_GITHUB_CLIENT_ID": "a-client",
}
TOKEN = "ghp_planted0123456789"
WRONG = "wrong-password-that-somebody-typed"


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    folder = tmp_path_factory.mktemp("secrets")
    given = PLANTED | NO_GITHUB
    with postgres(folder / "postgres") as database, redis(folder / "redis") as broker:
        Redis.from_url(broker).config_set("requirepass", PLANTED["PORTAL_BROKER_URL"])
        for name, url, user in (
            ("PORTAL_DATABASE_URL", database, "portal"),
            ("PORTAL_BROKER_URL", broker, ""),
        ):
            scheme, _, rest = url.partition("://")
            given[name] = f"{scheme}://{user}:{PLANTED[name]}@{rest.rpartition('@')[2]}"
        with running(folder / "portal", **given) as one:
            yield one


def test_every_setting_that_takes_a_secret_is_planted() -> None:
    takes = {name for name, field in Env.model_fields.items() if "Secret" in str(field.annotation)}
    assert {f"PORTAL_{name.upper()}" for name in takes} == set(PLANTED)


def test_no_secret_is_shown_anywhere(portal: Portal) -> None:
    with pytest.raises(PermissionError):
        Portal.visitor(
            Portal(portal.base, WRONG, portal.environment, portal.repositories, portal.server),
            "alice",
        )
    attempts = [
        portal.submit("alice", portal.repository(name, files))
        for name, files in (("well", WELL), ("badly", BADLY))
    ]
    assert [portal.attempt(each)["verdict"] for each in attempts] == ["passed", "failed"]
    with portal.visitor("alice") as alice, portal.visitor("tina") as tina:
        for link in (f"https://alice:{TOKEN}@github.com/alice/x", f"file://u:{TOKEN}@host/x"):
            with pytest.raises(httpx.HTTPStatusError):
                alice.look_up(portal.project(), "hello", link)
        paths = ["/", f"/projects/{portal.project()}/", *(f"/attempts/{a}/" for a in attempts)]
        shown = [who.get(path).text for who in (alice, tina) for path in paths]
    shown.append(
        portal.shell(
            "from django.core.management import call_command;call_command('dumpdata', '--all')"
        )
    )
    shown.append(unreachable(portal))
    logs = {
        path: path.read_text() for path in Path(portal.environment["PORTAL_VAR"]).rglob("*.log")
    }
    assert {"web.log", "grader.log", "helper.log"} <= {path.name for path in logs}
    for secret in (*PLANTED.values(), TOKEN, WRONG, portal.password):
        assert [path for path, text in logs.items() if secret in text] == []
        assert [page for page in shown if secret in page] == []


def unreachable(portal: Portal) -> str:
    """What a command says when the database does not answer."""
    url = f"postgresql://portal:{PLANTED['PORTAL_DATABASE_URL']}@127.0.0.1:1/postgres"
    done = subprocess.run(
        [sys.executable, "manage.py", "migrate"],
        cwd=ROOT,
        env={**portal.environment, "PORTAL_DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "127.0.0.1" in done.stderr
    return done.stdout + done.stderr
