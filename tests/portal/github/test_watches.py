"""Turning “grade every push” on: whose repository it is, who says so, and what a page shows."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from portal.common.errors import Refused
from portal.courses.models import Team
from portal.github import badges, pushes, watches
from portal.github.models import (
    App,
    CheckRun,
    Errand,
    Installation,
    Push,
    PushStatus,
    Repository,
    Watch,
)
from portal.people.models import User
from portal.submissions.models import Attempt, Submission
from portal.submissions.states import State
from tests.factories import AttemptFactory, SubmissionFactory
from tests.portal.github.house import House, work_off
from tests.worlds import SHELF

pytestmark = pytest.mark.django_db


@pytest.fixture
def handed_in(house: House, alice: User) -> Submission:
    """A commit of the repository, handed in by its link; nobody watches yet."""
    house.watch.delete()
    return SubmissionFactory(
        mini_project=house.watch.mini_project,
        team=house.watch.team,
        submitted_by=alice,
        repository=f"{house.standin.web}/School/digits",
        ref="main",
        context="serve",
        dockerfile="docker/Dockerfile",
    )


def turn(person: User, work: Submission, on: str = "1") -> str:
    """Press the button; the page that is shown then."""
    client = Client()
    client.force_login(person)
    path = reverse("github:on-push", args=[work.mini_project_id, work.team_id])
    return client.post(path, {"on": on}, follow=True).content.decode()


def test_github_says_whose_it_is(house: House, handed_in: Submission, alice: User) -> None:
    house.repository.collaborators["alice"] = "push"
    assert "GitHub is being asked" in turn(alice, handed_in)
    assert not Watch.objects.exists()
    assert work_off() == ["watch"]
    watch = Watch.objects.get()
    assert (watch.on_push, watch.repository, watch.by) == (True, house.known, alice)
    assert (watch.lab, watch.context, watch.dockerfile) == (
        "serving",
        "serve",
        "docker/Dockerfile",
    )
    assert watch.branch == ""  # the default branch, whatever it is called later
    page = turn(alice, handed_in, on="0")
    assert "Turn it on" in page
    assert not Watch.objects.get().on_push


def test_somebody_elses_repository_stays_theirs(
    house: House, handed_in: Submission, alice: User
) -> None:
    stranger = house.standin.person("stranger", "S", "s@uni.example")
    User.objects.filter(pk=alice.pk).update(github_id=stranger.number, github_login="stranger")
    turn(alice, handed_in)
    work_off()
    assert not Watch.objects.exists()
    client = Client()
    client.force_login(alice)
    path = reverse("submissions:project", args=[handed_in.mini_project_id])
    page = client.get(path).content.decode()
    assert "does not count you among those who may push to school/digits" in page


@pytest.fixture
def elsewhere(house: House, handed_in: Submission, charlie: User) -> Watch:
    """Another team whose work lies in the same repository."""
    return Watch.objects.create(
        mini_project=handed_in.mini_project,
        team=Team.objects.get(name="Birch"),
        repository=house.known,
        by=charlie,
        made_at=timezone.now(),
    )


@pytest.mark.parametrize("who", ["alice", "tina"])
def test_one_repository_is_one_teams_work(
    elsewhere: Watch, handed_in: Submission, tina: User, who: str
) -> None:
    page = turn(User.objects.get(username=who), handed_in)
    assert "Another team&#x27;s work for this mini-project lies in school/digits." in page
    assert Watch.objects.get() == elsewhere
    assert not Errand.objects.exists()
    Watch.objects.update(lapsed_at=timezone.now())
    turn(User.objects.get(username=who), handed_in)
    work_off()
    assert Watch.objects.count() == 2


def test_of_two_teams_the_faster_one_works_there(
    house: House, handed_in: Submission, alice: User, charlie: User
) -> None:
    turn(alice, handed_in)
    Watch.objects.create(
        mini_project=handed_in.mini_project,
        team=Team.objects.get(name="Birch"),
        repository=house.known,
        by=charlie,
        made_at=timezone.now(),
    )
    assert work_off() == ["watch"]
    assert Watch.objects.get().by == charlie
    fault = watches.offer(handed_in.mini_project, handed_in.team).fault
    assert fault is not None
    assert "Another team's work" in fault.happened


def test_a_reader_is_no_owner(house: House, handed_in: Submission, bob: User, alice: User) -> None:
    reader = house.standin.person("reader", "R", "r@uni.example")
    house.repository.collaborators["reader"] = "pull"
    User.objects.filter(pk=alice.pk).update(github_id=None, github_login="")
    User.objects.filter(pk=bob.pk).update(github_id=reader.number, github_login="reader")
    turn(bob, handed_in)
    assert work_off() == ["watch"]
    assert not Watch.objects.exists()


def test_nobody_has_proved_an_account(handed_in: Submission, alice: User) -> None:
    User.objects.update(github_id=None)
    assert "nobody of you has signed in with GitHub yet" in turn(alice, handed_in)
    assert not Errand.objects.exists()


def test_staff_need_no_proof(house: House, handed_in: Submission, tina: User) -> None:
    assert "Every push is graded from now on." in turn(tina, handed_in)
    assert Watch.objects.get().by == tina


def test_what_staff_chose_is_only_turned_on_and_off(
    house: House, handed_in: Submission, alice: User, tina: User
) -> None:
    other = Repository.objects.create(
        number=1, installation=Installation.objects.get(), full_name="school/chosen", private=True
    )
    watch = Watch.objects.create(
        mini_project=handed_in.mini_project,
        team=handed_in.team,
        repository=other,
        lab="serving",
        by=tina,
        made_at=timezone.now(),
    )
    turn(alice, handed_in)
    watch.refresh_from_db()
    assert (watch.on_push, watch.repository) == (True, other)
    assert not Errand.objects.exists()


def test_turning_off_leaves_what_waits(house: House, work: Submission, alice: User) -> None:
    told = pushes.Told(branch="main", head="a" * 40, pushed_at=timezone.now())
    pushes.arrived(house.known, told)
    turn(alice, work, on="0")
    assert (Push.objects.get().status, Push.objects.get().reason) == (
        PushStatus.IGNORED,
        watches.OFF,
    )
    assert pushes.take_due(now=timezone.now() + timedelta(hours=1)) == 0


@pytest.mark.parametrize("who", ["charlie", "otto"])
def test_others_have_no_say(
    house: House, work: Submission, charlie: User, otto: User, who: str
) -> None:
    client = Client()
    client.force_login(User.objects.get(username=who))
    path = reverse("github:on-push", args=[work.mini_project_id, work.team_id])
    assert client.post(path, {"on": "0"}).status_code == 404
    assert Watch.objects.get().on_push


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("no app", "has no GitHub App"),
        ("nothing", "Hand in one commit"),
        ("elsewhere", "is not on GitHub"),
        ("not seen", "does not see School/digits. An owner of “School” at GitHub installs it"),
        ("away", "does not see School/digits"),
    ],
)
def test_what_is_missing_is_said_with_who_can_help(
    handed_in: Submission, change: str, words: str
) -> None:
    if change == "no app":
        App.objects.all().delete()
        Repository.objects.all().delete()
    if change == "not seen":
        Repository.objects.all().delete()
    if change == "elsewhere":
        Submission.objects.update(repository="https://gitlab.com/a/b")
    if change == "nothing":
        handed_in.delete()
    if change == "away":
        Installation.objects.update(suspended_at=timezone.now())
    found = watches.offer(handed_in.mini_project, handed_in.team)
    assert words in found.obstacle
    with pytest.raises(Refused) as refused:
        watches.turn_on(
            mini_project=handed_in.mini_project, team=handed_in.team, by=handed_in.submitted_by
        )
    assert str(refused.value) == found.obstacle


def test_the_page_lists_what_became_of_pushes(
    house: House, work: Submission, alice: User, settings: Settings
) -> None:
    settings.SHELF = SHELF
    for number, message in enumerate(["First", "Second", "No [skip grading]"]):
        at = timezone.now() + timedelta(seconds=number)
        told = pushes.Told(
            branch="main", head=f"{number + 1:040x}", pushed_at=at, message=message, sender="alice"
        )
        pushes.arrived(house.known, told)
    pushes.take_due(now=timezone.now() + timedelta(minutes=1))
    client = Client()
    client.force_login(alice)
    page = client.get(reverse("submissions:project", args=[work.mini_project_id])).content.decode()
    for words in (
        "Handed in",
        "Replaced",
        "Not graded",
        "A newer push took its place",
        "says [skip",
    ):
        assert words in page
    attempt = Attempt.objects.get(submission__pushes__title="Second")
    assert f'href="/attempts/{attempt.pk}/"' in page
    assert f"![Serving](https://portal.example/github/badge/{house.watch.badge}.svg)" in page


def test_a_long_history_costs_the_page_no_more_queries(
    house: House, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(30):
        told = pushes.Told(
            branch="main",
            head=f"{number + 1:040x}",
            pushed_at=timezone.now() + timedelta(minutes=number),
        )
        pushes.arrived(house.known, told)
        pushes.take_due(now=timezone.now() + timedelta(minutes=1))
    with django_assert_max_num_queries(8):
        found = watches.offer(house.watch.mini_project, house.watch.team)
        assert all(push.submission for push in found.pushes)
        assert [len(push.submission.attempts.all()) for push in found.pushes if push.submission]
    assert len(found.pushes) == watches.SHOWN


def test_a_verdict_that_could_not_be_told_is_explained(house: House, work: Submission) -> None:
    CheckRun.objects.create(
        attempt=AttemptFactory(submission=work), full_name="a/b", fault="forbidden"
    )
    found = watches.offer(work.mini_project, work.team)
    assert found.untold is not None
    assert "does not let the portal do this" in found.untold.happened


def test_the_badge_follows_the_newest_attempt(house: House, work: Submission) -> None:
    path = reverse("github:badge", args=[house.watch.badge])
    shown = Client().get(path)
    assert shown.headers["Content-Type"] == "image/svg+xml"
    assert shown.headers["Cache-Control"] == "public, max-age=60"
    assert '<title id="t">Serving: Nothing handed in</title>' in shown.content.decode()
    again = Client().get(path, headers={"If-None-Match": shown.headers["ETag"]})
    assert again.status_code == 304
    AttemptFactory(submission=work, state=State.DONE)
    newer = Client().get(path, headers={"If-None-Match": shown.headers["ETag"]})
    assert "Serving: Passed" in newer.content.decode()


def test_the_badge_tells_no_names_and_bears_any_title(house: House, alice: User) -> None:
    project = house.watch.mini_project
    project.title = '<script>alert(1)</script>"&' + "x" * 60
    project.save()
    page = Client().get(reverse("github:badge", args=[house.watch.badge])).content.decode()
    assert "<script" not in page
    assert not any(name in page.lower() for name in ("alice", "amber", "digits"))
    assert len(badges.of(Watch.objects.get()).title) == badges.LONGEST
    assert Client().get("/github/badge/guessed.svg").status_code == 404
