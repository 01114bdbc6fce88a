"""Somebody who looks up link after link is asked to wait, in words."""

from datetime import UTC, datetime

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from portal.courses.models import MiniProject, Team
from portal.people.models import User
from portal.submissions.lookups import LOOK_UPS
from portal.submissions.models import Lookup
from tests.worlds import SHELF

TYPED = {"lab": "serving", "link": "https://github.com/alice/digits"}


@pytest.mark.django_db
def test_too_many_links_are_refused_in_words_and_only_for_a_while(
    mini_project: MiniProject,
    team: Team,
    alice: User,
    bob: User,
    client: Client,
    settings: Settings,
) -> None:
    settings.SHELF = SHELF
    path = reverse("submissions:project", args=[mini_project.pk])
    client.force_login(alice)
    with time_machine.travel(datetime(2026, 10, 1, 9, tzinfo=UTC), tick=False) as clock:
        for _ in range(LOOK_UPS.at_once - 1):
            LOOK_UPS.take(alice.pk)
        assert client.post(path, TYPED).status_code == 302
        answer = client.post(path, TYPED)
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "5")
        page = answer.content.decode()
        assert "Nothing is lost. Try again in 5 seconds." in page
        assert f'value="{TYPED["link"]}"' in page
        assert Lookup.objects.count() == 1
        client.force_login(bob)
        assert client.post(path, TYPED).status_code == 302
        client.force_login(alice)
        clock.shift(5)
        assert client.post(path, TYPED).status_code == 302
