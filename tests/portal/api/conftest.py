"""Programs that ask for somebody."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from portal.api import tokens
from portal.api.models import Scope
from portal.people.models import User

Ask = Callable[..., Any]


@pytest.fixture
def program() -> Callable[..., Client]:
    """A client that sends a token of this person with these scopes."""

    def made(person: User, *scopes: Scope) -> Client:
        _, secret = tokens.issue(
            person=person, name="a script", scopes=scopes or list(Scope), days=1
        )
        return Client(headers={"Authorization": f"Bearer {secret}"})

    return made
