"""The clock that has lost work looked for."""

from pathlib import Path

from celery.beat import Service
from django.conf import settings

from portal.celery_app import app


def test_the_clock_keeps_nothing_that_a_power_cut_could_spoil() -> None:
    files = set(Path(settings.VAR).iterdir())
    clock = Service(app).get_scheduler()
    clock.sync()
    assert "reap" in clock.schedule
    assert set(Path(settings.VAR).iterdir()) == files
    clock.close()
