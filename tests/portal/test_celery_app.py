"""The clock that has lost work looked for."""

from pathlib import Path

import pytest
from celery.beat import Service
from celery.worker.worker import WorkController

from portal.celery_app import app


def test_the_clock_keeps_nothing_that_a_power_cut_could_spoil(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    worker = WorkController(app=app, pool_cls="solo")  # a worker with a clock asks it like this
    clock = Service(
        app, scheduler_cls=worker.scheduler, schedule_filename=worker.schedule_filename
    ).get_scheduler()
    clock.sync()
    assert "reap" in clock.schedule
    clock.close()
    assert list(tmp_path.iterdir()) == []
