"""Messages that got lost: the portal looks for itself, seldom, and asks no more than it must."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from grader.hub import heads
from portal.github import errands, looking, pushes
from portal.github.models import (
    Errand,
    ErrandStatus,
    Installation,
    Push,
    PushStatus,
    Repository,
    Watch,
)
from portal.submissions.models import Submission
from tests.hub import gits
from tests.portal.github.house import House, work_off

pytestmark = pytest.mark.django_db
SOON = timedelta(minutes=20)


@pytest.fixture(autouse=True)
def _long_watched(house: House) -> None:
    """What the stand-in does happens after the portal began to watch."""
    Watch.objects.update(made_at=datetime(2020, 1, 1, tzinfo=UTC))


def looked(house: House) -> list[str]:
    """One round, and what workers did then; a minute later than it is."""
    Repository.objects.update(pushed_at=None)
    Errand.objects.filter(kind="repositories").delete()
    assert looking.ask_due(now=timezone.now()) == 1
    done = work_off()
    if looking.look_for_lost(now=timezone.now() + SOON):
        done += work_off()
    return [kind for kind in done if kind not in {"verdict", "installations"}]


def test_an_installation_of_which_nobody_told_is_found(house: House) -> None:
    Watch.objects.all().delete()
    Repository.objects.all().delete()
    Installation.objects.update(number=1, account="gone")
    looking.ask_due(now=timezone.now())
    work_off()
    row = Installation.objects.get(number=house.installation.number)
    assert (row.account, row.removed_at) == ("school", None)
    assert row.permissions["checks"] == "write"
    assert Installation.objects.get(number=1).removed_at is not None
    Installation.objects.filter(pk=row.pk).update(removed_at=timezone.now())
    looking.ask_due(now=timezone.now() + looking.EVERY * 2)
    work_off()
    row.refresh_from_db()
    assert row.removed_at is None
    looking.ask_due(now=timezone.now() + looking.EVERY * 4)
    work_off()
    assert house.known.full_name == "school/digits"
    assert Errand.objects.filter(kind="installations").count() == 1


def lost(house: House, text: str = "lost\n") -> str:
    """A commit that arrived at GitHub while no message arrived here."""
    house.standin.loses_deliveries = True
    house.standin.push(house.repository, {"app.py": text}, by=house.alice, message="Lost")
    return gits.branches(house.repository.folder)["main"]


def test_a_lost_push_is_found_and_graded_once(house: House) -> None:
    head = lost(house)
    assert looked(house) == ["repositories", "head"]
    push = Push.objects.get()
    assert (push.head, push.guid, push.title) == (head, "", "Lost")
    pushes.take_due(now=timezone.now() + pushes.DEBOUNCE)
    assert Submission.objects.get().commit == head
    assert looked(house) == ["repositories"]
    house.hand(house.standin.deliveries[-1])  # the message, after all
    pushes.take_due(now=timezone.now() + pushes.DEBOUNCE)
    assert Submission.objects.count() == 1
    assert not Push.objects.filter(status=PushStatus.WAITING).exists()


def test_what_was_told_is_not_asked_for(house: House) -> None:
    house.hand(house.push())
    assert looked(house) == ["repositories"]


def test_a_push_elsewhere_is_asked_for_once(house: House) -> None:
    house.standin.loses_deliveries = True
    house.standin.push(house.repository, {"a": "1"}, by=house.alice, branch="side")
    Submission.objects.create(
        mini_project=house.watch.mini_project,
        team=house.watch.team,
        submitted_by=house.watch.by,
        lab="serving",
        repository=house.known.link,
        commit=gits.branches(house.repository.folder)["main"],
        created_at=timezone.now(),
    )
    assert looked(house) == ["repositories", "head"]
    assert not Push.objects.exists()
    assert looked(house) == ["repositories"]


def test_what_was_pushed_just_now_may_be_on_its_way(house: House) -> None:
    lost(house)
    looking.ask_due(now=timezone.now())
    assert work_off() == ["installations", "repositories"]


def test_only_those_who_asked_are_looked_after(house: House) -> None:
    lost(house)
    Watch.objects.update(on_push=False)
    assert looked(house) == ["repositories"]


def test_every_ten_minutes_and_not_more_often(house: House) -> None:
    assert looking.ask_due(now=timezone.now()) == 1
    work_off()
    assert looking.ask_due(now=timezone.now()) == 0
    assert looking.ask_due(now=timezone.now() + looking.EVERY + timedelta(seconds=1)) == 1
    work_off()
    assert Errand.objects.filter(kind="repositories").count() == 1  # the last one alone is kept
    assert Errand.objects.get(kind="repositories").answer == {"repositories": 1}


def test_who_is_gone_is_not_asked(house: House) -> None:
    Installation.objects.update(removed_at=timezone.now())
    assert looking.ask_due(now=timezone.now()) == 0


def test_a_suspension_that_has_ended_is_found(house: House) -> None:
    Installation.objects.update(suspended_at=timezone.now())
    looked(house)
    assert Installation.objects.get().suspended_at is None


def test_names_and_what_is_gone_are_put_right(house: House) -> None:
    Repository.objects.update(full_name="school/old-name", private=False)
    gone = Repository.objects.create(
        number=1, installation=house.known.installation, full_name="school/gone", private=True
    )
    fresh = house.standin.repository(house.organisation, "fresh", {"a": "a\n"})
    looked(house)
    gone.refresh_from_db()
    assert gone.removed_at is not None
    assert (house.known.full_name, house.known.private) == ("school/digits", True)
    assert Repository.objects.get(number=fresh.number).full_name == "school/fresh"
    house.standin.installation_token(house.installation)
    Repository.objects.filter(pk=house.known.pk).update(removed_at=timezone.now())
    looked(house)
    assert house.known.removed_at is None  # seen again


@pytest.mark.slow
def test_a_class_of_450_costs_five_requests(
    house: House, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(449):
        house.standin.repository(house.organisation, f"r{number}")
    house.standin.calls.clear()
    looking.ask_due(now=timezone.now())
    with django_assert_max_num_queries(45):
        work_off()
    assert Repository.objects.filter(removed_at=None).count() == 450
    asked = [call.path for call in house.standin.calls]
    assert sum("/installation/repositories" in path for path in asked) == 5
    assert len(asked) == 7  # one for installations; and one for a token, which lasts an hour


def test_what_is_missing_from_half_a_list_is_not_gone(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heads, "PAGE", 1)
    monkeypatch.setattr(heads, "MOST_PAGES", 1)
    house.standin.repository(house.organisation, "fresh", {"a": "a\n"})
    before = timezone.now() - timedelta(days=1)
    away = Installation.objects.create(number=1, account="beyond", seen_at=before)
    Repository.objects.create(
        number=1, installation=house.known.installation, full_name="school/x", private=True
    )
    looking.ask(house.known.installation or away)
    errands.ask("installations", "all")
    assert work_off() == ["repositories", "installations"]
    away.refresh_from_db()
    assert away.removed_at is None
    assert not Repository.objects.exclude(removed_at=None).exists()


def test_a_branch_that_may_not_be_read_is_asked_for_once(house: House) -> None:
    lost(house)
    house.standin.fail(r"GET .*/branches/", "forbidden", times=9)
    assert looked(house) == ["repositories", "head"]
    assert looked(house) == ["repositories"]
    assert Errand.objects.get(kind="head").fault == "forbidden"


def test_an_empty_repository_has_no_branch_to_look_at(house: House) -> None:
    lost(house)
    house.standin.fail(r"GET .*/branches/", "not_found")
    assert looked(house) == ["repositories", "head"]
    assert Errand.objects.get(kind="head").status == ErrandStatus.FAILED
    assert looked(house) == ["repositories"]


@pytest.mark.parametrize(
    ("kind", "column"), [("uninstalled", "removed_at"), ("suspended", "suspended_at")]
)
def test_github_says_that_the_app_is_away(house: House, kind: str, column: str) -> None:
    house.standin.fail(r"POST .*/access_tokens", kind)
    looking.ask_due(now=timezone.now())
    work_off()
    assert getattr(Installation.objects.get(), column) is not None
