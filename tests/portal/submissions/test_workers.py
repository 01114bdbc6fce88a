"""What workers say of themselves."""

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.submissions import workers
from portal.submissions.models import Worker

pytestmark = pytest.mark.django_db


def test_a_worker_tells_how_it_is_in_one_row() -> None:
    until = timezone.now() + timedelta(minutes=1)
    workers.tell(name="w1", slots=2)
    workers.tell(name="w1", slots=4, failures=3, paused_until=until, reason="no\x00 engine")
    row = Worker.objects.get()
    assert (row.name, row.slots, row.failures, row.paused_until) == ("w1", 4, 3, until)
    assert row.reason == "no engine"
    workers.tell(name="w1", slots=4)
    row.refresh_from_db()
    assert (row.failures, row.paused_until, row.reason) == (0, None, "")


def test_what_can_run_at_once_is_what_those_who_are_there_offer() -> None:
    now = timezone.now()
    assert workers.slots(now=now) == 1
    workers.tell(name="w1", slots=2)
    workers.tell(name="w2", slots=3)
    workers.tell(name="paused", slots=8, paused_until=now + timedelta(minutes=1))
    workers.tell(name="gone", slots=16)
    Worker.objects.filter(name="gone").update(seen_at=now - timedelta(minutes=2))
    assert workers.slots(now=now) == 5
    assert workers.slots(now=now + timedelta(seconds=59)) == 5
    assert workers.slots(now=now + timedelta(hours=1)) == 1


def test_a_worker_that_is_long_gone_is_forgotten() -> None:
    workers.tell(name="w1", slots=1)
    assert workers.forget(now=timezone.now() + timedelta(hours=23)) == 0
    assert workers.forget(now=timezone.now() + timedelta(hours=25)) == 1


def test_a_worker_that_ends_as_it_should_leaves_nothing() -> None:
    workers.tell(name="w1", slots=1)
    workers.tell(name="w2", slots=1)
    workers.leave(name="w1")
    assert Worker.objects.get().name == "w2"
