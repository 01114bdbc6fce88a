"""Pages of results and demos cost as many queries for 450 students as for 30, and stay small."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from portal.assessment.models import ReviewRequest
from portal.courses.models import Edition, Team
from portal.courses.rules import Role
from portal.demos.models import Article, Booking, Slot, Talk, VideoLink
from portal.demos.offers import Kind, Status
from portal.people.models import User
from tests.factories import EnrolmentFactory, UserFactory
from tests.portal.assessment.test_size import crowded

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
LARGEST = 700_000  # bytes of a page
A_DAY = 20  # slots


def world(students: int) -> tuple[Edition, User]:
    """Everybody has work, levels, a demo, a booking to come, a video, a talk, a request."""
    edition = crowded(students, 3)
    lea = UserFactory(username="lea")
    EnrolmentFactory(edition=edition, person=lea, role=Role.LECTURER)
    first = timezone.now().replace(hour=8, minute=0) + timedelta(days=2)
    teams = list(Team.objects.filter(edition=edition).order_by("pk"))
    slots = Slot.objects.bulk_create(
        Slot(
            edition=edition,
            kind=Kind.CONTACT,
            starts_at=start,
            minutes=10,
            place="B.1.015",
            by=lea,
            published_at=first,
        )
        for start in starts(first, 2 * students)
    )
    project = edition.mini_projects.order_by("order")[0]
    shows = {"mini_project": project, "item": "demo", "at": first, "by": lea}
    Booking.objects.bulk_create(
        Booking(slot=slot, seat=1, team=team, status=Status.BOOKED, **shows)
        for slot, team in zip(slots[::2], teams, strict=True)
    )
    VideoLink.objects.bulk_create(
        VideoLink(team=team, link="https://video.example/1", **shows) for team in teams
    )
    _talks(edition, lea)
    return edition, lea


def _talks(edition: Edition, lea: User) -> None:
    people = list(User.objects.filter(enrolments__edition=edition).exclude(pk=lea.pk))
    said = {"edition": edition, "by": lea, "at": timezone.now()}
    articles = Article.objects.bulk_create(
        Article(title=f"Article {n}", **said) for n in range(len(people))
    )
    pairs = zip(articles, people, strict=True)
    Talk.objects.bulk_create(
        Talk(article=article, student=person, order=n, **said)
        for n, (article, person) in enumerate(pairs, start=1)
    )
    ReviewRequest.objects.bulk_create(
        ReviewRequest(edition=edition, student=each, words="Again?", at=said["at"])
        for each in people
    )


def starts(first: datetime, number: int) -> Iterator[datetime]:
    for n in range(number):
        yield first + timedelta(days=n // A_DAY, minutes=15 * (n % A_DAY))


STAFF = [f"assessment:{name}" for name in ("book", "publish", "marks", "resits", "requests")]
STAFF += ["demos:day", "demos:talks"]
STUDENT = ["assessment:mine", "demos:own", "demos:talks"]


def pages_of(edition: Edition, lea: User) -> Iterator[tuple[User, str, str]]:
    """Who opens what."""
    student = User.objects.filter(enrolments__edition=edition).earliest("pk")
    project = edition.mini_projects.order_by("order")[1]
    for person, names in ((lea, STAFF), (student, STUDENT)):
        for name in names:
            yield person, name, reverse(name, args=[edition.pk])
    yield lea, "mark", reverse("assessment:mark", args=[edition.pk, "exam"])
    yield lea, "csv", reverse("assessment:export", args=[edition.pk, "csv"])
    yield student, "slots", reverse("demos:slots", args=[project.pk, "demo"])


def test_pages_for_a_crowd(client: Client) -> None:
    counts: dict[str, set[int]] = {}
    large: dict[str, int] = {}
    for students in (30, 450):
        with transaction.atomic():
            for person, name, path in pages_of(*world(students)):
                client.force_login(person)
                client.get(path)  # what is read once per process
                with CaptureQueriesContext(connection) as queries:
                    page = client.get(path)
                assert page.status_code == 200
                counts.setdefault(f"{name} for {person}", set()).add(len(queries))
                if len(page.content) > LARGEST:
                    large[name] = len(page.content)
            transaction.set_rollback(True)
    assert {name: each for name, each in counts.items() if len(each) > 1} == {}
    assert large == {}
