"""A word that GitHub does not know fails, on either side, and so does one that is missing."""

from typing import Any

import pytest
import requests

from tests.hub import contract, examples, routing
from tests.hub.models import Account
from tests.hub.routing import Answer, Call
from tests.hub.school import School
from tests.hub.shapes import Shapes
from tests.hub.standin import StandIn

RUN = {"name": "Serving", "head_sha": "1" * 40}
RUNS = ("POST", "/repos/{owner}/{repo}/check-runs")
PATH = {"owner": "a", "repo": "b"}


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        (RUN, ""),
        (RUN | {"conclusion": "passed"}, "conclusion"),
        (RUN | {"ouput": {}}, "ouput"),
        (RUN | {"output": {"title": "t"}}, "summary"),
        (RUN | {"output": {"title": "t", "summary": "s", "level": 1}}, "level"),
        (RUN | {"started_at": "yesterday"}, "started_at"),
        ({"name": "Serving"}, "head_sha"),
        (None, "no body"),
    ],
)
def test_what_is_asked(body: Any, wrong: str) -> None:
    found = contract.wrong_request(*RUNS, PATH, {}, body)
    assert wrong in "".join(found) if wrong else not found


def test_parameters_are_held_to_their_types() -> None:
    activity = ("GET", "/repos/{owner}/{repo}/activity")
    assert not contract.wrong_request(*activity, PATH, {"per_page": "100"}, None)
    assert contract.wrong_request(*activity, PATH, {"per_page": "many"}, None)
    assert contract.wrong_request(*activity, PATH, {"page": "2"}, None), "it has cursors"
    assert contract.wrong_request(*activity, PATH, {"activity_type": "shove"}, None)
    assert contract.wrong_request(*activity, {"owner": "a"}, {}, None)


def test_what_is_answered() -> None:
    person = Shapes("https://127.0.0.1").person(Account(1, "ada"))
    created = ("PUT", "/repos/{owner}/{repo}/collaborators/{username}", 204)
    assert not contract.wrong_response(*created, None)
    assert contract.wrong_response(*created, {})
    judge = contract.for_error("simple-user")
    assert not contract.in_words(judge.iter_errors(person))
    assert contract.in_words(judge.iter_errors(person | {"nick": "a"}))
    del person["node_id"]
    assert contract.in_words(judge.iter_errors(person))
    assert contract.wrong_response("GET", "/app", 418, {"oops": 1})


def test_githubs_own_examples_lack_nothing_by_themselves() -> None:
    for event in ("push", "check_run", "installation", "repository"):
        for one in examples.every()[event]:
            assert not examples.missing(event, one.get("action"), one)
            less = {name: value for name, value in one.items() if name != "sender"}
            assert examples.missing(event, one.get("action"), less) == [".sender"]


def test_a_violation_is_told_and_kept(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"{school.hub.api}/repos/school/digits/check-runs"
    token = school.hub.installation_token(school.installation).value
    headers = {"Authorization": f"Bearer {token}"}
    answer = requests.post(address, json=RUN | {"verdict": "A"}, headers=headers, timeout=5)
    assert answer.status_code == 500
    (violation,) = school.hub.violations
    assert "verdict" in violation
    school.hub.violations.clear()

    broken = next(one for one in routing.ROUTES if one.template == "/app")
    monkeypatch.setattr(broken, "answer", lambda _: Answer({"id": 1}))
    with pytest.raises(Exception, match="node_id"):
        school.integration().get_app()
    assert school.hub.violations
    school.hub.violations.clear()


def test_what_the_standin_does_not_know_is_no_answer(standin: StandIn) -> None:
    assert requests.get(f"{standin.api}/gists", timeout=5).status_code == 500
    assert standin.violations.pop() == "GET /gists: the stand-in has no such operation"


def test_a_mistake_of_a_route_is_not_lost(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    def fall(call: Call) -> Answer:
        raise ZeroDivisionError

    broken = next(one for one in routing.ROUTES if one.template == "/rate_limit")
    monkeypatch.setattr(broken, "answer", fall)
    assert requests.get(f"{school.hub.api}/rate_limit", timeout=5).status_code == 500
    assert "ZeroDivisionError" in school.hub.violations.pop()
