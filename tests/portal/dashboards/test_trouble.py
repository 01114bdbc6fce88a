"""What stands in the way of grading, for the staff of an edition."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from lab_specs.faults import Code
from lab_specs.report import Verdict
from portal.courses.models import MiniProject
from portal.people.models import User
from portal.submissions import domain, workers
from portal.submissions.models import Attempt, Submission, Worker
from portal.submissions.moves import MAX_RETRIES
from portal.submissions.states import State
from tests.claims import take
from tests.factories import AttemptFactory, SubmissionFactory


@pytest.fixture
def page(mini_project: MiniProject, tina: User, client: Client) -> "Page":
    client.force_login(tina)
    return Page(client, reverse("dashboards:trouble", args=[mini_project.edition_id]))


class Page:
    """The page as Tina reads it."""

    def __init__(self, client: Client, path: str) -> None:
        self.client, self.path = client, path

    def __call__(self) -> str:
        answer = self.client.get(self.path)
        assert answer.status_code == 200
        return str(answer.content.decode())

    def queries(self) -> int:
        with CaptureQueriesContext(connection) as seen:
            self()
        return len(seen)


def fail(attempt: Attempt, worker: str = "w1") -> Attempt:
    domain.record(
        attempt_id=attempt.pk,
        token=take(attempt.pk, worker),
        verdict=Verdict.CRASHED,
        fault=Code.ENGINE_UNAVAILABLE,
        facts={"problem": "no socket"},
    )
    attempt.refresh_from_db()
    return attempt


def test_without_trouble_it_says_so(page: Page) -> None:
    workers.tell(name="w1", slots=2)
    text = page()
    assert "No trouble:" in text
    assert '<span class="pill good">Ready</span>' in text
    assert "0 of 2" in text


def test_without_a_worker_it_says_that_nothing_is_graded(page: Page) -> None:
    assert "No worker is known: nothing is graded until one is started." in page()


def test_a_worker_that_pauses_says_until_when_and_why(page: Page) -> None:
    until = timezone.now() + timedelta(minutes=5)
    workers.tell(name="w1", slots=2, failures=3, paused_until=until, reason="<b>no engine</b>")
    text = page()
    assert '<span class="pill warn">Paused</span>' in text
    assert "&lt;b&gt;no engine&lt;/b&gt;" in text
    assert "3 failures in a row" in text
    assert "No worker takes work at present, so nothing is graded." in text
    workers.tell(name="w2", slots=2)
    assert "No worker takes work at present" not in page()


def test_a_worker_that_is_silent_is_shown_as_such(page: Page) -> None:
    workers.tell(name="w1", slots=2)
    Worker.objects.update(seen_at=timezone.now() - timedelta(minutes=3))
    text = page()
    assert '<span class="pill bad">Not heard of</span>' in text
    assert "3 min ago" in text


def test_what_a_worker_grades_now_is_counted(page: Page, work: Submission) -> None:
    workers.tell(name="w1", slots=2)
    take(AttemptFactory(submission=work).pk, "w1")
    text = page()
    assert '<span class="pill good">At work</span>' in text
    assert "1 of 2" in text


def test_what_is_tried_again_has_its_reason(page: Page, work: Submission) -> None:
    attempt = fail(AttemptFactory(submission=work))
    assert attempt.state == State.QUEUED
    text = page()
    assert f"engine_unavailable, tried again (1 of {MAX_RETRIES})" in text
    assert "not before" in text


def test_what_was_given_up_has_its_reason_and_its_worker(page: Page, work: Submission) -> None:
    attempt = fail(AttemptFactory(submission=work, retries=MAX_RETRIES), "bench-3")
    assert attempt.verdict == Verdict.CRASHED
    text = page()
    assert f'<a href="/attempts/{attempt.pk}/">Amber</a>' in text
    for words in ("<code>engine_unavailable</code>", "no socket", "bench-3"):
        assert words in text


def test_what_has_waited_longest_is_named(page: Page, work: Submission) -> None:
    now = timezone.now()
    oldest = AttemptFactory(submission=work, queued_at=now - timedelta(minutes=90))
    AttemptFactory(
        submission=SubmissionFactory(mini_project=work.mini_project),
        queued_at=now - timedelta(minutes=2),
    )
    text = page()
    assert f'<a href="/attempts/{oldest.pk}/">Amber, Serving</a>, handed in 1 h 30 min ago' in text
    assert "<strong>2</strong> waiting" in text


def test_another_edition_is_no_business_of_this_one(page: Page) -> None:
    AttemptFactory(state=State.DONE, verdict=Verdict.CRASHED, fault=Code.INTERNAL)
    AttemptFactory(retries=1)
    AttemptFactory()
    text = page()
    assert "<strong>0</strong> failed on our side" in text
    assert "<strong>0</strong> tried again" in text
    assert "<strong>0</strong> waiting" in text


def test_as_many_queries_for_a_crowd_as_for_one(page: Page, mini_project: MiniProject) -> None:
    def more(number: int) -> None:
        for each in range(number):
            work = SubmissionFactory(mini_project=mini_project)
            AttemptFactory(
                submission=work, state=State.DONE, verdict=Verdict.CRASHED, fault=Code.INTERNAL
            )
            AttemptFactory(submission=work, number=2, retries=1)
            workers.tell(name=f"w{number}-{each}", slots=1)

    more(1)
    one = page.queries()
    more(12)
    assert page.queries() == one
