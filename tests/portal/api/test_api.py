"""Who may ask the API for what, and what it answers."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import DjangoAssertNumQueries

from lab_specs.faults import Code
from lab_specs.figures import Figure, Series
from lab_specs.report import Verdict
from portal.api import access
from portal.api.models import Scope
from portal.people.limits import Limit
from portal.people.models import User
from portal.submissions import lookups
from portal.submissions.models import Attempt, LookupStatus, Submission
from portal.submissions.states import State
from tests.factories import AttemptFactory, SubmissionFactory

Program = Callable[..., Client]
OK, MADE, DENIED, GONE, CLASH = 200, 201, 403, 404, 409
PEOPLE = ("alice", "bob", "charlie", "tina", "amir", "otto")
OPEN = (OK,) * 6
TEAM_AND_STAFF = (OK, OK, GONE, OK, OK, GONE)
STAFF = (GONE, GONE, GONE, OK, OK, GONE)
STUDENTS = (OK, OK, OK, GONE, GONE, GONE)
ALL_OF_EDITION = (OK, OK, OK, OK, OK, GONE)
READ = {
    "me": ("", OPEN),
    "editions": ("", OPEN),
    "submissions": ("", OPEN),
    "attempts": ("", OPEN),
    "mini-projects": ("edition", ALL_OF_EDITION),
    "mini-project": ("project", ALL_OF_EDITION),
    "lookup": ("lookup", (OK, GONE, GONE, GONE, GONE, GONE)),
    "submission": ("submission", TEAM_AND_STAFF),
    "attempt": ("attempt", TEAM_AND_STAFF),
    "rules": ("edition", ALL_OF_EDITION),
    "dates": ("edition", ALL_OF_EDITION),
    "roster": ("edition", STAFF),
    "teams": ("edition", STAFF),
    "results": ("edition", STAFF),
    "result": ("student", STAFF),
    "my-result": ("edition", STUDENTS),
    "marks": ("mark", STAFF),
    "levels": ("desk", STAFF),
    "figures": ("project", STAFF),
    "deliveries": ("project", ALL_OF_EDITION),
    "slots": ("edition", STAFF),
    "own-slots": ("shown", STUDENTS),
    "bookings": ("edition", ALL_OF_EDITION),
    "publishing": ("edition", STAFF),
    "resits": ("edition", STAFF),
    "requests": ("edition", ALL_OF_EDITION),
    "talks": ("edition", ALL_OF_EDITION),
    "sheet": ("booking", STAFF),
}
SHOWN = {"mini_project": "no-such", "item": "demo"}
WRITE: dict[str, tuple[str, dict[str, Any], tuple[int, ...]]] = {
    "ask": ("project", {"lab": "no-such", "link": "x"}, (CLASH,) * 5 + (GONE,)),
    "confirm": ("found", {}, (MADE, GONE, GONE, GONE, GONE, GONE)),
    "rerun": ("submission", {"reason": "again"}, (DENIED, DENIED, GONE, CLASH, CLASH, GONE)),
    "cancel": ("attempt", {}, TEAM_AND_STAFF),
    "give-mark": ("mark", {"owner": 0, "points": "5"}, (GONE,) * 6),
    "decide": ("desk", {"criterion": 0, "level": "x"}, (GONE,) * 3 + (CLASH, CLASH, GONE)),
    "deliver": ("project", {"deliverable": "x", "link": "a"}, (CLASH,) * 5 + (GONE,)),
    "publish": (
        "edition",
        {"kind": "contact", "starts": [], "minutes": 10, "place": "here"},
        (GONE,) * 3 + (CLASH, CLASH, GONE),
    ),
    "video": ("shown", {"link": "x"}, (CLASH,) * 3 + (GONE,) * 3),
    "book": ("slot", SHOWN, (CLASH,) * 3 + (GONE,) * 3),
    "book-for": ("slot", SHOWN | {"team": 0}, (GONE,) * 3 + (CLASH, CLASH, GONE)),
    "withdraw": ("slot", {"reason": "ill"}, (GONE,) * 3 + (204, 204, GONE)),
    "cancel-booking": ("booking", {"reason": "ill"}, TEAM_AND_STAFF),
    "step": ("edition", {"step": "freeze"}, (GONE, GONE, GONE, OK, DENIED, GONE)),
    "my-resit": ("edition", {"takes_part": True}, (CLASH,) * 3 + (GONE,) * 3),
    "ask-again": ("edition", {"words": "Why?"}, (MADE,) * 3 + (GONE,) * 3),
    "answer": (
        "own-request",
        {"words": "So.", "changed": False},
        (GONE,) * 3 + (MADE, MADE, GONE),
    ),
    "move-session": (
        "edition",
        {"session": "no-such", "on": "2026-10-05", "reason": "x"},
        (GONE,) * 3 + (CLASH, CLASH, GONE),
    ),
    "settle": (
        "edition",
        {"setting": "no-such", "value": 1, "reason": "x"},
        (GONE,) * 3 + (CLASH, CLASH, GONE),
    ),
    "extend": (
        "project",
        {"team": 0, "until": "2026-10-05T10:00:00Z", "reason": "x"},
        (GONE,) * 6,
    ),
    "outcome": ("booking", {"status": "held"}, (GONE,) * 3 + (CLASH, CLASH, GONE)),
    "wait": ("slot", SHOWN, (CLASH,) * 3 + (GONE,) * 3),
    "leave": ("waiting", {}, (204, 204, *(GONE,) * 4)),
    "question": ("talk", {"student": 0}, (GONE,) * 6),
    "save-sheet": ("booking", {"seen": 7}, (GONE,) * 3 + (CLASH, CLASH, GONE)),
    "presence": (
        "student",
        {"event": "exam", "present": True},
        (GONE,) * 3 + (204, 204, GONE),
    ),
    "lift": (
        "student",
        {"rule": "no-such", "reason": "x"},
        (GONE,) * 3 + (CLASH, DENIED, GONE),
    ),
    "bonus": (
        "student",
        {"points": "1", "reason": "x"},
        (GONE,) * 3 + (CLASH, DENIED, GONE),
    ),
    "arrange": ("student", {}, (GONE,) * 3 + (204, 204, GONE)),
}
# Addresses that one can read and write
BOTH = {
    "give-mark": "marks",
    "decide": "levels",
    "deliver": "deliveries",
    "publish": "slots",
    "step": "publishing",
    "ask-again": "requests",
    "save-sheet": "sheet",
}


@pytest.mark.parametrize("name", READ)
@pytest.mark.parametrize("who", PEOPLE)
def test_who_may_read_what(
    who: str, name: str, arguments: dict[str, Any], everybody: None, program: Program
) -> None:
    argument, expected = READ[name]
    path = reverse(f"api:{name}", args=arguments[argument])
    asked = program(User.objects.get(username=who), Scope.READ).get(path)
    assert asked.status_code == expected[PEOPLE.index(who)], asked.text
    if asked.status_code == GONE:
        assert set(asked.json()) == {"detail", "code"}


@pytest.mark.parametrize("name", WRITE)
@pytest.mark.parametrize("who", PEOPLE)
def test_who_may_change_what(
    who: str, name: str, arguments: dict[str, Any], everybody: None, program: Program
) -> None:
    argument, body, expected = WRITE[name]
    path = reverse(f"api:{BOTH.get(name, name)}", args=arguments[argument])
    person = User.objects.get(username=who)
    kept = program(person, Scope.READ).post(path, body, content_type="application/json")
    assert kept.status_code == DENIED, "reading alone changes nothing"
    asked = program(person).post(path, body, content_type="application/json")
    assert asked.status_code == expected[PEOPLE.index(who)], asked.text


def test_every_address_stands_in_a_table() -> None:
    from portal.api.urls import urlpatterns  # noqa: PLC0415

    assert {each.name for each in urlpatterns} == {
        "schema",
        "nowhere",
        *READ,
        *(BOTH.get(name, name) for name in WRITE),
    }


def test_what_is_not_there_is_told_as_json(db: None) -> None:
    for path in ("/api/v1/no-such/", "/api/v1/attempts/-1/", "/api/v1/me", "/api/v1/a%0Ab/"):
        for answer in (Client().get(path), Client(enforce_csrf_checks=True).post(path)):
            assert answer.status_code == GONE
            assert set(answer.json()) == {"detail", "code"}


@pytest.mark.parametrize("header", ["Bearer", "Bearer a b", "Bearer mlops_wrong", "Bearer \xff"])
def test_a_wrong_token_is_no_token(db: None, header: str) -> None:
    answer = Client().get(reverse("api:me"), headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert set(answer.json()) == {"detail", "code"}


def test_a_session_opens_nothing(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert client.get(reverse("api:me")).status_code == 401


def test_guessing_is_slowed_down(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    few = Limit("api-guess-test", at_once=2, every=timedelta(hours=1))
    monkeypatch.setattr(access, "GUESSED", few)
    answers = [
        Client().get(reverse("api:me"), headers={"Authorization": f"Bearer {n}"}) for n in range(3)
    ]
    assert [answer.status_code for answer in answers] == [401, 401, 429]
    assert int(answers[-1].headers["Retry-After"]) > 0


def test_a_script_that_asks_too_often_waits(
    alice: User, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = Limit("api-test", at_once=2, every=timedelta(hours=1))
    monkeypatch.setattr(access.PerPerson, "rate", few)
    script = program(alice)
    answers = [script.get(reverse("api:me")) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[-1].headers["Retry-After"]) > 0


def test_me(alice: User, program: Program) -> None:
    body = program(alice, Scope.READ).get(reverse("api:me")).json()
    assert body["username"] == "alice"
    assert body["scopes"] == ["read"]
    assert [each["role"] for each in body["enrolments"]] == ["student"]


def test_handing_in_by_a_script(
    alice: User, work: Submission, program: Program, settings: Any, tmp_path: Any
) -> None:
    settings.LOCAL_REPOSITORIES = tmp_path
    script = program(alice, Scope.READ, Scope.SUBMIT)
    ask = reverse("api:ask", args=[work.mini_project_id])
    asked = script.post(
        ask,
        {"lab": work.lab, "link": f"file://{tmp_path}/work"},
        content_type="application/json",
    )
    assert asked.status_code == MADE, asked.text
    assert asked.json()["status"] == LookupStatus.WAITING
    number = asked.json()["id"]
    early = script.post(reverse("api:confirm", args=[number]))
    assert early.status_code == CLASH
    assert early.json()["code"] == "refused"
    lookups.answer_lookup(lookup_id=number, commit="d" * 40, commit_title="Done")
    found = script.get(reverse("api:lookup", args=[number])).json()
    assert (found["status"], found["commit_title"]) == (LookupStatus.FOUND, "Done")
    first, second = (script.post(reverse("api:confirm", args=[number])).json() for _ in "ab")
    assert first["id"] == second["id"]
    assert (first["state"], first["position"]) == ("queued", 1)
    stopped = script.post(reverse("api:cancel", args=[first["id"]])).json()
    assert (stopped["state"], stopped["position"]) == ("cancelled", None)


def test_a_link_that_cannot_be_read_is_explained(
    alice: User, work: Submission, program: Program
) -> None:
    ask = reverse("api:ask", args=[work.mini_project_id])
    answer = program(alice).post(
        ask, {"lab": work.lab, "link": "ext::sh"}, content_type="application/json"
    )
    assert answer.status_code == 422
    assert answer.json()["code"] == Code.LINK_INVALID
    assert "could not be read" in answer.json()["detail"]


def test_an_attempt_says_why(alice: User, work: Submission, program: Program) -> None:
    check = {"id": "hello", "title": "Says hello", "criterion": "a", "level": "b"}
    attempt = AttemptFactory(
        submission=work,
        state=State.DONE,
        verdict=Verdict.REJECTED,
        fault=Code.BUILD_FAILED.value,
        facts={"line": 3, "exit_code": 1},
        report={"checks": [check | {"outcome": "failed", "expected": "hello", "seconds": 0.5}]},
    )
    body = program(alice).get(reverse("api:attempt", args=[attempt.pk])).json()
    assert body["fault"]["code"] == "build_failed"
    assert "Line 3" in body["fault"]["happened"]
    assert body["checks"][0]["expected"] == "hello"
    assert body["figures"] == []


def test_an_attempt_tells_the_numbers_of_its_figures(
    alice: User, work: Submission, program: Program
) -> None:
    series = (Series(name="right", x=["a", "b"], y=[1, 0.5]),)
    figure = Figure(id="f", title="F", x="kind", y="share", kind="bars", series=series)
    report = {"checks": [], "figures": [figure.model_dump(mode="json")]}
    attempt = AttemptFactory(
        submission=work, state=State.DONE, verdict=Verdict.FAILED, report=report
    )
    [told] = program(alice).get(reverse("api:attempt", args=[attempt.pk])).json()["figures"]
    assert Figure.model_validate(told) == figure


def test_lists_are_narrowed_and_cost_the_same_for_many(
    alice: User,
    work: Submission,
    program: Program,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    script, path = program(alice), reverse("api:attempts")
    script.get(path)  # notes that the token was used
    AttemptFactory(submission=work, state=State.DONE, verdict=Verdict.PASSED)
    counts = []
    for _ in range(2):
        with django_assert_num_queries(9, exact=False) as few:
            body = script.get(path, {"submission": work.pk}).json()
        counts.append(len(few))
        others = SubmissionFactory.create_batch(8, mini_project=work.mini_project, team=work.team)
        for each in others:
            AttemptFactory(submission=each, state=State.DONE, verdict=Verdict.PASSED)
    assert counts[0] == counts[1]
    assert body["count"] == 1
    assert script.get(path).json()["count"] == 17 == Attempt.objects.count()
    for odd in ("x", "9" * 30, "-1", "²"):
        assert script.get(path, {"submission": odd}).json()["count"] == 0


def test_pages_are_bounded(alice: User, work: Submission, program: Program) -> None:
    size = settings.REST_FRAMEWORK["PAGE_SIZE"]
    SubmissionFactory.create_batch(size, mini_project=work.mini_project, team=work.team)
    body = program(alice).get(reverse("api:submissions"), {"page_size": 10_000}).json()
    assert len(body["results"]) == size
    assert "page=2" in body["next"]
