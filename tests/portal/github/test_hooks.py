"""GitHub's messages: believed by their signature, taken once, understood whatever their order."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from portal.github import hooks, pushes
from portal.github.models import App, Hook, Installation, Push, Repository
from portal.github.views import hooks as view
from tests.hub import examples
from tests.portal.github.house import HOOKS, House, sent

pytestmark = pytest.mark.django_db


def test_a_message_is_taken_once(house: House) -> None:
    delivery = house.push()
    assert house.hand(delivery).status_code == 202
    assert house.hand(delivery).status_code == 200
    assert Push.objects.count() == Hook.objects.count() == 1
    hook = Hook.objects.get()
    assert (hook.event, hook.body) == ("push", "")
    assert hook.handled_at is not None


def test_the_same_text_under_another_name_does_nothing(house: House) -> None:
    delivery = house.push()
    house.hand(delivery)
    assert house.hand(delivery, **{"X-GitHub-Delivery": "another-name"}).status_code == 202
    assert "very same message" in Hook.objects.get(guid="another-name").outcome
    assert Push.objects.count() == 1


@pytest.mark.parametrize("signature", ["", "sha256=", "sha256=" + "0" * 64, "sha1=0", "é"])
def test_who_does_not_know_the_secret_is_turned_away(house: House, signature: str) -> None:
    answer = house.hand(house.push(), **{"X-Hub-Signature-256": signature})
    assert answer.status_code == 401
    assert "signature" in answer.content.decode()
    assert not Hook.objects.exists()


def test_a_text_that_was_changed_is_turned_away(house: House) -> None:
    delivery = house.push()
    headers = delivery.headers
    delivery.payload["forced"] = True
    answer = Client().generic(
        "POST", HOOKS, delivery.body, content_type="application/json", headers=headers
    )
    assert answer.status_code == 401


def test_without_an_app_nobody_listens(house: House) -> None:
    App.objects.all().delete()
    assert house.hand(house.push()).status_code == 404


def test_only_posts_are_taken(house: House) -> None:
    assert Client().get(HOOKS).status_code == 405


def test_what_is_too_large_is_refused_in_words(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(view, "LARGEST", 200)
    answer = house.hand(house.push())
    assert answer.status_code == 413
    assert "larger than" in answer.content.decode()


@pytest.mark.parametrize(
    ("body", "event", "guid"),
    [
        (b"[]", "ping", "a-guid"),
        (b"{", "ping", "a-guid"),
        (b"[" * 100_000, "ping", "a-guid"),
        (b"\xff", "ping", "a-guid"),
        (b"{}", "", "a-guid"),
        (b"{}", "ping", "a b"),
        (b"{}", "ping", "a" * 70),
    ],
)
def test_what_is_no_message_is_refused_in_words(
    house: House, body: bytes, event: str, guid: str
) -> None:
    answer = sent(house, event, body, guid)
    assert answer.status_code == 400
    assert "expected is JSON" in answer.content.decode()
    assert not Hook.objects.exists()


@pytest.mark.slow
def test_every_example_of_github_is_understood(house: House) -> None:
    """Nothing of theirs fails or is found odd; rows of people's own work are not touched."""
    number = 0
    for event, found in examples.every().items():
        for payload in found:
            number += 1
            answer = sent(house, event, payload, guid=f"example-{number}")
            assert answer.status_code == 202, event
    assert number > 200
    odd = [
        (hook.event, hook.action, hook.outcome)
        for hook in Hook.objects.all()
        if hook.handled_at is None or "as GitHub describes" in hook.outcome
    ]
    assert odd == []
    assert Installation.objects.count() > 1


@pytest.mark.parametrize("value", [None, [], "x", {"id": "x"}, {"id": 2**70}, {"id": True}])
def test_what_is_not_as_described_is_ignored_with_the_place(house: House, value: Any) -> None:
    payload = house.push().payload | {"repository": value}
    assert sent(house, "push", payload).status_code == 202
    assert "not as GitHub describes it, at repository" in Hook.objects.get().outcome


def test_hostile_text_is_stored_and_bounded(house: House) -> None:
    payload = house.push().payload
    payload["head_commit"]["message"] = "a\x00b\ud800" + "x" * 5_000
    payload["sender"]["login"] = "l" * 5_000
    assert sent(house, "push", payload).status_code == 202
    push = Push.objects.get()
    assert push.title == "ab?" + "x" * 197
    assert len(push.sender) == 100


def test_a_failure_of_ours_is_tried_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    delivery = house.push()

    def broken(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(pushes, "arrived", broken)
        assert house.hand(delivery).status_code == 202
    hook = Hook.objects.get()
    assert (hook.handled_at, hook.tries) == (None, 1)
    assert json.loads(hook.body)["after"] == delivery.payload["after"]
    hooks.handle_waiting(now=timezone.now())
    assert not Push.objects.exists()  # it is left alone for a while first
    hooks.handle_waiting(now=timezone.now() + hooks.AGAIN * 2)
    assert Push.objects.get().head == delivery.payload["after"]
    assert Hook.objects.get().body == ""


def test_what_never_works_is_given_up(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(pushes, "arrived", broken)
    house.hand(house.push())
    for _ in range(hooks.MOST_TRIES):
        hooks.handle_waiting(now=timezone.now() + hooks.AGAIN * 2)
    hook = Hook.objects.get()
    assert "Given up" in hook.outcome
    assert hook.body == ""


def test_old_messages_are_forgotten(house: House) -> None:
    house.hand(house.push())
    hooks.handle_waiting(now=timezone.now() + hooks.KEPT - timedelta(minutes=1))
    assert Hook.objects.count() == 1
    hooks.handle_waiting(now=timezone.now() + hooks.KEPT + timedelta(minutes=1))
    assert not Hook.objects.exists()


def test_a_new_name_finds_the_same_row(house: House) -> None:
    row = house.known
    house.standin.rename(house.repository, "numbers")
    house.hand(house.standin.deliveries[-1])
    renamed = house.known
    assert (renamed.pk, renamed.full_name) == (row.pk, "school/numbers")


def test_news_of_the_past_change_nothing(house: House) -> None:
    before = house.push()
    house.standin.rename(house.repository, "numbers")
    payload = house.standin.deliveries[-1].payload
    payload["repository"]["updated_at"] = "2030-01-01T00:00:00Z"
    house.say("repository", payload)
    house.hand(before)
    assert house.known.full_name == "school/numbers"
    assert Push.objects.count() == 1  # the push itself counts all the same


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (0, 2, 1)])
def test_installations_end_the_same_in_any_order(house: House, order: tuple[int, ...]) -> None:
    told = []
    for second, suspended in enumerate((None, "2030-01-01T00:00:01Z", None)):
        payload = house.standin.payloads.installation(
            "suspend" if suspended else "unsuspend", house.installation, house.alice
        )
        payload["installation"] |= {
            "updated_at": f"2030-01-01T00:00:0{second}Z",
            "suspended_at": suspended,
        }
        told.append(payload)
    for at in order:
        sent(house, "installation", told[at], guid=f"guid-{at}")
    assert Installation.objects.get(number=house.installation.number).suspended_at is None


def test_what_was_uninstalled_stays_so(house: House) -> None:
    made = house.standin.payloads.installation("created", house.installation, house.alice)
    house.standin.uninstall(house.installation)
    house.hand(house.standin.deliveries[-1])
    row = Installation.objects.get(number=house.installation.number)
    assert row.removed_at is not None
    assert house.known.removed_at is not None
    house.say("installation", made)
    row.refresh_from_db()
    assert row.removed_at is not None
    assert house.known.removed_at is not None


def test_repositories_come_and_go(house: House) -> None:
    other = house.standin.repository(house.organisation, "other", {"a": "a\n"}, private=True)
    tell = house.standin.payloads.installation_repositories
    house.say("installation_repositories", tell("added", house.installation, [other], house.alice))
    row = Repository.objects.get(number=other.number)
    assert (row.full_name, row.private, row.removed_at) == ("school/other", True, None)
    house.say(
        "installation_repositories", tell("removed", house.installation, [other], house.alice)
    )
    row.refresh_from_db()
    assert row.removed_at is not None
    assert house.known.removed_at is None


def test_many_repositories_cost_no_more_queries(
    house: House, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    payload = house.standin.payloads.installation("created", house.installation, house.alice)
    one = payload["repositories"][0]
    payload["repositories"] = [
        one | {"id": 10_000 + n, "full_name": f"school/r{n}", "name": f"r{n}"} for n in range(300)
    ]
    with django_assert_max_num_queries(40):
        sent(house, "installation", payload)
    assert Repository.objects.filter(number__gte=10_000).count() == 300
