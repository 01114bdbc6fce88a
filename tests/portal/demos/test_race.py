"""Two students never get one slot, and nobody gets two of what is given once."""

import os
from pathlib import Path

import pytest

from script.tools.portal import manage
from tests.flow.test_services import postgres
from tests.portal.demos import race

SCRIPT = """
from django.db import connection
from tests.portal.demos import race
print(connection.vendor, race.broken(race.run()))
"""


@pytest.mark.rule("HOG-20")
@pytest.mark.rule("HOG-23")
@pytest.mark.django_db(transaction=True)
def test_nobody_shares_a_slot() -> None:
    assert race.broken(race.run()) == []


@pytest.mark.slow
@pytest.mark.services
def test_nobody_shares_a_slot_on_postgresql(tmp_path: Path) -> None:
    ours = ("PORTAL_", "DJANGO_")
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
    (tmp_path / "var").mkdir()
    with postgres(tmp_path / "postgres") as database:
        environment = inherited | {
            "PORTAL_DEMO": "1",
            "PORTAL_VAR": str(tmp_path / "var"),
            "PORTAL_DATABASE_URL": database,
        }
        manage(environment, "migrate", "--verbosity", "0")
        told = manage(environment, "shell", "--verbosity", "0", "--command", SCRIPT)
        assert told.strip() == "postgresql []"
