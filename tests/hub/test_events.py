"""Everything that happens at GitHub is told as GitHub tells it."""

import hashlib
import hmac
import json

from tests.hub.standin import StandIn

PERMISSIONS = {"contents": "read", "checks": "write"}
NOBODY = "http://127.0.0.1:9/hook"  # where nobody listens
EVENTS = ("push", "check_run", "check_suite", "repository")


def test_every_event_is_what_github_would_send(standin: StandIn) -> None:
    ada = standin.person("ada", "Ada Löwe", "ada@example.org")
    org = standin.organisation("school", owners=[ada])
    repo = standin.repository(org, "digits", {"a": "1"}, private=True)
    own = standin.repository(ada, "own", {"a": "1"})
    app = standin.app(owner=org, permissions=PERMISSIONS, events=EVENTS, hook_url=NOBODY)
    installation = standin.install(app, org)
    chosen = standin.install(app, ada, [])
    standin.select(chosen, [own])
    standin.push(own, {"ü ☃": "1"}, by=ada)
    first = standin.push(repo, {"b": "1"}, by=ada, branch="side/ä")
    standin.push(repo, {"b": "2"}, by=ada, branch="side/ä", parents=[])
    standin.delete_branch(repo, "side/ä", by=ada)
    standin.rename(repo, "letters", by=ada)
    standin.privatise(repo, by=ada)
    standin.suspend(installation)
    standin.unsuspend(installation)
    standin.grant(installation, statuses="write")
    standin.deselect(chosen, [own])
    standin.ping(app)
    standin.uninstall(installation)
    told = [(one.event, one.payload.get("action")) for one in standin.deliveries]
    assert told == [
        ("installation", "created"),
        ("installation", "created"),
        ("installation_repositories", "added"),
        *[("push", None)] * 4,
        ("repository", "renamed"),
        ("repository", "privatized"),
        ("installation", "suspend"),
        ("installation", "unsuspend"),
        ("installation", "new_permissions_accepted"),
        ("installation_repositories", "removed"),
        ("ping", None),
        ("installation", "deleted"),
    ]
    created, forced, deleted = [one.payload for one in standin.deliveries[4:7]]
    assert (created["created"], created["forced"], created["after"]) == (True, False, first)
    assert (forced["before"], forced["forced"]) == (first, True)
    assert (deleted["deleted"], deleted["head_commit"]) == (True, None)


def test_the_signature_is_githubs(standin: StandIn) -> None:
    ada = standin.person("ada")
    app = standin.app(owner=ada, permissions=PERMISSIONS, hook_url=NOBODY)
    standin.ping(app)
    sent = standin.deliveries[-1]
    digest = hmac.new(app.webhook_secret.encode(), sent.body, hashlib.sha256).hexdigest()
    assert sent.headers["X-Hub-Signature-256"] == f"sha256={digest}"
    assert json.loads(sent.body) == sent.payload
    again = standin.redeliver(sent.number)
    assert again.headers["X-GitHub-Delivery"] == sent.headers["X-GitHub-Delivery"]
