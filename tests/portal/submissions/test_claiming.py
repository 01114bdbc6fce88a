"""Who is taken next, by many workers at once, in few queries, and as the page has told it."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from lab_specs.report import Verdict
from portal.courses.models import MiniProject
from portal.submissions import domain, queries, workers
from portal.submissions.domain import Claimed
from portal.submissions.lanes import Lane
from portal.submissions.models import Attempt, Submission
from portal.submissions.states import State
from portal.submissions.waiting import expected_wait, queue_position
from tests.factories import (
    MOMENT,
    AttemptFactory,
    MiniProjectFactory,
    SubmissionFactory,
    TeamFactory,
)


def queued(mini_project: MiniProject, seconds: int, **how: Any) -> Attempt:
    work = SubmissionFactory(mini_project=mini_project)
    return AttemptFactory(submission=work, queued_at=MOMENT + timedelta(seconds=seconds), **how)


def claim() -> int | None:
    claimed = domain.claim_next(worker="w", lease_seconds=60)
    return claimed.attempt_id if claimed else None


@pytest.fixture
def courses(db: None) -> list[Attempt]:
    """Two courses: four pieces of work in the first, then two in the second, and a re-run."""
    large, small = MiniProjectFactory(), MiniProjectFactory()
    return [
        *(queued(large, seconds) for seconds in range(4)),
        *(queued(small, seconds) for seconds in (10, 11)),
        queued(small, 0, priority=Lane.RERUN),
    ]


def test_nothing_waits_nothing_is_taken(db: None) -> None:
    assert claim() is None


def test_courses_take_turns_while_nothing_ends(courses: list[Attempt]) -> None:
    a, b, c, d, x, y, again = (attempt.pk for attempt in courses)
    assert [claim() for _ in range(8)] == [a, x, b, y, c, d, again, None]


def test_courses_take_turns_with_a_single_worker(courses: list[Attempt]) -> None:
    a, b, c, d, x, y, again = (attempt.pk for attempt in courses)
    taken = []
    while claimed := domain.claim_next(worker="w", lease_seconds=60):
        taken.append(claimed.attempt_id)
        domain.record(attempt_id=claimed.attempt_id, token=claimed.token, verdict=Verdict.PASSED)
    assert taken == [a, x, b, y, c, d, again]


def test_the_position_that_was_told_is_the_one_that_is_kept(courses: list[Attempt]) -> None:
    now = timezone.now()
    told = {queue_position(attempt, now=now): attempt.pk for attempt in courses}
    assert [told[place + 1] for place in range(len(courses))] == [claim() for _ in courses]


def test_the_wait_that_was_told_is_the_one_that_comes(courses: list[Attempt]) -> None:
    """Also for who hands in behind a large course and before a re-run that was queued earlier."""
    begun, takes = MOMENT + timedelta(hours=3), timedelta(seconds=20)
    AttemptFactory(
        state=State.DONE, verdict=Verdict.PASSED, started_at=MOMENT, finished_at=MOMENT + takes
    )
    with time_machine.travel(begun, tick=False) as clock:
        workers.tell(name="w", slots=1)
        told = {attempt.pk: expected_wait(attempt, now=begun).seconds for attempt in courses}
        came = {}
        while claimed := domain.claim_next(worker="w", lease_seconds=60):
            clock.shift(takes)
            domain.record(
                attempt_id=claimed.attempt_id, token=claimed.token, verdict=Verdict.PASSED
            )
            came[claimed.attempt_id] = (timezone.now() - begun).total_seconds()
    assert came == told
    assert sorted(came.values()) == [20, 40, 60, 80, 100, 120, 140]


def test_a_course_that_runs_nothing_goes_before_one_that_runs_something(db: None) -> None:
    busy, idle = MiniProjectFactory(), MiniProjectFactory()
    AttemptFactory(submission=SubmissionFactory(mini_project=busy), state=State.RUNNING)
    first, second = queued(busy, 0), queued(idle, 99)
    assert [claim(), claim()] == [second.pk, first.pk]


def test_a_team_waits_for_its_turn_within_its_course(mini_project: MiniProject) -> None:
    team = TeamFactory(edition=mini_project.edition)
    other = MiniProjectFactory(edition=mini_project.edition)
    for project in (mini_project, other):
        work = SubmissionFactory(mini_project=project, team=team)
        AttemptFactory(submission=work, queued_at=MOMENT)
    late = queued(mini_project, 60)
    claim()
    assert claim() == late.pk


@pytest.mark.parametrize("waiting", [1, 30])
def test_claiming_takes_as_many_queries_for_one_as_for_many(
    waiting: int, mini_project: MiniProject, django_assert_num_queries: Callable[..., Any]
) -> None:
    for seconds in range(waiting):
        queued(mini_project, seconds)
    # What waits, who had a turn, whether GitHub is to know; the rest is one `move`
    with django_assert_num_queries(8):
        assert claim() is not None


def test_a_bell_too_many_costs_one_query(
    db: None, django_assert_num_queries: Callable[..., Any]
) -> None:
    with django_assert_num_queries(1):
        assert claim() is None


def test_who_is_too_late_gets_the_next_one(
    mini_project: MiniProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = queued(mini_project, 0), queued(mini_project, 1)
    seen = queries.in_line(now=timezone.now())
    monkeypatch.setattr(queries, "in_line", lambda **_: seen)  # both looked at once
    assert [claim(), claim(), claim()] == [first.pk, second.pk, None]


def test_the_tries_are_bounded(mini_project: MiniProject, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(domain, "CLAIM_TRIES", 2)
    for seconds in range(3):
        queued(mini_project, seconds)
    seen = queries.in_line(now=timezone.now())
    monkeypatch.setattr(queries, "in_line", lambda **_: seen)
    assert [claim() is None for _ in range(3)] == [False, False, True]


@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_take_each_attempt_once() -> None:
    attempts = {AttemptFactory().pk for _ in range(4)}
    start, claims = Barrier(6), list[Claimed | None]()

    def worker(name: str) -> None:
        start.wait()
        try:
            claims.append(domain.claim_next(worker=name, lease_seconds=60))
        finally:
            connection.close()

    threads = [Thread(target=worker, args=(f"w{number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = [each for each in claims if each is not None]
    assert len(claims) == 6
    assert len(taken) == len(attempts)
    assert {each.attempt_id for each in taken} == attempts
    for each in taken:
        attempt = Attempt.objects.get(pk=each.attempt_id)
        assert attempt.token == each.token
        assert attempt.transitions.count() == 1


def test_a_rerun_waits_behind_work_that_came_later(work: Submission) -> None:
    again = AttemptFactory(submission=work, priority=Lane.RERUN)
    mine = AttemptFactory(queued_at=MOMENT + timedelta(hours=1))
    assert [claim(), claim()] == [mine.pk, again.pk]
