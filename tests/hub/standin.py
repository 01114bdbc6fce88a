"""GitHub, as far as the portal talks to it: what a test sets up, does as a student, and reads.

    ada = standin.person("ada")
    org = standin.organisation("school", owners=[ada])
    digits = standin.repository(org, "digits", {"Dockerfile": "FROM scratch\\n"}, private=True)
    app = standin.app("Portal", owner=org, permissions={"checks": "write", "contents": "read"},
                      events=["push"], hook_url="http://127.0.0.1:8000/github/hook/")
    installation = standin.install(app, org)
    sha = standin.push(digits, {"app.py": "print()\\n"}, by=ada)   # real git push, then the webhook

A test ends with a failure if anybody said a word that GitHub's description does not have.
"""

import re
import secrets
import threading
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.hub import contract, desk, gits
from tests.hub.doings import Doings
from tests.hub.faults import Fault
from tests.hub.models import Account, Activity, App, Installation, Repository, Token, now
from tests.hub.payloads import Payloads
from tests.hub.routing import RefusalError
from tests.hub.shapes import Shapes
from tests.hub.state import World, new_key
from tests.hub.webhooks import Delivery

if TYPE_CHECKING:
    from tests.hub.rest import Seen

KEYS: list[str] = []  # one key pair does for all apps of a process; making one takes a while


class StandIn(Doings):
    def __init__(self, web: str, certificate: Path, folder: Path) -> None:
        self.web, self.certificate, self.folder = web, certificate, folder
        self.world, self.shapes = World(folder), Shapes(web)
        self.api = self.shapes.api
        self.payloads = Payloads(self.shapes, self.world)
        self.violations: list[str] = []
        self.calls: list[Seen] = []
        self.deliveries: list[Delivery] = []
        self.loses_deliveries = False
        self.faults: list[Fault] = []
        self.spoiled: list[tuple[str, str]] = []
        self.over, self.pushing = threading.Event(), threading.RLock()
        self.used = 0
        self.browsing: Account | None = None
        self.consents = True
        self.codes: dict[str, tuple[App, Account, dict[str, str]]] = {}
        self.conversions: dict[str, App] = {}
        self.ghost = self.person("ghost")

    # Whom and what there is

    def person(self, login: str, name: str | None = None, *emails: str) -> Account:
        """Somebody; the first address is the primary one."""
        account = Account(self.world.number(), login, name=name, emails=list(emails))
        self.world.accounts[login.lower()] = account
        return account

    def organisation(
        self, login: str, *, owners: Sequence[Account] = (), members: Sequence[Account] = ()
    ) -> Account:
        account = Account(self.world.number(), login, "Organization")
        account.owners = {one.login for one in owners}
        account.members = {one.login for one in members} | account.owners
        self.world.accounts[login.lower()] = account
        return account

    def bot(self, app: App) -> Account:
        """Who an app is when it writes."""
        login = f"{app.slug}[bot]"
        known = self.world.account(login)
        if known is None:
            known = self.world.accounts[login] = Account(self.world.number(), login, "Bot")
        return known

    def repository(
        self,
        owner: Account,
        name: str,
        files: Mapping[str, str | bytes | None] | None = None,
        *,
        private: bool = False,
        template: bool = False,
        default_branch: str = "main",
    ) -> Repository:
        """A repository with one commit of these files, or an empty one."""
        number = self.world.number()
        folder = self.folder / "repositories" / f"{number}.git"
        gits.create(folder, default_branch)
        made = Repository(number, owner, name, folder, private, default_branch, template)
        self.world.repositories[number] = made
        if files:
            gits.write(folder, default_branch, files)
        return made

    def app(
        self,
        name: str = "Course portal",
        *,
        owner: Account,
        permissions: Mapping[str, str],
        events: Sequence[str] = (),
        hook_url: str = "",
        callbacks: Sequence[str] = (),
    ) -> App:
        """An app of this owner. `pem` and the secrets are what its owner would be told."""
        number = self.world.number()
        if not KEYS:
            KEYS.append(new_key())
        app = App(
            number=number,
            slug=re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-"),
            name=name,
            owner=owner,
            permissions=dict(permissions) | {"metadata": "read"},
            events=list(events),
            hook_url=hook_url,
            webhook_secret=secrets.token_hex(20),
            client_id=f"Iv23{secrets.token_hex(8)}",
            client_secret=secrets.token_hex(20),
            pem=KEYS[0],
            callbacks=list(callbacks),
        )
        self.world.apps.append(app)
        return app

    def install(
        self, app: App, account: Account, repositories: Sequence[Repository] | None = None
    ) -> Installation:
        """Install the app for an account: for all its repositories, or for these."""
        chosen = None if repositories is None else list(repositories)
        number, given = self.world.number(), dict(app.permissions)
        made = Installation(number, app, account, given, list(app.events), chosen)
        self.world.installations[number] = made
        self.tell_of(made, "created")
        return made

    def token(self, person: Account, *scopes: str) -> str:
        """A personal token."""
        return self.world.add_token("ghp_", person=person, scopes=scopes).value

    def installation_token(self, installation: Installation, **permissions: str) -> Token:
        return self.world.installation_token(installation, permissions or None, None)

    # What people do

    def push(
        self,
        repository: Repository,
        files: Mapping[str, str | bytes | None],
        *,
        by: Account,
        branch: str = "",
        message: str = "Hand in",
        author: tuple[str, str] | None = None,
        when: datetime | None = None,
        parents: Sequence[str] | None = None,
        at: datetime | None = None,
    ) -> str:
        """Commit files and push them by real git over https; answers the commit.

        `when` the commit says it was made, and when it came (`at`) as GitHub remembers it.
        """
        who = author or (by.name or by.login, (by.emails or [f"{by.login}@example.org"])[0])
        sha = desk.push(
            self,
            repository,
            branch or repository.default_branch,
            files,
            token=self.token(by, "repo"),
            message=message,
            author=who,
            when=when,
            parents=parents,
        )
        if at:
            repository.activity[-1].made_at = at
        return sha

    def delete_branch(self, repository: Repository, branch: str, *, by: Account) -> None:
        desk.delete(self, repository, branch, token=self.token(by, "repo"))

    def moved(
        self, repository: Repository, ref: str, old: str, new: str, by: Account, kind: str = ""
    ) -> None:
        """A ref moved: note it, and tell the apps."""
        repository.pushed_at = now()
        for pull in repository.pulls:
            if f"refs/heads/{pull.head}" == ref and pull.closed_at is None:
                pull.head_sha = new
        kind = kind or gits.kind_of(repository.folder, old, new)
        number = self.world.number()
        repository.activity.append(Activity(number, old, new, ref, kind, by))
        for app in self.listeners(repository, "push"):
            payload = self.payloads.push(repository, ref, old, new, by, app)
            self.deliver("push", payload, app)

    # What the portal hears

    def deliver(self, event: str, payload: dict[str, Any], app: App) -> Delivery:
        """Send an event as GitHub does, once it is what GitHub would send."""
        self.violations += contract.wrong_webhook(event, payload)
        made = Delivery(self.world.number(), app, event, payload)
        self.deliveries.append(made)
        if not self.loses_deliveries:
            made.send(str(self.certificate))
        return made

    def delivery(self, number: int) -> Delivery:
        found = next((one for one in self.deliveries if one.number == number), None)
        if found is None:
            raise RefusalError(404, "Not Found")
        return found

    def redeliver(self, number: int) -> Delivery:
        """The same again, with the same guid."""
        old = self.delivery(number)
        made = Delivery(self.world.number(), old.app, old.event, old.payload, old.guid, True)
        self.deliveries.append(made)
        made.send(str(self.certificate))
        return made

    # What goes wrong

    def fail(self, pattern: str, kind: str, times: int = 1, **facts: Any) -> None:
        """The next `times` requests whose "METHOD /path" matches go wrong: see faults.py."""
        self.faults.append(Fault(re.compile(pattern), kind, times, facts))

    def environment(self) -> dict[str, str]:
        """What a process needs to talk to this address."""
        certificate = str(self.certificate)
        return {
            "REQUESTS_CA_BUNDLE": certificate,
            "SSL_CERT_FILE": certificate,
            "GIT_SSL_CAINFO": certificate,
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
        }
