"""People."""

import pytest
from django.db import IntegrityError

from portal.people.models import User
from tests.factories import UserFactory


def test_a_person_is_called_what_they_chose() -> None:
    assert User(username="ann", display_name="Ann Aerts").name == "Ann Aerts"
    assert User(username="ann", first_name="Ann").name == "Ann"
    assert User(username="ann").name == "ann"


@pytest.mark.django_db
def test_a_github_account_is_one_persons() -> None:
    UserFactory(github_login="ann")
    UserFactory(github_login="")
    UserFactory(github_login="")
    with pytest.raises(IntegrityError):
        UserFactory(github_login="ann")
