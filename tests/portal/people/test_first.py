"""The first sign-in of people whom a roster made."""

import csv
import io
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.utils import timezone

from portal.courses.models import Edition
from portal.courses.rules import Role
from portal.people.first import link_of
from portal.people.models import User
from tests.factories import EditionFactory, EnrolmentFactory, UserFactory

pytestmark = pytest.mark.django_db
PASSWORD = "gooseberry-kettle-41"


@pytest.fixture
def ann(edition: Edition) -> User:
    """She comes from a roster and has never been here."""
    person = UserFactory(username="=ann")
    person.set_unusable_password()
    person.save()
    EnrolmentFactory(edition=edition, person=person)
    return person


def chosen(client: Client, link: str, password: str = PASSWORD) -> int:
    form = client.get(link, follow=True)
    if not form.redirect_chain:
        return form.status_code
    where = form.redirect_chain[-1][0]
    assert link not in where, "the link is not in the address of a page that could leak it"
    return client.post(where, {"new_password1": password, "new_password2": password}).status_code


def test_by_the_link_of_the_file_somebody_chooses_a_password_once(
    client: Client, tina: User, edition: Edition, ann: User
) -> None:
    client.force_login(tina)
    assert (
        "1 student cannot sign in yet"
        in client.get(f"/editions/{edition.pk}/roster/").content.decode()
    )
    answer = client.post(f"/editions/{edition.pk}/invitations/")
    assert answer["Cache-Control"] == "no-store"
    (row,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert (row["username"], row["email"]) == ("'=ann", ann.email)
    link = row["link"].removeprefix("http://testserver")
    visitor = Client()
    assert chosen(visitor, link) == 302
    assert visitor.login(username="=ann", password=PASSWORD)
    assert chosen(Client(), link) == 404
    assert (
        "cannot sign in yet" not in client.get(f"/editions/{edition.pk}/roster/").content.decode()
    )


def test_a_weak_password_is_told_and_the_link_still_works(ann: User) -> None:
    link, visitor = link_of(ann), Client()
    assert chosen(visitor, link, "12345") == 200
    assert chosen(visitor, link) == 302


def test_a_link_ends_after_two_weeks(ann: User) -> None:
    link = link_of(ann)
    days = timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
    assert days == timedelta(days=14)
    with time_machine.travel(timezone.now() + days + timedelta(seconds=2)):
        assert chosen(Client(), link) == 404


def test_nobodys_password_is_replaced(ann: User) -> None:
    link = link_of(ann)
    User.objects.filter(pk=ann.pk).update(is_active=False)
    assert chosen(Client(), link) == 404
    has_one = UserFactory(username="bea")
    has_one.set_password(PASSWORD)
    has_one.save()
    assert chosen(Client(), link_of(has_one)) == 404


def test_whoever_can_sign_in_is_in_no_file(
    client: Client, tina: User, edition: Edition, ann: User
) -> None:
    client.force_login(tina)
    User.objects.filter(pk=ann.pk).update(github_id=7)
    staff = UserFactory(username="otto2")
    staff.set_unusable_password()
    staff.save()
    EnrolmentFactory(edition=edition, person=staff, role=Role.ASSISTANT)
    answer = client.post(f"/editions/{edition.pk}/invitations/")
    assert list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))) == []


@pytest.mark.parametrize("power", ["is_staff", "is_superuser", "elsewhere"])
def test_nobody_becomes_a_colleague_by_reading_them_in_as_a_student(
    client: Client, tina: User, edition: Edition, ann: User, power: str
) -> None:
    if power == "elsewhere":
        EnrolmentFactory(edition=EditionFactory(), person=ann, role=Role.LECTURER)
    else:
        User.objects.filter(pk=ann.pk).update(**{power: True})
    client.force_login(tina)
    answer = client.post(f"/editions/{edition.pk}/invitations/")
    assert list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))) == []
    assert chosen(Client(), link_of(ann)) == 404
