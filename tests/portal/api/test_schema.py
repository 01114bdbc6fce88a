"""The API against its own description: whatever is sent, the answer is one that was promised."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import booleans
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from portal.api import access, tokens
from portal.api.models import Scope
from portal.api.urls import urlpatterns
from portal.people.limits import Limit
from portal.people.models import User
from portal.wsgi import application
from tests.portal.test_access import API

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


@pytest.fixture(params=["alice", "tina"])
def described(request: pytest.FixtureRequest, everybody: None, arguments: dict[str, Any]) -> Any:
    """The description, asked with the token of a student or of a lecturer."""
    person = User.objects.get(username=request.param)
    _, secret = tokens.issue(person=person, name="a script", scopes=list(Scope), days=1)
    found = schemathesis.openapi.from_wsgi("/api/v1/schema/", application)
    found.config.update(headers={"Authorization": f"Bearer {secret}"})
    return found


CHECKS = [
    not_a_server_error,
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
]
NAMES = sorted(each.name for each in urlpatterns if each.name not in {"schema", "nowhere"})


@pytest.fixture(autouse=True)
def no_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here is about asking too often."""
    monkeypatch.setattr(access.PerPerson, "rate", Limit("api-test", 10**6, timedelta(seconds=1)))


@pytest.mark.parametrize("name", NAMES)
def test_every_answer_was_promised(
    described: Any, arguments: dict[str, tuple[Any, ...]], name: str
) -> None:
    path, names = as_described(name)
    real = dict(zip(names, arguments[API[name]], strict=True))
    answers: set[int] = set()
    for operation in described[path].values():

        @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy(), there=booleans())
        def answers_as_promised(case: Any, there: bool) -> None:
            if there:  # most numbers that are drawn belong to nothing
                case.path_parameters = real
            answer = case.call()
            answers.add(answer.status_code)
            case.validate_response(answer, checks=CHECKS)

        answers_as_promised()
    assert answers


def test_refusals_have_one_shape(described: Any) -> None:
    codes = {"400", "401", "403", "404", "429"}
    for path in described:
        for operation in described[path].values():
            told = operation.definition.raw["responses"]
            assert codes <= set(told), path
            shapes = {str(told[code]["content"]) for code in codes}
            assert len(shapes) == 1
            assert "Refusal" in shapes.pop()


def as_described(name: str) -> tuple[str, list[str]]:
    """The path of an address as the description writes it, and the names in it."""
    route = next(str(each.pattern) for each in urlpatterns if each.name == name)
    path = re.sub(r"<\w+:(\w+)>", r"{\1}", route).replace("{pk}", "{id}")
    return f"/api/v1/{path}", re.findall(r"{(\w+)}", path)
