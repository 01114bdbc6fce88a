"""The API against its own description: whatever is sent, the answer is one that was promised."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
)

from portal.api import tokens
from portal.api.models import Scope
from portal.api.urls import urlpatterns
from portal.people.models import User
from portal.wsgi import application

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """A server lets go of old connections around each request; here that one holds the test."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def described(arguments: dict[str, Any], everybody: None, tina: User) -> Any:
    """The description, asked with the token of a lecturer."""
    _, secret = tokens.issue(person=tina, name="a script", scopes=list(Scope), days=1)
    found = schemathesis.openapi.from_wsgi("/api/v1/schema/", application)
    found.config.update(headers={"Authorization": f"Bearer {secret}"})
    return found


CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance]
NAMES = sorted(each.name for each in urlpatterns if each.name != "schema")


@pytest.mark.parametrize("name", NAMES)
def test_every_answer_was_promised(described: Any, name: str) -> None:
    template = unquote(reverse(f"api:{name}", args=[0] if "<int" in route(name) else []))
    [path] = [path for path in described if path.replace("{id}", "0") == template]
    tried = 0
    for operation in described[path].values():

        @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def answers_as_promised(case: Any) -> None:
            nonlocal tried
            tried += 1
            case.validate_response(case.call(), checks=CHECKS)

        answers_as_promised()
    assert tried


def route(name: str) -> str:
    return next(str(each.pattern) for each in urlpatterns if each.name == name)
