"""A portal with an App at the stand-in of GitHub, and a team whose repository it sees."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from grader.github_tasks import run_one
from portal.courses.models import MiniProject, Team
from portal.github.models import App, Errand, ErrandStatus, Hook, Installation, Repository, Watch
from portal.github.sealed import seal
from portal.people.models import User
from tests.hub import models as hub
from tests.hub.standin import StandIn
from tests.hub.webhooks import Delivery

HOOKS = "/github/hooks/"
PERMISSIONS = {"checks": "write", "contents": "read", "metadata": "read", "statuses": "write"}
EVENTS = ["push", "check_run", "check_suite", "repository"]


@dataclass
class House:
    """What there is on both sides."""

    standin: StandIn
    app: hub.App
    organisation: hub.Account
    repository: hub.Repository
    installation: hub.Installation
    alice: hub.Account
    watch: Watch

    @property
    def known(self) -> Repository:
        """The portal's row of the repository."""
        return Repository.objects.get(number=self.repository.number)

    def hand(self, delivery: Delivery, **headers: str) -> HttpResponse:
        """Hand one message to the portal, as GitHub does."""
        return Client().generic(
            "POST",
            HOOKS,
            delivery.body,
            content_type="application/json",
            headers=delivery.headers | headers,
        )

    def say(self, event: str, payload: Mapping[str, Any]) -> Hook:
        """Have GitHub tell this, and the portal hear it."""
        delivery = self.standin.deliver(event, dict(payload), self.app)
        assert self.hand(delivery).status_code == 202
        return Hook.objects.get(guid=delivery.guid)

    def push(self, text: str = "x\n", *, message: str = "Work", branch: str = "main") -> Delivery:
        """Push a commit; the message is not handed over yet."""
        self.standin.push(
            self.repository, {"app.py": text}, by=self.alice, message=message, branch=branch
        )
        return next(each for each in reversed(self.standin.deliveries) if each.event == "push")


def built(
    standin: StandIn, settings: Settings, mini_project: MiniProject, team: Team, person: User
) -> House:
    """A house in which alice has proved her account and every push of her team is graded."""
    settings.GITHUB_URL, settings.GITHUB_API = standin.web, standin.api
    settings.PUBLIC_URL = "https://portal.example"
    alice = standin.person("alice", "Alice Liddell", "alice@uni.example")
    organisation = standin.organisation("school", owners=[alice])
    repository = standin.repository(organisation, "digits", {"a.txt": "a\n"}, private=True)
    app = standin.app("Portal", owner=organisation, permissions=PERMISSIONS, events=EVENTS)
    installed = standin.install(app, organisation)
    keep(app)
    row = Installation.objects.create(
        number=installed.number,
        account="school",
        permissions=PERMISSIONS,
        seen_at=timezone.now(),
    )
    known = Repository.objects.create(
        number=repository.number, installation=row, full_name="school/digits", private=True
    )
    User.objects.filter(pk=person.pk).update(github_id=alice.number, github_login="alice")
    watch = Watch.objects.create(
        mini_project=mini_project,
        team=team,
        repository=known,
        lab="serving",
        on_push=True,
        by=person,
        made_at=timezone.now(),
        asked_at=timezone.now(),
    )
    return House(standin, app, organisation, repository, installed, alice, watch)


def keep(app: hub.App) -> None:
    """The portal's own keys of the App."""
    secrets = {
        "private_key": app.pem,
        "webhook_secret": app.webhook_secret,
        "client_secret": app.client_secret,
    }
    App.objects.create(
        number=app.number,
        slug="portal",
        name="Portal",
        client_id=app.client_id,
        sealed=seal(secrets),
        made_at=timezone.now(),
    )


def work_off() -> list[str]:
    """Do every errand that is due, as a worker does; their kinds, in order."""
    done = []
    for _ in range(50):
        due = Errand.objects.filter(status=ErrandStatus.WAITING, next_try__lte=timezone.now())
        errand = due.filter(held_until=None).order_by("pk").first()
        if errand is None:
            return done
        run_one(errand.pk)
        done.append(errand.kind)
    raise AssertionError(f"no end of errands: {done}")


def sent(house: House, event: str, payload: object, guid: str = "a-guid") -> HttpResponse:
    """What the portal answers to a message that the stand-in does not make; bytes as they are."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    mark = hmac.new(house.app.webhook_secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {
        "X-Hub-Signature-256": f"sha256={mark}",
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": guid,
    }
    return Client().generic("POST", HOOKS, body, content_type="application/json", headers=headers)
