"""What a worker does when the bell rings: it takes what is next, unless it is unfit for work."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from celery.contrib.testing.worker import start_worker
from django.db import connections
from django.utils import timezone

from grader import tasks, worker
from grader.breaker import FIRST, IN_A_ROW
from grader.job import Job
from grader.pipeline import Outcome
from lab_specs.faults import Code, PlatformFault
from lab_specs.figures import Figure
from lab_specs.report import CheckResult, Report, Verdict
from lab_specs.report import Outcome as CheckOutcome
from portal.celery_app import GRADE_QUEUE, app
from portal.submissions import dispatch, records, workers
from portal.submissions.models import Attempt, Worker
from portal.submissions.states import State
from tests.conftest import Bell
from tests.factories import AttemptFactory

PASSED = Outcome(verdict=Verdict.PASSED)
OURS = Outcome(
    verdict=Verdict.CRASHED, code=Code.ENGINE_UNAVAILABLE, facts={"problem": "no socket"}
)
LAB = Outcome(verdict=Verdict.CRASHED, code=Code.LAB_BROKEN, facts={"problem": "lab.yaml"})
THEIRS = Outcome(verdict=Verdict.REJECTED, code=Code.BUILD_FAILED)


class Tools:
    """Stands where the pipeline and the engine do."""

    def __init__(self) -> None:
        self.outcome: Outcome = PASSED
        self.jobs: list[Job] = []
        self.image: str | None = "sha256:1"
        self.trouble: PlatformFault | None = None
        self.engine = SimpleNamespace(image_id=self.image_id)

    def image_id(self, reference: str) -> str | None:
        if self.trouble:
            raise self.trouble
        return self.image

    def grade(self, job: Job, lab: Any, watcher: tasks.Watcher) -> Outcome:
        self.jobs.append(job)
        return self.outcome


@pytest.fixture(autouse=True)
def tools(monkeypatch: pytest.MonkeyPatch) -> Iterator[Tools]:
    found = Tools()
    monkeypatch.setattr(tasks, "tools", lambda: found)
    monkeypatch.setattr(tasks, "_lab", lambda _: None)
    monkeypatch.setattr(tasks, "shortage", lambda _: None)
    # Between two tries a worker lets go of the database; a test's transaction needs it.
    monkeypatch.setattr(tasks, "close_old_connections", lambda: None)
    yield found
    worker.BREAKER.succeeded()
    worker.STOPPING.clear()


@pytest.fixture
def stopping() -> None:
    """Whoever has to wait is told to end instead."""
    worker.STOPPING.set()


def ring(times: int = 1) -> list[str | None]:
    """What came out of the attempts, oldest first."""
    for _ in range(times):
        tasks.grade()
    return list(Attempt.objects.order_by("pk").values_list("verdict", flat=True))


def queued(number: int) -> None:
    for _ in range(number):
        AttemptFactory()


# Taking work


@pytest.mark.django_db
def test_a_bell_grades_what_is_next() -> None:
    queued(2)
    assert ring() == ["passed", None]
    assert ring() == ["passed", "passed"]


@pytest.mark.django_db
def test_a_bell_too_many_does_nothing(tools: Tools) -> None:
    assert ring(3) == []
    assert tools.jobs == []


@pytest.mark.django_db
def test_a_bell_heard_twice_grades_once(tools: Tools) -> None:
    queued(1)
    assert ring(2) == ["passed"]
    assert len(tools.jobs) == 1


@pytest.mark.django_db
def test_what_the_checks_showed_is_stored_with_them(tools: Tools) -> None:
    figure = Figure(id="loss", title="Loss", x="step", y="loss", kind="lines", series=())
    check = CheckResult(id="a", title="A", criterion="c", level="l", outcome=CheckOutcome.PASSED)
    tools.outcome = replace(PASSED, checks=(check,), figures=(figure,))
    attempt = AttemptFactory()
    ring()
    attempt.refresh_from_db()
    assert Report.model_validate(attempt.report) == Report(checks=(check,), figures=(figure,))
    assert not records.problems(attempt)


@pytest.mark.django_db
def test_the_job_names_the_lease_and_the_worker(tools: Tools) -> None:
    attempt = AttemptFactory()
    ring()
    assert tools.jobs[0].worker == worker.NAME
    assert len(tools.jobs[0].token) == 36
    attempt.refresh_from_db()
    assert attempt.provenance["worker"] == attempt.worker == worker.NAME


# A worker that fails for its own reasons


@pytest.mark.django_db
def test_several_failures_of_its_own_stop_a_worker(tools: Tools, stopping: None) -> None:
    queued(IN_A_ROW + 2)
    tools.outcome = OURS
    ring(IN_A_ROW + 2)
    assert len(tools.jobs) == IN_A_ROW
    untouched = Attempt.objects.filter(state=State.QUEUED, retries=0)
    assert untouched.count() == 2
    row = Worker.objects.get()
    assert (row.name, row.failures, row.reason) == (
        worker.NAME,
        IN_A_ROW,
        "engine_unavailable: no socket",
    )
    assert row.paused_until is not None
    left = (row.paused_until - timezone.now()).total_seconds()
    assert FIRST - 5 < left <= FIRST


@pytest.mark.django_db
@pytest.mark.parametrize("outcome", [THEIRS, LAB])
def test_a_students_failure_and_a_broken_lab_stop_nobody(tools: Tools, outcome: Outcome) -> None:
    queued(IN_A_ROW + 1)
    tools.outcome = outcome
    ring(IN_A_ROW + 1)
    assert len(tools.jobs) == IN_A_ROW + 1
    assert not Worker.objects.exists()


@pytest.mark.django_db
def test_a_success_in_between_begins_the_count_anew(tools: Tools, stopping: None) -> None:
    queued(2 * IN_A_ROW)
    for outcome in (OURS, OURS, PASSED, OURS, OURS, PASSED):
        tools.outcome = outcome
        ring()
    assert len(tools.jobs) == 2 * IN_A_ROW
    assert Worker.objects.get().failures == 0


@pytest.mark.django_db
def test_a_pause_ends_and_work_goes_on(tools: Tools) -> None:
    queued(1)
    worker.BREAKER.stop("a moment", time.time(), seconds=0.2)
    began = time.monotonic()
    assert ring() == ["passed"]
    assert time.monotonic() - began >= 0.2
    row = Worker.objects.get()
    assert (row.paused_until, row.reason) == (None, "")


# Trouble that is plain before anything is taken


@pytest.mark.django_db
def test_a_worker_without_room_takes_nothing_and_says_why(
    monkeypatch: pytest.MonkeyPatch, tools: Tools, stopping: None
) -> None:
    queued(1)
    monkeypatch.setattr(tasks, "shortage", lambda _: "1.0 GB are free")
    assert ring() == [None]
    assert Worker.objects.get().reason == "1.0 GB are free"
    assert Attempt.objects.get().retries == 0


@pytest.mark.django_db
def test_an_engine_that_is_away_costs_no_attempt_a_retry(tools: Tools, stopping: None) -> None:
    queued(1)
    tools.trouble = PlatformFault(Code.ENGINE_UNAVAILABLE, problem="no socket")
    assert ring() == [None]
    assert Worker.objects.get().reason == "engine_unavailable: no socket"
    assert Attempt.objects.get().retries == 0


@pytest.mark.django_db
def test_without_a_judge_nothing_is_taken(tools: Tools, stopping: None) -> None:
    queued(1)
    tools.image = None
    assert ring() == [None]
    assert "is not there" in Worker.objects.get().reason


@pytest.mark.django_db
def test_work_goes_on_when_the_trouble_is_over(
    monkeypatch: pytest.MonkeyPatch, tools: Tools
) -> None:
    queued(1)
    monkeypatch.setattr(tasks, "LOOK_AGAIN", 0.1)
    answers = iter(["no room", "no room"])
    monkeypatch.setattr(tasks, "shortage", lambda _: next(answers, None))
    assert ring() == ["passed"]


@pytest.mark.django_db
def test_a_worker_is_known_from_its_first_report_until_it_leaves() -> None:
    worker.report()
    row = Worker.objects.get()
    assert (row.name, row.slots, row.reason) == (worker.NAME, worker.settings().concurrency, "")
    worker.leave()
    assert not Worker.objects.exists()


@pytest.mark.django_db
def test_a_report_that_fails_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(workers, "tell", lambda **_: 1 / 0)
        patch.setattr(workers, "leave", lambda **_: 1 / 0)
        worker.report()
        worker.leave()
    worker.report()
    assert Worker.objects.exists()


# In a real worker


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_pauses_keeps_no_bell_but_those_in_its_hands(bell: Bell) -> None:
    queued(3)
    worker.BREAKER.stop("a test", time.time(), seconds=60)
    for _ in range(3):
        dispatch.ring_grade()
    hands = {"pool": "threads", "concurrency": 1, "queues": [GRADE_QUEUE]}
    try:
        with start_worker(app, perform_ping_check=False, shutdown_timeout=20, **hands):
            try:
                wait_until(lambda: dispatch.unanswered() == 2)
                threading.Event().wait(1.0)  # it could take more now, if it wanted to
                assert dispatch.unanswered() == 2
            finally:
                worker.stop_waiting()
    finally:
        connections.close_all()
    assert not Attempt.objects.exclude(state=State.QUEUED).exists()


def wait_until(true: Any, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)
