"""GitHub by PyGithub, against a stand-in that is held to GitHub's own description."""

import time
from collections.abc import Callable

import pytest

from grader import github
from grader.github import AppKey, Hub, told
from lab_specs.troubles import GitHubTrouble, Trouble, explain_trouble
from tests.hub.school import School, found
from tests.hub.standin import StandIn

REPOSITORY = r"GET /api/v3/repos/school/digits$"
TOKENS = r"POST .*/access_tokens"


@pytest.fixture
def school(standin: StandIn) -> School:
    return found(standin)


@pytest.fixture
def hub(school: School) -> Hub:
    return Hub(api=school.hub.api, app=AppKey(school.app.number, school.app.pem))


def trouble_of(call: Callable[[], object]) -> GitHubTrouble:
    """What goes wrong; every trouble has words for whoever must act."""
    with pytest.raises(GitHubTrouble) as caught, told(what="school/digits"):
        call()
    words = explain_trouble(caught.value.code, caught.value.facts)
    assert all((words.happened, words.expected, words.next_step))
    return caught.value


def reading(school: School, hub: Hub) -> GitHubTrouble:
    return trouble_of(
        lambda: hub.installation(school.installation.number).get_repo("school/digits")
    )


@pytest.mark.parametrize(
    ("kind", "code", "after"),
    [
        ("unauthorised", Trouble.UNAUTHORISED, None),
        ("forbidden", Trouble.FORBIDDEN, None),
        ("suspended", Trouble.SUSPENDED, None),
        ("rate_limited", Trouble.RATE_LIMITED, 90),
        ("rate_limited_429", Trouble.RATE_LIMITED, 90),
        ("secondary", Trouble.RATE_LIMITED, 90),
        ("secondary_429", Trouble.RATE_LIMITED, 90),
        ("secondary_silent", Trouble.RATE_LIMITED, None),
        ("not_found", Trouble.NOT_FOUND, None),
        ("gone", Trouble.NOT_FOUND, None),
        ("conflict", Trouble.CONFLICT, None),
        ("refused", Trouble.REFUSED, None),
        ("broken", Trouble.BROKEN, None),
        ("bad_gateway", Trouble.BROKEN, None),
        ("unavailable", Trouble.BROKEN, None),
        ("page", Trouble.BROKEN, None),
        ("closed", Trouble.UNREACHABLE, None),
        ("cut", Trouble.UNREACHABLE, None),
        ("elsewhere_301", Trouble.UNREACHABLE, None),
        ("elsewhere_302", Trouble.UNREACHABLE, None),
        ("elsewhere_307", Trouble.UNREACHABLE, None),
    ],
)
def test_each_fault_has_its_code(
    school: School, hub: Hub, kind: str, code: Trouble, after: float | None
) -> None:
    school.hub.fail(REPOSITORY, kind, wait=90)
    began = time.monotonic()
    trouble = reading(school, hub)
    assert trouble.code is code
    assert trouble.after == (after and pytest.approx(after, abs=3))
    assert time.monotonic() - began < 2, "back-off is not for whoever asks"
    assert len(school.hub.spoiled) == 1, "it is asked once"


def test_what_github_says_is_kept(school: School, hub: Hub) -> None:
    wrong = [{"resource": "Repository", "field": "name", "code": "custom", "message": "☃ is taken"}]
    school.hub.fail(REPOSITORY, "refused", errors=wrong)
    facts = reading(school, hub).facts
    assert facts["said"] == "Validation Failed · ☃ is taken"
    assert facts["what"] == "school/digits"


def test_a_long_or_strange_answer_is_cut(school: School, hub: Hub) -> None:
    school.hub.fail(REPOSITORY, "forbidden", message="\x1b[31m<b>" + "☃" * 100_000)
    said = reading(school, hub).facts["said"]
    assert len(said) < 400
    assert "\x1b" not in said


@pytest.mark.parametrize("kind", ["drip", "huge"])
def test_an_answer_without_end_is_given_up(
    school: School, hub: Hub, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(github, "SECONDS", 1)
    school.hub.fail(REPOSITORY, kind)
    began = time.monotonic()
    assert reading(school, hub).code in {Trouble.UNREACHABLE, Trouble.ODD_ANSWER}
    assert time.monotonic() - began < 4


def test_a_github_that_is_not_there() -> None:
    nobody = Hub(api="https://127.0.0.1:9/api/v3")
    assert trouble_of(lambda: nobody.plain().get_repo("a/b")).code is Trouble.UNREACHABLE


def test_a_token_is_narrow_and_short(school: School, hub: Hub) -> None:
    school.hub.repository(school.org, "letters", private=True)
    number = school.installation.number
    hub.token_for(number, ["digits"], {"checks": "write"})
    (asked,) = [one for one in school.hub.calls if one.method == "POST"]
    assert asked.body == {"repositories": ["digits"], "permissions": {"checks": "write"}}
    narrow = hub.installation(number, repositories=["digits"])
    assert narrow.get_repo("school/digits").get_branch("main").name == "main"
    assert trouble_of(lambda: narrow.get_repo("school/letters")).code is Trouble.NOT_FOUND
    refused = trouble_of(lambda: narrow.get_repo("school/digits").add_to_collaborators("ada"))
    assert refused.code is Trouble.FORBIDDEN


def test_a_token_is_kept_until_shortly_before_its_end(school: School, hub: Hub) -> None:
    number = school.installation.number
    first = hub.token_for(number, ["digits"])
    assert hub.token_for(number, ["digits"]) == first
    assert hub.token_for(number) != first, "another width, another token"
    (key,) = [key for key, token in hub._tokens.items() if token.text == first]
    hub._tokens[key] = github._Token(first, time.time() + github.RENEW - 1)
    assert hub.token_for(number, ["digits"]) != first


def test_no_secret_is_ever_shown(school: School, hub: Hub) -> None:
    token = hub.token_for(school.installation.number)
    text = repr(hub) + repr(hub._tokens) + repr(Hub(api="x", token="ghp_secret"))
    assert not any(secret in text for secret in (token, school.app.pem[40:80], "ghp_secret"))


def test_an_app_that_was_sent_away(school: School, hub: Hub) -> None:
    number = school.installation.number
    school.hub.suspend(school.installation)
    assert trouble_of(lambda: hub.token_for(number)).code is Trouble.SUSPENDED
    school.hub.uninstall(school.installation)
    assert trouble_of(lambda: hub.token_for(number)).code is Trouble.UNINSTALLED
    school.hub.world.apps.clear()
    assert trouble_of(lambda: hub.integration().get_app()).code is Trouble.NOT_FOUND


def test_permissions_that_nobody_granted(school: School, hub: Hub) -> None:
    asked = {"issues": "write"}
    refused = trouble_of(lambda: hub.token_for(school.installation.number, permissions=asked))
    assert refused.code is Trouble.FORBIDDEN
    assert "permissions" in refused.facts["said"]


@pytest.mark.parametrize("pem", ["", "nonsense"])
def test_a_key_that_is_none(school: School, pem: str) -> None:
    hub = Hub(api=school.hub.api, app=AppKey(school.app.number, pem))
    assert trouble_of(lambda: hub.integration().get_app()).code is Trouble.NO_APP
    assert trouble_of(Hub(api=school.hub.api).integration).code is Trouble.NO_APP


def test_a_renamed_repository_is_read_under_its_old_name(school: School, hub: Hub) -> None:
    school.hub.rename(school.digits, "letters")
    seen = hub.installation(school.installation.number).get_repo("school/digits")
    assert (seen.id, seen.full_name) == (school.digits.number, "school/letters")


def test_writing_under_an_old_name_is_followed(school: School, hub: Hub) -> None:
    """GitHub answers 307, which PyGithub alone takes for success."""
    permissions = {"statuses": "write", "contents": "read"}
    client = hub.installation(school.installation.number, permissions=permissions)
    commit = client.get_repo("school/digits").get_branch("main").commit
    school.hub.rename(school.digits, "letters")
    assert commit.create_status("success", context="x").state == "success"
    assert [one.told["context"] for one in school.digits.statuses] == ["x"]


def test_without_an_app_the_read_token_reads(school: School) -> None:
    api = school.hub.api
    reader = Hub(api=api, token=school.hub.token(school.ada, "repo"))
    assert reader.plain().get_repo("school/digits").private
    anybody = Hub(api=api).plain()
    assert trouble_of(lambda: anybody.get_repo("school/digits")).code is Trouble.NOT_FOUND
