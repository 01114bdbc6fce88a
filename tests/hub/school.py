"""A school at the stand-in, with an app that may do everything the portal wants."""

from dataclasses import dataclass

from github import Auth, Github, GithubIntegration

from tests.hub.models import Account, App, Installation, Repository
from tests.hub.standin import StandIn

PERMISSIONS = {
    "actions": "read",
    "administration": "write",
    "checks": "write",
    "contents": "read",
    "pull_requests": "read",
    "statuses": "write",
}
EVENTS = ("push", "check_run", "check_suite", "repository")
MANNERS = {"retry": None, "seconds_between_requests": None, "seconds_between_writes": None}


@dataclass
class School:
    hub: StandIn
    ada: Account
    org: Account
    digits: Repository
    app: App
    installation: Installation

    def github(self, token: str = "") -> Github:
        """PyGithub by a token, or as nobody."""
        auth = Auth.Token(token) if token else None
        return Github(auth=auth, base_url=self.hub.api, **MANNERS)

    def installed(self, **permissions: str) -> Github:
        """PyGithub as the installation, narrowed to these permissions if there are any."""
        return self.github(self.hub.installation_token(self.installation, **permissions).value)

    def integration(self, pem: str = "") -> GithubIntegration:
        """PyGithub as the app."""
        auth = Auth.AppAuth(self.app.number, pem or self.app.pem)
        return GithubIntegration(auth=auth, base_url=self.hub.api, **MANNERS)


def found(hub: StandIn) -> School:
    """One organisation with a private repository, and the app in it."""
    ada = hub.person("ada", "Ada Löwe", "ada@example.org")
    org = hub.organisation("school", owners=[ada])
    digits = hub.repository(org, "digits", {"Dockerfile": "FROM scratch\n"}, private=True)
    app = hub.app(owner=org, permissions=PERMISSIONS, events=EVENTS)
    return School(hub, ada, org, digits, app, hub.install(app, org))
