"""How the portal starts, and what it tells the browser."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from portal.env import BASE

pytestmark = pytest.mark.slow

SHOW = """
import json, django
django.setup()
from django.conf import settings as s
names = ("DEBUG SESSION_COOKIE_SECURE CSRF_COOKIE_SECURE SECURE_SSL_REDIRECT"
         " SECURE_HSTS_SECONDS BROKER_URL").split()
print(json.dumps({n: getattr(s, n) for n in names}))
import logging
logging.getLogger("portal").warning("a line")
"""


def start(tmp_path: Path, code: str = SHOW, **variables: str) -> subprocess.CompletedProcess[str]:
    """Start a fresh portal with these variables alone, and let it show its settings."""
    environ = {name: value for name, value in os.environ.items() if "PORTAL_" not in name}
    environ |= {"PORTAL_VAR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "portal.settings"}
    return subprocess.run(
        [sys.executable, "-c", code],
        env=environ | variables,
        cwd=BASE,
        text=True,
        capture_output=True,
        check=False,
    )


def test_a_real_portal_keeps_to_https_and_logs_json(tmp_path: Path) -> None:
    keys = {"PORTAL_SECRET_KEY": "k" * 40, "PORTAL_SIGNING_KEY": "s" * 40}
    shown = start(tmp_path, **keys, PORTAL_BROKER_URL="redis://r:6379/1")
    assert json.loads(shown.stdout) == {
        "DEBUG": False,
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
        "SECURE_SSL_REDIRECT": True,
        "SECURE_HSTS_SECONDS": 31_536_000,
        "BROKER_URL": "redis://r:6379/1",
    }
    line = json.loads(shown.stderr)
    assert (line["event"], line["level"], line["logger"]) == ("a line", "warning", "portal")


def test_a_demo_runs_over_plain_http(tmp_path: Path) -> None:
    shown = json.loads(start(tmp_path, PORTAL_DEMO="1").stdout)
    assert shown["SECURE_SSL_REDIRECT"] is False
    assert shown["SESSION_COOKIE_SECURE"] is False
    assert shown["DEBUG"] is False


def test_without_a_key_it_does_not_start_and_says_why(tmp_path: Path) -> None:
    shown = start(tmp_path)
    assert shown.returncode != 0
    assert "PORTAL_SECRET_KEY: needed" in shown.stderr
    assert "PORTAL_SIGNING_KEY: needed" in shown.stderr


@pytest.mark.django_db
def test_the_database_is_in_wal_mode_and_waits_for_its_lock() -> None:
    with connection.cursor() as cursor:
        found = {
            name: cursor.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "busy_timeout", "foreign_keys")
        }
    assert found == {
        "journal_mode": "wal",
        "synchronous": 1,
        "busy_timeout": 20_000,
        "foreign_keys": 1,
    }


VISIT = """
import json, django
django.setup()
from django.core.management import call_command
from django.test import Client
call_command("check", deploy=True, fail_level="WARNING")
call_command("collectstatic", interactive=False, verbosity=0)
call_command("migrate", "github", verbosity=0)  # the page asks whether GitHub is set up
answer = Client().get("/login/", secure=True, headers={"host": "portal.example"})
cookie = answer.cookies["csrftoken"]
plain = Client().get("/login/", headers={"host": "portal.example"})
names = ("secure", "httponly", "samesite")
print(json.dumps([answer.status_code, dict(answer.headers), {n: cookie[n] for n in names},
                  plain.status_code, plain.headers["Location"]]))
"""


def test_a_real_portal_is_ready_to_deploy_and_says_so_to_browsers(tmp_path: Path) -> None:
    shown = start(
        tmp_path,
        VISIT,
        PORTAL_SECRET_KEY="abcdefghij" * 6,
        PORTAL_SIGNING_KEY="s" * 40,
        PORTAL_ALLOWED_HOSTS="portal.example",
    )
    assert shown.returncode == 0, shown.stderr
    status, headers, cookie, plain, leads = json.loads(shown.stdout.splitlines()[-1])
    assert status == 200
    assert headers["Strict-Transport-Security"] == "max-age=31536000"
    assert cookie == {"secure": True, "httponly": True, "samesite": "Lax"}
    assert (plain, leads) == (301, "https://portal.example/login/")
