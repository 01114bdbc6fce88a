"""The outbox: asked once, held by one, done at least once after the last time it was asked."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from lab_specs.troubles import Trouble
from portal.github import errands
from portal.github.models import Errand, ErrandStatus
from tests.conftest import Bell

pytestmark = pytest.mark.django_db
LATER = timedelta(minutes=10)


def asked(key: str = "one", **more: Any) -> Errand:
    return errands.ask("check", key, {"head": "a"}, **more)


def taken(errand: Errand) -> UUID:
    held = errands.take(errand.pk)
    assert held is not None
    assert held.token is not None
    return held.token


def now_due(errand: Errand) -> None:
    Errand.objects.filter(pk=errand.pk).update(next_try=timezone.now())


def test_asking_rings_once_the_row_is_there(
    bell: Bell, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        errand = asked()
        assert bell.rings() == []
    assert bell.rings() == [("grader.github", {"errand_id": errand.pk})]


def test_what_waits_is_not_asked_twice_but_changed() -> None:
    first = asked()
    second = errands.ask("check", "one", {"head": "b"})
    assert (second.pk, second.arguments) == (first.pk, {"head": "b"})
    assert errands.ask("check", "two").pk != first.pk


def test_only_one_worker_gets_it() -> None:
    errand = asked()
    assert errands.take(errand.pk) is not None
    assert errands.take(errand.pk) is None


def test_a_lost_worker_is_followed_by_another_and_says_nothing_any_more() -> None:
    errand = asked()
    lost = taken(errand)
    Errand.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    token = taken(errand)
    assert not errands.end(errand.pk, lost, "stale")
    assert not errands.fail(errand.pk, lost, code=Trouble.FORBIDDEN, facts={})
    assert errands.end(errand.pk, token, "fresh")
    assert Errand.objects.get().answer == "fresh"


def test_what_is_asked_while_it_is_done_is_done_once_more() -> None:
    errand = asked()
    token = taken(errand)
    errands.ask("check", "one", {"head": "b"})
    assert errands.end(errand.pk, token, "of a")
    again = errands.take(errand.pk)
    assert again is not None
    assert again.arguments == {"head": "b"}
    assert again.token is not None
    assert errands.end(errand.pk, again.token, "of b")
    assert errands.take(errand.pk) is None


def test_what_is_over_may_be_asked_anew() -> None:
    first = asked()
    errands.end(first.pk, taken(first), None)
    assert asked().pk != first.pk


def test_github_says_how_long_to_wait_and_its_lane_waits_along() -> None:
    errand, sibling = asked(lane="installation 1"), asked("two", lane="installation 1")
    stranger = asked("three", lane="installation 2")
    errands.put_back(errand.pk, taken(errand), code=Trouble.RATE_LIMITED, facts={}, after=60)
    assert [errands.take(each.pk) is not None for each in (errand, sibling, stranger)] == [
        False,
        False,
        True,
    ]


def test_another_trouble_makes_nobody_else_wait() -> None:
    errand, sibling = asked(lane="installation 1"), asked("two", lane="installation 1")
    errands.put_back(errand.pk, taken(errand), code=Trouble.BROKEN, facts={}, after=60)
    assert errands.take(sibling.pk) is not None


def test_pauses_grow_up_to_a_quarter_of_an_hour() -> None:
    errand, pauses = asked(), []
    for _ in range(errands.MOST_TRIES):
        token = taken(errand)
        before = timezone.now()
        errands.put_back(errand.pk, token, code=Trouble.BROKEN, facts={}, after=None)
        errand.refresh_from_db()
        pauses.append((errand.next_try - before).total_seconds())
        now_due(errand)
    assert 3 < pauses[0] < 7
    assert 600 < pauses[-1] < 1_200
    assert errand.tries == errands.MOST_TRIES


def test_a_failure_keeps_its_reason() -> None:
    errand = asked()
    errands.fail(errand.pk, taken(errand), code=Trouble.FORBIDDEN, facts={"said": "no\x00"})
    errand.refresh_from_db()
    assert (errand.status, errand.fault) == (ErrandStatus.FAILED, Trouble.FORBIDDEN)
    assert errand.facts == {"said": "no"}


def test_what_was_asked_again_is_tried_though_it_failed() -> None:
    errand = asked()
    token = taken(errand)
    errands.ask("check", "one", {"head": "b"})
    assert not errands.fail(errand.pk, token, code=Trouble.REFUSED, facts={})
    again = errands.take(errand.pk)
    assert again is not None
    assert again.arguments == {"head": "b"}


def test_the_round_rings_for_what_nobody_heard(bell: Bell) -> None:
    errand, held = asked(), asked("held")
    taken(held)
    waits = asked("later", after=LATER)
    now = timezone.now()
    assert errands.ring_due(now=now) == 1
    assert bell.rings() == [("grader.github", {"errand_id": errand.pk})]
    assert errands.ring_due(now=now) == 0, "one bell a minute is enough"
    assert errands.ring_due(now=now + LATER) == 3
    assert {ring.kwargs["errand_id"] for ring in bell.rings()} == {errand.pk, held.pk, waits.pk}


def test_what_is_done_is_forgotten_after_a_month_and_failures_later() -> None:
    done, failed = asked(), asked("two")
    errands.end(done.pk, taken(done), None)
    errands.fail(failed.pk, taken(failed), code=Trouble.REFUSED, facts={})
    errands.forget(now=timezone.now() + errands.KEPT - LATER)
    assert Errand.objects.count() == 2
    errands.forget(now=timezone.now() + errands.KEPT + LATER)
    assert list(Errand.objects.all()) == [failed]
    errands.forget(now=timezone.now() + errands.FAILURES_KEPT + LATER)
    assert not Errand.objects.exists()


STEPS = ("ask", "take", "end", "ask", "take", "end", "put back", "stale", "lost")


class Story(TestCase):
    """Whatever order things happen in, the last wish is worked on after it was made."""

    @settings(max_examples=40, deadline=None)
    @given(st.lists(st.sampled_from(STEPS), min_size=4, max_size=14))
    def test_no_wish_is_forgotten(self, steps: list[str]) -> None:
        errand, wish, seen, held = asked(), 0, None, None
        for step in steps:
            if step == "ask":
                wish += 1
                errand = errands.ask("check", "one", {"wish": wish})
            elif step == "take":
                now_due(errand)
                if row := errands.take(errand.pk):
                    held, seen = row.token, row.arguments.get("wish", 0)
            elif step == "end" and held:
                if errands.end(errand.pk, held, seen):
                    held = None
            elif step == "put back" and held:
                errands.put_back(errand.pk, held, code=Trouble.BROKEN, facts={}, after=None)
                held = None
            elif step == "stale":
                assert not errands.end(errand.pk, uuid4(), "stale")
            elif step == "lost":
                Errand.objects.update(held_until=timezone.now() - LATER)
                held = None
        waiting = Errand.objects.filter(status=ErrandStatus.WAITING)
        assert waiting.count() <= 1
        assert waiting.exists() or seen == wish
