"""The worker's tools are made once, and its second clock never stops."""

import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import SimpleNamespace

import pytest
from billiard.context import Process
from django.utils import timezone

from grader import worker
from lab_specs.faults import Code, PlatformFault
from portal.celery_app import GRADE_QUEUE
from portal.submissions.states import State
from tests.conftest import Bell, Ring
from tests.factories import AttemptFactory
from tests.grader.fake_engine import FakeEngine, limits


class Engine(FakeEngine):
    """One that counts how often it is made, and can be out of order."""

    made = 0
    trouble: Exception | None = None

    def __init__(self, house: str) -> None:
        super().__init__()
        assert len(house) == 16, "nothing would tell our containers from another portal's"
        type(self).made += 1
        threading.Event().wait(0.05)  # making one takes a while: others ask meanwhile

    def sweep(self, now: float) -> int:
        if self.trouble:
            raise self.trouble
        return super().sweep(now)


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Engine]]:
    class Fresh(Engine):
        pass

    monkeypatch.setattr(worker, "DockerEngine", Fresh)
    worker._tools.cache_clear()
    yield Fresh
    worker.put_away()
    worker._tools.cache_clear()


def test_many_threads_share_one_set_of_tools(engine: type[Engine]) -> None:
    with ThreadPoolExecutor(8) as hands:
        got = list(hands.map(lambda _: worker.tools(), range(8)))
    assert engine.made == 1
    assert len({id(one) for one in got}) == 1


def test_a_sweep_removes_what_is_late() -> None:
    tools = worker.tools()
    assert isinstance(tools.engine, Engine)
    container, _ = tools.engine.start_attached(
        image="i", mounts=(), labels={}, limits=limits(deadline=1.0)
    )
    worker.sweep()
    assert tools.engine.removed == [container]


@pytest.mark.django_db
def test_a_sweep_removes_what_nobody_holds() -> None:
    tools = worker.tools()
    assert isinstance(tools.engine, Engine)
    labels = {"mlops.token": "nobody's", "mlops.role": "student"}
    container, _ = tools.engine.start_attached(image="i", mounts=(), labels=labels, limits=limits())
    worker.sweep()
    assert tools.engine.removed == [container]


@pytest.mark.django_db
def test_a_sweep_finds_what_was_lost(bell: Bell, monkeypatch: pytest.MonkeyPatch) -> None:
    past = timezone.now() - timedelta(seconds=1)
    lost = AttemptFactory(state=State.BUILDING, lease_until=past)
    monkeypatch.setattr(worker, "close_old_connections", lambda: None)
    worker.sweep()
    lost.refresh_from_db()
    assert (lost.state, lost.retries) == (State.QUEUED, 1)
    assert bell.rings() == [Ring("grader.grade", {})]


def test_a_sweep_without_the_database_goes_on(
    engine: type[Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "reconcile", lambda *_: 1 / 0)
    worker.sweep()


@pytest.mark.parametrize(
    "trouble", [PlatformFault(Code.ENGINE_UNAVAILABLE, problem="gone"), ValueError("odd label")]
)
def test_a_sweep_that_fails_is_tried_again(trouble: Exception, engine: type[Engine]) -> None:
    engine.trouble = trouble
    worker.sweep()
    engine.trouble = None
    worker.sweep()


def test_the_cache_is_kept_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADER_CACHE_GB", "0")
    worker.settings.cache_clear()
    tools = worker.tools()
    assert isinstance(tools.engine, Engine)
    tools.engine.build_cache = 7
    worker.trim_cache()
    worker.settings.cache_clear()
    assert tools.engine.build_cache == 0


def test_a_cache_that_cannot_be_trimmed_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "trim", lambda *_: 1 / 0)
    worker.trim_cache()


def test_only_a_worker_that_grades_starts_judges(engine: type[Engine]) -> None:
    queues = SimpleNamespace(consume_from={"other": None})
    worker.prepare(SimpleNamespace(app=SimpleNamespace(amqp=SimpleNamespace(queues=queues))))
    assert engine.made == 0
    assert GRADE_QUEUE not in queues.consume_from


def test_putting_away_makes_nothing_first(engine: type[Engine]) -> None:
    worker.put_away()
    assert engine.made == 0


@pytest.mark.parametrize("stopping", [False, True])
def test_a_helper_ends_when_its_clock_dies(
    monkeypatch: pytest.MonkeyPatch, *, stopping: bool
) -> None:
    sent = list[tuple[int, int]]()
    ended = threading.Event()
    monkeypatch.setattr(os, "kill", lambda *words: (sent.append(words), ended.set()))
    monkeypatch.setattr(worker, "STOPPING", threading.Event())
    if stopping:
        worker.stop_waiting()
    clock = Process(target=str)
    clock.start()
    worker.end_with_the_clock(SimpleNamespace(controller=SimpleNamespace(beat=clock)))
    assert ended.wait(0.5 if stopping else 10) is not stopping
    assert sent == [] if stopping else [(os.getpid(), signal.SIGTERM)]
