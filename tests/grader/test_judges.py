"""The pool of judges: each serves one attempt, and none is left behind."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from grader import judges as judges_module
from grader.engine import NO_NETWORK
from grader.judges import Judge, JudgePool
from lab_specs.faults import Code, PlatformFault
from tests.grader.fake_engine import FakeEngine
from tests.grader.labs import make_lab

LAB = make_lab()


class Watched(FakeEngine):
    """Counts starts and removals, can be told to fail, and says when something was done."""

    def __init__(self) -> None:
        super().__init__()
        self.failures = 0  # this many starts fail from now on
        self.changed = threading.Condition()

    def start_attached(self, **given: Any) -> Any:
        with self.changed:
            self.changed.notify_all()
            if self.failures:
                self.failures -= 1
                raise PlatformFault(Code.ENGINE_UNAVAILABLE, problem="busy")
        made = super().start_attached(**given)
        with self.changed:
            self.changed.notify_all()
        return made

    def until_running(self, number: int) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.containers) == number, 20)

    def until_no_failure(self) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: self.failures == 0, 20)


@pytest.fixture
def engine() -> Watched:
    return Watched()


@pytest.fixture
def pool(engine: Watched) -> Iterator[JudgePool]:
    pool = JudgePool(engine, "judge:1", spares=1, labels={"mlops.worker": "w"})
    yield pool
    pool.close()


def test_a_judge_is_started_as_it_must_be(pool: JudgePool, engine: Watched) -> None:
    judge = pool.take(LAB)
    started = next(one for one in engine.started if one is engine.containers[judge.container])
    assert started.image == "judge:1"
    assert started.labels == {"mlops.worker": "w", "mlops.role": "judge"}
    assert started.limits.user == "10002:10002"
    assert started.limits.network == NO_NETWORK
    assert {mount.at: (mount.volume, mount.read_only) for mount in started.mounts} == {
        "/volumes/data": (judge.volumes["data"], False),
        "/volumes/out": (judge.volumes["out"], False),
    }
    size, labels = engine.volumes[judge.volumes["out"]]
    assert size == 64
    assert float(labels["mlops.deadline"]) == started.limits.deadline
    pool.discard(judge)


def test_a_spare_waits_and_is_taken_once(pool: JudgePool, engine: Watched) -> None:
    pool.warm(LAB)
    engine.until_running(1)
    waiting = set(engine.containers)
    taken = [pool.take(LAB) for _ in range(3)]
    assert taken[0].container in waiting
    assert len({judge.container for judge in taken}) == 3
    for judge in taken:
        pool.discard(judge)


def test_taking_one_starts_the_next(pool: JudgePool, engine: Watched) -> None:
    first = pool.take(LAB)
    engine.until_running(2)
    second = pool.take(LAB)
    assert first.container != second.container
    engine.until_running(3)
    pool.discard(first)
    pool.discard(second)


def test_warming_twice_starts_no_more(pool: JudgePool, engine: Watched) -> None:
    pool.warm(LAB, 2)
    pool.warm(LAB, 2)
    engine.until_running(2)
    pool.close()
    assert len(engine.started) == 2


def test_no_spares_means_none(engine: Watched) -> None:
    pool = JudgePool(engine, "judge:1", spares=0, labels={})
    judge = pool.take(LAB)
    pool.discard(judge)
    pool.close()
    assert len(engine.started) == 1


def test_a_lab_with_other_volumes_gets_judges_of_its_own(pool: JudgePool, engine: Watched) -> None:
    pool.warm(LAB)
    engine.until_running(1)
    judge = pool.take(make_lab(volumes={}))
    assert judge.volumes == {}
    pool.discard(judge)


def test_discarding_removes_first_what_depends_on_it(pool: JudgePool, engine: Watched) -> None:
    judge = pool.take(LAB)
    seen = []

    def first() -> None:
        seen.append((judge.container in engine.containers, set(judge.volumes.values())))

    pool.discard(judge, first)
    pool.close()
    assert seen == [(True, set(judge.volumes.values()))]
    gone = engine.removed
    assert gone.index(judge.container) < min(gone.index(v) for v in judge.volumes.values())
    with pytest.raises(PlatformFault):
        judge.pipe.send(b"anybody?\n")


def test_what_fails_before_keeps_the_judge_no_longer(pool: JudgePool, engine: Watched) -> None:
    judge = pool.take(LAB)

    def first() -> None:
        raise PlatformFault(Code.ENGINE_UNAVAILABLE, problem="busy")

    pool.discard(judge, first)
    pool.close()
    assert engine.containers == {}
    assert engine.volumes == {}


def test_closing_leaves_nothing(engine: Watched) -> None:
    pool = JudgePool(engine, "judge:1", spares=3, labels={})
    pool.warm(LAB, 3)
    pool.discard(pool.take(LAB))
    pool.close()
    assert engine.containers == {}
    assert engine.volumes == {}
    pool.warm(LAB)
    assert len(engine.started) == len(engine.removed) - len(LAB.file.volumes) * len(engine.started)


def test_a_judge_is_discarded_even_after_the_pool_was_closed(engine: Watched) -> None:
    pool = JudgePool(engine, "judge:1", spares=0, labels={})
    judge = pool.take(LAB)
    pool.close()
    pool.discard(judge)
    assert engine.containers == {}
    assert engine.volumes == {}


def test_a_spare_that_waited_too_long_is_replaced(
    pool: JudgePool, engine: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool.warm(LAB)
    engine.until_running(1)
    old = next(iter(engine.containers))
    monkeypatch.setattr(judges_module, "SPARE_LIFE", -1.0)
    judge = pool.take(LAB)
    assert judge.container != old
    pool.discard(judge)
    pool.close()
    assert old in engine.removed


def test_a_start_that_fails_is_told_to_the_taker(engine: Watched) -> None:
    pool = JudgePool(engine, "judge:1", spares=0, labels={})
    engine.failures = 1
    with pytest.raises(PlatformFault) as caught:
        pool.take(LAB)
    assert caught.value.code is Code.ENGINE_UNAVAILABLE
    assert engine.volumes == {}, "volumes of a judge that never started"
    judge: Judge = pool.take(LAB)
    pool.discard(judge)
    pool.close()
    assert engine.containers == {}


def test_a_spare_that_failed_is_tried_again(pool: JudgePool, engine: Watched) -> None:
    engine.failures = 1
    pool.warm(LAB)
    engine.until_no_failure()
    judge = pool.take(LAB)
    assert judge.container in engine.containers
    pool.discard(judge)
