"""Work without checks waits for an assessor, too."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.assessment import domain
from portal.assessment.unchecked import unchecked
from portal.courses.models import Edition
from portal.deliveries.models import Delivery
from portal.people.models import User
from tests.factories import SubmissionFactory
from tests.portal.assessment.conftest import level, project, row_of, solo


def shown(edition: Edition, person: User, by: User, state: str = "held") -> None:
    domain.note_demo(
        mini_project=project(edition, "edge"),
        owner=solo(person),
        source=f"booking-{person.pk}",
        held_at=timezone.now(),
        way="contact",
        state=state,
        by=by,
    )


def test_it_waits_until_all_is_decided(
    ruled: Edition, ann: User, lea: User, client: Client
) -> None:
    assert unchecked(ruled) == []
    shown(ruled, ann, lea)
    client.force_login(lea)
    page = client.get(reverse("dashboards:reviews", args=[ruled.pk])).content.decode()
    assert reverse("assessment:assess", args=[project(ruled, "edge").pk, solo(ann).pk]) in page
    for number, name in enumerate(("works", "report"), start=1):
        [waits] = unchecked(ruled)
        assert (waits.team, waits.criteria, waits.decided) == (solo(ann), 2, number - 1)
        criterion = row_of(ruled, "edge", name)
        domain.decide(
            team=solo(ann), criterion=criterion, level=level(criterion, "advanced"), by=lea
        )
    assert unchecked(ruled) == []


def test_the_longest_wait_comes_first(ruled: Edition, ann: User, ben: User, lea: User) -> None:
    shown(ruled, ann, lea)
    edge = project(ruled, "edge")
    earlier = timezone.now() - timedelta(days=1)
    Delivery.objects.create(
        mini_project=edge, team=solo(ben), deliverable="report", at=earlier, by=ben, text="x"
    )
    assert [each.team for each in unchecked(ruled)] == [solo(ben), solo(ann)]


def test_a_demo_taken_back_and_work_under_checks_do_not_wait(
    ruled: Edition, ann: User, ben: User, lea: User
) -> None:
    shown(ruled, ann, lea)
    shown(ruled, ann, lea, state="absent")
    shown(ruled, ben, lea)
    SubmissionFactory(mini_project=project(ruled, "edge"), team=solo(ben))
    assert unchecked(ruled) == []


@pytest.mark.parametrize("count", [1, 12])
def test_as_many_queries_for_many(
    ruled: Edition,
    lea: User,
    join: Callable[..., User],
    count: int,
    django_assert_num_queries: Callable[..., Any],
) -> None:
    for number in range(count):
        shown(ruled, join(f"student{number}"), lea)
    with django_assert_num_queries(7):
        assert len(unchecked(ruled)) == count
