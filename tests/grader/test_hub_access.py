"""Who may see a repository, asked of GitHub."""

import pytest

from grader.github import AppKey, Hub
from grader.hub.access import any_may_read, key_of
from lab_specs.troubles import GitHubTrouble, Trouble
from tests.hub import school
from tests.hub.standin import StandIn

DIGITS = "school/digits"


def test_collaborators_may_read_and_strangers_may_not(standin: StandIn) -> None:
    at = school.found(standin)
    hub = Hub(api=standin.api, app=AppKey(at.app.number, at.app.pem))
    number = at.installation.number
    people = [(standin.world.number(), "no-such-person"), (standin.person("eve").number, "eve")]
    assert not any_may_read(hub, DIGITS, number, people)
    at.digits.collaborators["eve"] = "pull"
    assert any_may_read(hub, DIGITS, number, people)


def test_whoever_takes_over_a_name_takes_over_nothing_else(standin: StandIn) -> None:
    at = school.found(standin)
    hub = Hub(api=standin.api, app=AppKey(at.app.number, at.app.pem))
    before = standin.person("eve").number
    standin.person("eve")
    at.digits.collaborators["eve"] = "pull"
    assert not any_may_read(hub, DIGITS, at.installation.number, [(before, "eve")])


def test_the_key_opens_this_repository_alone(standin: StandIn) -> None:
    at = school.found(standin)
    hub = Hub(api=standin.api, app=AppKey(at.app.number, at.app.pem), token="ghp_read")
    token = standin.world.tokens[key_of(hub, DIGITS, at.installation.number)]
    assert token.repositories == [at.digits]
    assert token.permissions == {"contents": "read", "metadata": "read"}
    assert key_of(hub, DIGITS, None) == "ghp_read"


def test_a_revoked_app_is_told_as_such(standin: StandIn) -> None:
    at = school.found(standin)
    hub = Hub(api=standin.api, app=AppKey(at.app.number, at.app.pem))
    standin.uninstall(at.installation)
    with pytest.raises(GitHubTrouble) as caught:
        any_may_read(hub, DIGITS, at.installation.number, [(1, "ada")])
    assert caught.value.code is Trouble.UNINSTALLED
