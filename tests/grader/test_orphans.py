"""What belongs to nobody goes, and nothing else: in memory, and with real containers."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from uuid import uuid4

import pytest

from grader import orphans
from grader.docker_engine import DockerEngine
from grader.engine import Engine, Mount
from grader.judges import JudgePool
from grader.orphans import reconcile
from lab_specs.faults import Code, PlatformFault
from tests.grader.fake_engine import FakeEngine, Script, limits
from tests.grader.labs import make_lab

BASE = "mlops-python:3.11"
STAY = ("sleep", "600")
DEAD = {"mlops.attempt": "7", "mlops.token": "lost", "mlops.role": "student"}
LIVE = DEAD | {"mlops.token": "held"}
LAPTOP = {"mlops.attempt": "laptop-1", "mlops.role": "student"}


def start(engine: Engine, labels: dict[str, str], *mounts: Mount) -> str:
    return engine.start(
        image=BASE, command=STAY, env={}, mounts=mounts, labels=labels, limits=limits()
    )


def there(engine: Engine) -> set[str]:
    return {one.id for one in engine.belongings()}


@pytest.fixture
def fake() -> FakeEngine:
    return FakeEngine({STAY: Script(exit_code=None)})


@pytest.fixture(
    params=["fake", pytest.param("docker", marks=pytest.mark.docker)],
)
def engine(request: pytest.FixtureRequest, fake: FakeEngine) -> Iterator[Engine]:
    """A portal of its own, on an engine that others use at the same time."""
    if request.param == "fake":
        yield fake
        return
    engine = DockerEngine(house=uuid4().hex)
    yield engine
    for one in sorted(engine.belongings(), key=lambda one: one.is_volume):
        engine.remove_volume(one.id) if one.is_volume else engine.remove(one.id)


def test_what_a_lost_lease_left_goes_and_the_rest_stays(engine: Engine) -> None:
    lost = {start(engine, DEAD), start(engine, DEAD)}
    idle = engine.create_volume(size_mb=1, labels=DEAD)
    kept = {start(engine, LIVE), start(engine, LAPTOP)}
    kept |= {engine.create_volume(size_mb=1, labels=labels) for labels in (LIVE, LAPTOP)}
    assert there(engine) == lost | kept | {idle}
    assert reconcile(engine, lambda: {"held"}) == 3
    assert there(engine) == kept
    assert reconcile(engine, lambda: {"held"}) == 0


def test_a_judge_that_ended_goes_with_its_volumes(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = JudgePool(engine, "mlops-judge:latest", spares=0, labels={"mlops.worker": "w"})
    done, waiting = pool.take(make_lab()), pool.take(make_lab())
    student = start(engine, DEAD, Mount(volume=done.volumes["out"], at="/out", read_only=False))
    done.pipe.close()  # all that the engine sees of a worker that dies
    assert engine.wait(done.container, 30)
    assert reconcile(engine, lambda: {"lost"}) == 0, "its worker may just be reading its log"
    monkeypatch.setattr(orphans, "JUDGE_IDLE_SECONDS", -1.0)
    assert reconcile(engine, set) == 2
    assert there(engine) == {waiting.container}, f"{student} let go of the volume first"
    pool.discard(done)
    pool.discard(waiting)
    pool.close()
    assert there(engine) == set()


def test_the_database_is_asked_after_the_engine(fake: FakeEngine) -> None:
    """An attempt that is claimed and started while we look is nobody's orphan."""

    def claimed_meanwhile() -> set[str]:
        start(fake, LIVE)
        return set()

    assert reconcile(fake, claimed_meanwhile) == 0
    assert len(fake.containers) == 1


def test_without_the_database_nothing_goes(fake: FakeEngine) -> None:
    start(fake, DEAD)

    def fail() -> set[str]:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        reconcile(fake, fail)
    assert len(fake.containers) == 1


def test_one_that_cannot_be_removed_keeps_no_other(
    fake: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck, other = start(fake, DEAD), start(fake, DEAD)
    remove = fake.remove

    def busy(container: str) -> None:
        if container == stuck:
            raise PlatformFault(Code.ENGINE_UNAVAILABLE, problem="busy")
        remove(container)

    monkeypatch.setattr(fake, "remove", busy)
    assert reconcile(fake, set) == 1
    assert fake.removed == [other]


@pytest.mark.docker
def test_another_portal_on_the_same_engine_is_left_alone() -> None:
    mine, theirs = DockerEngine(house=uuid4().hex), DockerEngine(house=uuid4().hex)
    container = start(theirs, DEAD)
    try:
        assert reconcile(mine, set) == 0
        assert there(mine) == set()
        assert reconcile(theirs, set) == 1
        assert there(theirs) == set()
    finally:
        theirs.remove(container)


WORKER = """
import sys, time
from grader.docker_engine import DockerEngine
from grader.judges import JudgePool
from tests.grader.labs import make_lab
pool = JudgePool(DockerEngine(house=sys.argv[1]), "mlops-judge:latest", spares=0, labels={})
print(pool.take(make_lab()).container, flush=True)
time.sleep(60)
"""


@pytest.mark.docker
def test_a_judge_ends_by_itself_when_its_worker_is_killed() -> None:
    house = uuid4().hex
    engine = DockerEngine(house=house)
    command = [sys.executable, "-c", WORKER, house]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout is not None
        judge = worker.stdout.readline().strip()
        assert there(engine) == {judge}
        assert engine.wait(judge, 2) is False
        os.kill(worker.pid, signal.SIGKILL)
    began = time.monotonic()
    assert engine.wait(judge, 30)
    assert time.monotonic() - began < 10
    (left,) = engine.belongings()
    assert left.idle_seconds is not None
    engine.remove(judge)
    for volume in left.volumes:
        engine.remove_volume(volume)
