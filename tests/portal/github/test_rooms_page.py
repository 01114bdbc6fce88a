"""The pages of repositories for a roster: what they say, what they send, what they cost."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from lab_specs.troubles import Trouble
from portal.common.errors import Refused
from portal.courses.models import Edition, MiniProject
from portal.courses.rules import Role
from portal.github import provisions, rooms
from portal.github.models import (
    Errand,
    Installation,
    Provision,
    Repository,
    Room,
    RoomStatus,
)
from portal.people.models import User
from tests.factories import EnrolmentFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def installation(edition: Edition) -> Installation:
    row = Installation.objects.create(
        number=7,
        account="school",
        permissions={"administration": "write"},
        seen_at=timezone.now(),
    )
    row.courses.add(edition.course)
    return row


@pytest.fixture
def teach(edition: Edition, tina: User, client: Client) -> Client:
    client.force_login(tina)
    return client


def team(edition: Edition, name: str, *logins: str) -> None:
    people = [
        UserFactory(username=f"s-{login}", display_name=login.title(), github_login=login)
        for login in logins
    ]
    for person in people:
        EnrolmentFactory(edition=edition, person=person, role=Role.STUDENT)
    TeamFactory(edition=edition, name=name, people=people)


def ordered(edition: Edition, project: MiniProject, place: Installation, by: User) -> Provision:
    order = provisions.Order(mini_projects=[project], pattern="{team}")
    return provisions.order(edition=edition, installation=place, order=order, by=by)


def page_of(client: Client, provision: Provision, name: str = "order") -> str:
    path = reverse(f"github:{name}", args=[provision.edition_id, provision.pk])
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def said(answer: Any) -> str:
    return " ".join(str(each) for each in get_messages(answer.wsgi_request))


def test_without_an_organisation_it_says_who_acts(teach: Client, edition: Edition) -> None:
    page = teach.get(reverse("github:repositories", args=[edition.pk])).content.decode()
    assert "No organisation yet" in page
    assert "<form" not in page.split("<main", 1)[1]


def test_an_order_asks_github_and_shows_the_plan(
    teach: Client, edition: Edition, mini_project: MiniProject, installation: Installation
) -> None:
    team(edition, "Ämber", "ann", "ben")
    EnrolmentFactory(edition=edition, person=UserFactory(display_name="Zed"))
    sent = {
        "installation": installation.pk,
        "mini_projects": [mini_project.pk],
        "pattern": "{course}-{team}",
        "permission": "push",
        "private": "on",
    }
    answer = teach.post(reverse("github:repositories", args=[edition.pk]), sent)
    provision = Provision.objects.get()
    assert answer.headers["Location"] == reverse("github:order", args=[edition.pk, provision.pk])
    assert "1 without a team" in said(answer)
    errand = Errand.objects.get()
    assert (errand.kind, errand.lane) == ("look", installation.lane)
    page = page_of(teach, provision)
    assert f"{edition.course.code}-amber" in page
    assert "name not proved" in page
    assert "not looked at yet" in page
    assert 'hx-trigger="every 2s"' in page
    assert "Make " not in page


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"pattern": "same"}, "Everybody would get the same name."),
        ({"template": "nonsense"}, "That is no template."),
        ({"mini_projects": []}, "This field is required."),
        ({"installation": "999"}, "That choice is not one of the available choices."),
    ],
)
def test_what_cannot_be_ordered_is_said(
    teach: Client,
    edition: Edition,
    mini_project: MiniProject,
    installation: Installation,
    given: dict[str, object],
    words: str,
) -> None:
    usual = {
        "installation": installation.pk,
        "mini_projects": [mini_project.pk],
        "pattern": "{team}",
        "permission": "push",
    }
    answer = teach.post(reverse("github:repositories", args=[edition.pk]), usual | given)
    assert (answer.status_code, words in answer.content.decode()) == (422, True)
    assert not Provision.objects.exists()


def test_an_installation_without_the_permission_is_refused_with_words(
    teach: Client, edition: Edition, mini_project: MiniProject, installation: Installation
) -> None:
    Installation.objects.update(permissions={})
    sent = {
        "installation": installation.pk,
        "mini_projects": [mini_project.pk],
        "pattern": "{team}",
        "permission": "push",
    }
    answer = teach.post(reverse("github:repositories", args=[edition.pk]), sent)
    assert "Administration: write" in answer.content.decode()


def test_only_where_an_administrator_lets_the_course(
    teach: Client,
    edition: Edition,
    mini_project: MiniProject,
    installation: Installation,
    tina: User,
) -> None:
    team(edition, "Amber", "ann")
    provision = ordered(edition, mini_project, installation, tina)
    Room.objects.update(seen={"there": False}, seen_at=timezone.now())
    installation.courses.clear()
    path = reverse("github:order", args=[edition.pk, provision.pk])
    for do in ("look", "make"):
        assert "may not make repositories for school" in said(teach.post(path, {"do": do}))
    with pytest.raises(Refused, match="may not make repositories for school"):
        ordered(edition, mini_project, installation, tina)
    assert not Errand.objects.exists()
    page = teach.get(reverse("github:repositories", args=[edition.pk])).content.decode()
    assert "No organisation yet" in page


def test_progress_tells_only_what_is_new(
    teach: Client,
    edition: Edition,
    mini_project: MiniProject,
    installation: Installation,
    tina: User,
) -> None:
    team(edition, "Amber", "ann")
    provision = ordered(edition, mini_project, installation, tina)
    rooms.look(provision, by=tina)
    path = reverse("github:progress", args=[edition.pk, provision.pk])
    first = teach.get(path).content.decode()
    seen = first.split("seen=", 1)[1].split('"', 1)[0]
    assert teach.get(path, {"seen": seen}).status_code == 204
    Room.objects.update(seen={"there": False}, seen_at=timezone.now() + timedelta(seconds=1))
    fresh = teach.get(path, {"seen": seen}).content.decode()
    assert "would be made" in fresh
    assert "hx-trigger" not in fresh
    assert "Make 1 repository" in fresh


def test_every_state_has_its_words(
    teach: Client,
    edition: Edition,
    mini_project: MiniProject,
    installation: Installation,
    tina: User,
) -> None:
    for name in "abcdefg":
        team(edition, name, f"login-{name}")
    provision = ordered(edition, mini_project, installation, tina)
    repository = Repository.objects.create(number=1, full_name="school/gold", private=True)
    foreign = {"there": True, "ours": False, "full_name": "school/b"}
    states: dict[str, dict[str, Any]] = {
        "a": {"seen": {"there": False}},
        "b": {"seen": foreign},
        "c": {"status": RoomStatus.WAITING},
        "d": {"status": RoomStatus.MADE, "repository": repository},
        "e": {
            "status": RoomStatus.INVITED,
            "notes": [{"login": "e", "code": "refused", "said": "<b>"}],
        },
        "f": {"status": RoomStatus.DONE},
        "g": {"status": RoomStatus.FAILED, "fault": Trouble.TAKEN, "facts": {"what": "school/g"}},
    }
    for name, columns in states.items():
        provision.rooms.filter(name=name).update(seen_at=timezone.now(), **columns)
    page = page_of(teach, provision)
    for words in (
        "would be made",
        "name is taken",
        "school/b is there, and the portal did not make it.",
        "waits for its turn",
        "made, not all invited",
        "made, all invited",
        "GitHub refused to invite “e”. It said: &lt;b&gt;",
        "made, all are in",
        "There is a repository called school/g already",
        "Try the failed ones again",
        f'href="{repository.link}"',
    ):
        assert words in page, words


def test_what_a_lecturer_can_do(
    teach: Client,
    edition: Edition,
    mini_project: MiniProject,
    installation: Installation,
    tina: User,
) -> None:
    team(edition, "Amber", "ann")
    provision = ordered(edition, mini_project, installation, tina)
    path = reverse("github:order", args=[edition.pk, provision.pk])
    assert "not complete" in said(teach.post(path, {"do": "nonsense"}))
    assert "Look at GitHub first" in said(teach.post(path, {"do": "make"}))
    assert "Nothing is changed by it" in said(teach.post(path, {"do": "look"}))
    assert "nobody has proved are invited, too" in said(teach.post(path, {"do": "claimed"}))
    provision.refresh_from_db()
    assert provision.claimed
    Room.objects.update(seen={"there": False}, seen_at=timezone.now())
    assert "1 are being made" in said(teach.post(path, {"do": "make"}))
    assert "the order stays" in said(teach.post(path, {"do": "discard"}))
    Room.objects.update(status=RoomStatus.FAILED)
    assert "1 are tried again" in said(teach.post(path, {"do": "again"}))
    Room.objects.update(status=RoomStatus.PLANNED)
    answer = teach.post(path, {"do": "discard"})
    assert answer.headers["Location"] == reverse("github:repositories", args=[edition.pk])


def test_an_order_of_another_edition_is_not_here(
    teach: Client, mini_project: MiniProject, installation: Installation, otto: User, tina: User
) -> None:
    provision = ordered(mini_project.edition, mini_project, installation, tina)
    other = otto.enrolments.get().edition
    EnrolmentFactory(edition=other, person=tina, role=Role.LECTURER)
    for name in ("order", "progress"):
        path = reverse(f"github:{name}", args=[other.pk, provision.pk])
        assert teach.get(path).status_code == 404


@pytest.mark.parametrize("count", [2, 12])
def test_pages_cost_the_same_for_any_class(
    teach: Client,
    edition: Edition,
    mini_project: MiniProject,
    installation: Installation,
    tina: User,
    count: int,
    django_assert_num_queries: Callable[..., Any],
) -> None:
    for number in range(count):
        team(edition, f"team {number}", f"a-{number}", f"b-{number}")
    provision = ordered(edition, mini_project, installation, tina)
    rooms.look(provision, by=tina)
    Room.objects.update(seen={"there": False}, seen_at=timezone.now(), status=RoomStatus.WAITING)
    with django_assert_num_queries(20):
        page_of(teach, provision)
    for _ in range(count - 1):
        ordered(edition, mini_project, installation, tina)
    with django_assert_num_queries(13):
        teach.get(reverse("github:repositories", args=[edition.pk]))
