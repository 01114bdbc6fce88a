"""The rounds: what the clock sets off finds due pushes, and everything that was lost."""

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.github import hooks, pushes, tasks
from portal.github.models import Errand, Hook, Push, PushStatus
from tests.portal.github.house import House

pytestmark = pytest.mark.django_db


def test_each_round_does_its_part(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    delivery = house.push()
    with monkeypatch.context() as patch:
        patch.delattr(pushes, "arrived")
        house.hand(delivery)
    Hook.objects.update(received_at=timezone.now() - 2 * hooks.AGAIN)
    tasks.find_lost()
    assert Push.objects.get().status == PushStatus.WAITING
    assert {errand.kind for errand in Errand.objects.all()} == {"installations", "repositories"}
    tasks.take_pushes()
    assert Push.objects.get().status == PushStatus.WAITING
    Push.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    tasks.ring()
    assert Push.objects.get().status == PushStatus.TAKEN
    Errand.objects.all().delete()
    tasks.find_lost()
    assert Errand.objects.filter(kind="verdict").count() == 1
