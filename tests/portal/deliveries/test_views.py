"""Pages on which work that is not code is handed in, and read."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from portal.courses import teams
from portal.courses.models import Edition, MiniProject, Team
from portal.deliveries import domain
from portal.deliveries.models import Delivery, Snapshot
from portal.people.models import User
from tests.factories import EnrolmentFactory, UserFactory
from tests.portal.deliveries.conftest import DUE, REPOSITORY

pytestmark = pytest.mark.django_db


def page(person: User, name: str, *args: int) -> str:
    client = Client()
    client.force_login(person)
    return client.get(reverse(f"deliveries:{name}", args=args)).content.decode()


def send(person: User, project: MiniProject, **fields: str) -> Any:
    client = Client()
    client.force_login(person)
    return client.post(reverse("deliveries:project", args=[project.pk]), fields, follow=True)


@pytest.mark.rule("DTU-3")
def test_a_student_hands_in_an_update_and_reads_advice(
    project: MiniProject, cedar: Team, ann: User
) -> None:
    text = "# Week 1\n\n- [x] data\n- [ ] model\n\n![curve](C:/curve.png)\n"
    answer = send(ann, project, item="update", text=text)
    shown = answer.content.decode()
    assert "It has arrived." in shown
    assert "1 of 2 tasks of the list are ticked." in shown
    assert "Images that nobody else can see: “C:/curve.png”." in shown
    assert Delivery.objects.get().by == ann
    assert "Hand in a newer version" in shown


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"item": "update", "text": ""}, "Write the text first."),
        ({"item": "link", "link": "my <b>notes</b>"}, "That is no link."),
        ({"item": "song", "text": "la"}, "nothing of that name"),
        ({}, "nothing of that name"),
    ],
)
def test_what_is_refused_says_why_and_keeps_what_was_typed(
    project: MiniProject, cedar: Team, ann: User, fields: dict[str, str], says: str
) -> None:
    answer = send(ann, project, **fields)
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert says in shown
    if fields.get("item") == "link":
        assert 'value="my &lt;b&gt;notes&lt;/b&gt;"' in shown
    assert not Delivery.objects.exists()


def test_too_often_says_when_to_come_back(project: MiniProject, cedar: Team, ann: User) -> None:
    for _ in range(domain.HAND_INS.at_once):
        domain.deliver(mini_project=project, deliverable="update", by=ann, text="x")
    answer = send(ann, project, item="update", text="my work")
    assert (answer.status_code, int(answer.headers["Retry-After"]) > 0) == (429, True)
    assert "my work" in answer.content.decode()


@pytest.mark.rule("HOG-15")
def test_what_is_due_when_and_why(course: Edition, project: MiniProject, ann: User) -> None:
    shown = page(ann, "own", course.pk)
    assert shown.index("Link") < shown.index("Update") < shown.index("Report")
    assert "21 days after “Containers”" in shown
    assert "Missing" in shown  # the deadlines of this course have passed


@pytest.mark.rule("DTU-13")
def test_the_page_says_what_the_portal_takes_by_itself(
    project: MiniProject, cedar: Team, ann: User
) -> None:
    assert "nobody has said yet where the repository is" in page(ann, "project", project.pk)
    domain.deliver(mini_project=project, deliverable="link", by=ann, link=REPOSITORY)
    shown = page(ann, "project", project.pk)
    assert f"takes the default branch of {REPOSITORY} by itself" in shown
    failed = Snapshot.objects.create(
        mini_project=project,
        team=cedar,
        deliverable="report",
        due_at=DUE,
        repository=REPOSITORY,
        next_try=DUE,
        tries=2,
        fault="repository_not_found",
    )
    assert "could not take it yet, after 2 tries" in page(ann, "project", project.pk)
    failed.delivery = Delivery.objects.create(
        mini_project=project, team=cedar, deliverable="report", at=DUE, link=REPOSITORY
    )
    failed.taken_at, failed.fault = DUE + timedelta(hours=9), ""
    failed.save()
    shown = page(ann, "project", project.pk)
    assert "Tue 27 Oct 2026, 08:59" in shown
    assert "by the portal, from the default branch" in shown


def test_staff_see_the_class_the_team_and_the_review(
    course: Edition, project: MiniProject, cedar: Team, ann: User, lea: User
) -> None:
    domain.deliver(mini_project=project, deliverable="update", by=ann, text="We <b>trained</b>.")
    rows = page(lea, "everybody", course.pk)
    assert rows.count("Ann") == 1
    assert reverse("deliveries:work", args=[project.pk, cedar.pk]) in rows
    work = page(lea, "work", project.pk, cedar.pk)
    assert "We &lt;b&gt;trained&lt;/b&gt;." in work
    assert "<textarea" not in work
    client = Client()
    client.force_login(lea)
    desk = client.get(reverse("assessment:assess", args=[project.pk, cedar.pk])).content.decode()
    assert "We &lt;b&gt;trained&lt;/b&gt;." in desk


def test_another_editions_team_is_not_there(project: MiniProject, lea: User) -> None:
    elsewhere = teams.found(edition=project.edition, name="Here", people=[])
    client = Client()
    client.force_login(lea)
    assert client.get(reverse("deliveries:work", args=[project.pk, 10_000])).status_code == 404
    assert (
        client.get(reverse("deliveries:work", args=[project.pk, elsewhere.pk])).status_code == 200
    )


@pytest.mark.parametrize("count", [2, 20])
def test_the_class_takes_as_many_queries_for_any_size(
    course: Edition,
    project: MiniProject,
    lea: User,
    count: int,
    django_assert_max_num_queries: Callable[..., Any],
) -> None:
    for number in range(count):
        person = EnrolmentFactory(edition=course, person=UserFactory()).person
        teams.found(edition=course, name=f"Team {number}", people=[person])
    client = Client()
    client.force_login(lea)
    with django_assert_max_num_queries(20):
        shown = client.get(reverse("deliveries:everybody", args=[course.pk]))
    assert shown.content.decode().count("<tr>") == count + 1
