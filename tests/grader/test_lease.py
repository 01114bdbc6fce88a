"""One heart for all attempts of a worker."""

import threading
from typing import Any
from uuid import UUID, uuid4

import pytest

from grader.lease import Heart, Lease


class Database:
    """Says of each lease whether it holds; wakes up whoever waits for a beat."""

    def __init__(self) -> None:
        self.beats: list[tuple[int, UUID]] = []
        self.rests = 0
        self.threads: set[str] = set()
        self.answers: dict[int, bool | Exception] = {}
        self.rest_fails = False
        self.changed = threading.Condition()

    def beat(self, *, attempt_id: int, token: UUID) -> bool:
        with self.changed:
            self.beats.append((attempt_id, token))
            self.threads.add(threading.current_thread().name)
            self.changed.notify_all()
        answer = self.answers.get(attempt_id, True)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def rest(self) -> None:
        with self.changed:
            self.rests += 1
            self.changed.notify_all()
        if self.rest_fails:
            raise OSError("the connection was gone already")

    def until(self, holds: Any) -> None:
        with self.changed:
            assert self.changed.wait_for(holds, 20)


def heart(database: Database, every: float = 3600) -> Heart:
    return Heart(database.beat, every=every, rest=database.rest)


def test_a_lease_is_renewed_while_it_is_kept() -> None:
    database, token = Database(), uuid4()
    beating = heart(database)
    with beating.keep(7, token) as lease:
        beating.renew()
        assert lease == Lease(7, token, lost=False)
    beating.renew()
    assert database.beats == [(7, token)]


def test_a_lease_that_is_gone_is_lost_for_good() -> None:
    database = Database()
    beating = heart(database)
    with beating.keep(1, uuid4()) as lost, beating.keep(2, uuid4()) as kept:
        database.answers[1] = False
        beating.renew()
        database.answers[1] = True
        beating.renew()
        assert (lost.lost, kept.lost) == (True, False)


def test_a_database_that_does_not_answer_loses_no_lease() -> None:
    database = Database()
    beating = heart(database)
    with beating.keep(1, uuid4()) as first, beating.keep(2, uuid4()) as second:
        database.answers[1] = OSError("no route")
        beating.renew()
        assert (first.lost, second.lost) == (False, False)
        assert [attempt for attempt, _ in database.beats] == [1, 2]


def test_the_lease_is_let_go_when_the_attempt_breaks() -> None:
    database = Database()
    beating = heart(database)
    with pytest.raises(ZeroDivisionError), beating.keep(1, uuid4()):
        raise ZeroDivisionError
    beating.renew()
    assert database.beats == []


def test_one_thread_beats_for_all_and_lets_go_of_its_connection() -> None:
    database = Database()
    beating = heart(database, every=0.01)
    with beating.keep(1, uuid4()), beating.keep(2, uuid4()):
        database.until(lambda: database.rests >= 2)
    assert {attempt for attempt, _ in database.beats} == {1, 2}
    assert database.threads == {"heart"}


def test_the_heart_beats_on_whatever_fails() -> None:
    database = Database()
    database.answers[1] = OSError("no route")
    database.rest_fails = True
    beating = heart(database, every=0.01)
    with beating.keep(1, uuid4()):
        database.until(lambda: len(database.beats) >= 3 and database.rests >= 2)


def test_a_heart_without_leases_stops_and_starts_again() -> None:
    database = Database()
    beating = heart(database, every=0.01)
    for attempt in (1, 2):
        with beating.keep(attempt, uuid4()):
            database.until(lambda attempt=attempt: attempt in {one for one, _ in database.beats})
            thread = beating._thread
        assert thread is not None
        thread.join(20)
        assert not thread.is_alive()
