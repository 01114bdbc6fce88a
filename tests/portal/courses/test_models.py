"""Editions and their secret, teams and their people."""

import pytest
from django.contrib.admin import site
from django.db import IntegrityError
from django.test import RequestFactory

from portal.courses.admin import EditionAdmin
from portal.courses.models import Edition, Membership
from portal.people.models import User
from tests.factories import EditionFactory, EnrolmentFactory, TeamFactory

pytestmark = pytest.mark.django_db


def test_each_edition_has_a_secret_of_its_own_that_a_column_holds() -> None:
    seeds = {EditionFactory().secret_seed for _ in range(5)}
    assert len(seeds) == 5
    assert all(0 <= seed < 2**63 for seed in seeds)


def test_the_secret_is_on_no_form_and_in_no_text() -> None:
    edition = EditionFactory()
    request = RequestFactory().get("/")
    request.user = User(is_superuser=True, is_active=True)
    form = EditionAdmin(Edition, site).get_form(request)
    assert "secret_seed" not in form.base_fields
    assert str(edition.secret_seed) not in f"{edition!r} {edition}"


@pytest.mark.parametrize("solo", [True, False])
def test_nobody_is_in_two_teams_of_a_kind(edition: Edition, alice: User, solo: bool) -> None:
    TeamFactory(edition=edition, solo=solo, people=[alice])
    TeamFactory(edition=edition, solo=not solo, people=[alice])
    other = TeamFactory(edition=edition, solo=solo)
    with pytest.raises(IntegrityError):
        Membership.objects.create(team=other, person=alice, edition=edition, solo=solo)


def test_nobody_has_two_roles_in_an_edition(alice: User, edition: Edition) -> None:
    with pytest.raises(IntegrityError):
        EnrolmentFactory(edition=edition, person=alice)
