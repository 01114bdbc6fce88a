"""What students say for themselves: another scale, and the checklist of their team."""

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from lab_specs.loader import load_edition
from portal.assessment.models import Tick
from portal.courses import catalog
from portal.courses.models import Edition, Enrolment
from portal.people.models import User
from tests.factories import EnrolmentFactory, TeamFactory, UserFactory
from tests.portal.assessment.policy.table import COURSES

pytestmark = pytest.mark.django_db


@pytest.fixture
def dtu(db: None) -> Edition:
    return catalog.load_edition(load_edition(COURSES / "dtu-2023-01.yaml"), catalog.shelf())[0]


@pytest.fixture
def ann(dtu: Edition, client: Client) -> User:
    person = UserFactory(username="ann")
    EnrolmentFactory(edition=dtu, person=person)
    client.force_login(person)
    return person


@pytest.mark.rule("DTU-16")
def test_another_scale_is_asked_for_once(dtu: Edition, ann: User, client: Client) -> None:
    address = reverse("assessment:scale", args=[dtu.pk])
    with time_machine.travel("2023-01-04T23:30:00Z"):
        page = client.post(address, {"scale": "seven-point"}, follow=True).text
        assert "Noted, with today" in page
        assert "seven-point</strong> on 5 Jan 2023" in page  # half past midnight in Copenhagen
    with time_machine.travel("2023-01-06T10:00:00Z"):
        page = client.post(address, {"scale": "seven-point"}, follow=True).text
        assert "You have asked for another scale already" in page
    assert str(Enrolment.objects.get(person=ann).scale_asked_on) == "2023-01-05"


def test_a_scale_that_is_none_is_refused(dtu: Edition, ann: User, client: Client) -> None:
    address = reverse("assessment:scale", args=[dtu.pk])
    page = client.post(address, {"scale": "stars"}, follow=True).text
    assert "This edition has no such scale." in page
    assert Enrolment.objects.get(person=ann).scale == ""


@pytest.mark.rule("DTU-12")
def test_a_team_ticks_its_checklist_and_clears_it(dtu: Edition, ann: User, client: Client) -> None:
    address = reverse("assessment:checklist", args=[dtu.pk])
    assert "you are in none yet" in client.get(address).text
    client.post(address, {"item": ["repo"]})
    assert not Tick.objects.exists()
    TeamFactory(edition=dtu, name="Amber", people=[ann])
    page = client.post(address, {"item": ["repo", "api", "no-such-item"]}, follow=True).text
    assert "2 of 20 done by Amber" in page
    page = client.post(address, {"item": ["api"]}, follow=True).text
    assert "1 of 20 done by Amber" in page
    told = list(Tick.objects.order_by("pk").values_list("item", "ticked", "by__username"))
    assert told == [("repo", True, "ann"), ("api", True, "ann"), ("repo", False, "ann")]
