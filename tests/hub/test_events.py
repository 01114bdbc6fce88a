"""Everything that happens at GitHub is told as GitHub tells it."""

import hashlib
import hmac
import json
import re
import threading
from collections.abc import Iterator
from email.message import Message
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from tests.hub.school import School
from tests.hub.standin import StandIn

PERMISSIONS = {"contents": "read", "checks": "write"}
NOBODY = "http://127.0.0.1:9/hook"  # where nobody listens
EVENTS = ("push", "check_run", "check_suite", "repository")


@pytest.fixture
def listener() -> Iterator[tuple[str, list[tuple[Message, bytes]]]]:
    """Somebody who listens: the address, and what was heard there."""
    heard: list[tuple[Message, bytes]] = []

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append((self.headers, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(202)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Listener) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/hook", heard
        server.shutdown()
        thread.join()


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


def test_deliveries_are_listed_newest_first_and_sent_again(school: School) -> None:
    for name in "abc":
        school.hub.push(school.digits, {name: "1"}, by=school.ada)
    with school.integration() as app:

        def ask(path: str, verb: str = "GET") -> Any:
            return app.requester.requestJsonAndCheck(verb, f"/app/hook{path}")

        assert ask("/config")[1]["content_type"] == "json"
        headers, first = ask("/deliveries?per_page=2")
        assert [one["event"] for one in first] == ["push", "push"]
        cursor = re.search(r"cursor=(\d+)>; rel=\"next\"", headers["link"])[1]
        _, rest = ask(f"/deliveries?per_page=2&cursor={cursor}")
        assert [one["event"] for one in rest] == ["push", "installation"]
        assert ask(f"/deliveries/{rest[0]['id']}")[1]["request"]["payload"]["before"]
        ask(f"/deliveries/{rest[0]['id']}/attempts", "POST")
        (again, *_) = ask("/deliveries")[1]
    assert (again["guid"], again["redelivery"]) == (rest[0]["guid"], True)


def test_whoever_listens_hears_it(school: School, listener: tuple[str, list[Any]]) -> None:
    school.app.hook_url, heard = listener
    school.hub.push(school.digits, {"a": "1"}, by=school.ada)
    ((headers, body),) = heard
    assert headers["X-GitHub-Event"] == "push"
    assert json.loads(body) == school.hub.deliveries[-1].payload
    assert school.hub.deliveries[-1].status_code == 202
    school.hub.loses_deliveries = True
    school.hub.push(school.digits, {"a": "2"}, by=school.ada)
    assert len(heard) == 1
    assert school.hub.deliveries[-1].status_code == 0
