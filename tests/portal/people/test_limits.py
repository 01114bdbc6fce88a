"""How often something may be done."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import RequestFactory
from pytest_django.fixtures import Settings

from portal.people import limits
from portal.people.limits import Limit, address_of
from portal.people.models import Allowance

LIMIT = Limit("test", at_once=3, every=timedelta(seconds=10))
NONE = timedelta()


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(datetime(2026, 10, 1, 9, tzinfo=UTC), tick=False) as clock:
        yield clock


@pytest.mark.django_db
def test_some_at_once_then_evenly(clock: time_machine.Traveller) -> None:
    assert [LIMIT.take("a") for _ in "1234"] == [NONE, NONE, NONE, timedelta(seconds=10)]
    clock.shift(9)
    assert LIMIT.take("a") == timedelta(seconds=1)
    clock.shift(1)
    assert LIMIT.take("a") == NONE
    assert LIMIT.take("a") == timedelta(seconds=10)


@pytest.mark.django_db
def test_trying_while_one_waits_makes_the_wait_no_longer(clock: time_machine.Traveller) -> None:
    assert {LIMIT.take("a") for _ in range(50)} == {NONE, timedelta(seconds=10)}
    clock.shift(30)
    assert [LIMIT.take("a") for _ in "1234"] == [NONE, NONE, NONE, timedelta(seconds=10)]


@pytest.mark.django_db
def test_everybody_and_everything_is_counted_apart(clock: time_machine.Traveller) -> None:
    other = Limit("other", at_once=3, every=timedelta(seconds=10))
    for _ in "123":
        LIMIT.take("a")
    assert LIMIT.take("a")
    assert not LIMIT.take("b")
    assert not LIMIT.take("a", "b")
    assert not other.take("a")


@pytest.mark.django_db
def test_what_is_given_back_can_be_taken_again(clock: time_machine.Traveller) -> None:
    for _ in "123":
        LIMIT.take("a")
    LIMIT.give_back("a")
    assert [LIMIT.take("a") for _ in "12"] == [NONE, timedelta(seconds=10)]
    LIMIT.clear("a")
    assert not LIMIT.take("a")


@pytest.mark.django_db
def test_what_limits_nobody_is_forgotten(clock: time_machine.Traveller) -> None:
    LIMIT.take("a")
    clock.shift(5)
    LIMIT.take("b")
    clock.shift(6)
    limits.forget(now=datetime.now(UTC))
    assert Allowance.objects.count() == 1


@pytest.mark.django_db
def test_the_table_tells_no_names(clock: time_machine.Traveller) -> None:
    LIMIT.take("alice", "192.0.2.7")
    assert "alice" not in Allowance.objects.get().key


@pytest.mark.django_db(transaction=True)
def test_many_at_once_get_no_more_than_there_is() -> None:
    slow = Limit("race", at_once=5, every=timedelta(hours=1))

    def take(_: int) -> timedelta:
        try:
            return slow.take("a")
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as hands:
        waits = list(hands.map(take, range(24)))
    assert sum(not wait for wait in waits) == 5


@pytest.mark.parametrize(
    ("peer", "forwarded", "proxy", "address"),
    [
        ("192.0.2.7", "203.0.113.9", False, "192.0.2.7"),
        ("172.18.0.1", "10.6.6.6, 203.0.113.9", True, "203.0.113.9"),
        ("172.18.0.1", None, True, "172.18.0.1"),
        ("2001:db8:1:2:3:4:5:6", None, False, "2001:db8:1:2::/64"),
        ("", None, False, ""),
        ("192.0.2.7", "<script>", True, "<script>"),
    ],
)
def test_an_address_is_what_our_own_proxy_saw(
    peer: str, forwarded: str | None, proxy: bool, address: str, settings: Settings
) -> None:
    settings.BEHIND_PROXY = proxy
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    request = RequestFactory().get("/", headers=headers, REMOTE_ADDR=peer)
    assert address_of(request) == address
