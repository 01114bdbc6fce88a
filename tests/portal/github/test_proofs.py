"""A repository that was a team's once: GitHub is asked again, and what it says counts."""

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.github import access, proofs, pushes, watches
from portal.github.models import (
    Errand,
    ErrandStatus,
    Provision,
    Push,
    PushStatus,
    Repository,
    Room,
    Watch,
)
from portal.people.models import User
from portal.submissions.models import Submission
from tests.portal.github.house import House, work_off

pytestmark = pytest.mark.django_db
TOMORROW = timedelta(days=1, minutes=1)


def tomorrow() -> list[str]:
    """What is asked a day later, and what workers did then."""
    proofs.ask_due(now=timezone.now() + TOMORROW)
    return work_off()


def locked_out(house: House) -> None:
    """The account that alice proved is nobody's who may push there now."""
    stranger = house.standin.person("stranger", "S", "s@uni.example")
    User.objects.filter(github_id=house.alice.number).update(
        github_id=stranger.number, github_login="stranger"
    )


def test_who_may_push_still_is_asked_once_a_day(house: House) -> None:
    assert proofs.ask_due(now=timezone.now()) == 0
    assert tomorrow() == ["watch-still"]
    assert tomorrow() == []
    watch = Watch.objects.get()
    assert (watch.on_push, watch.lapsed_at) == (True, None)
    Watch.objects.update(asked_at=None)
    proofs.ask_due(now=timezone.now())
    work_off()
    assert Errand.objects.filter(kind=proofs.KIND).count() == 1  # the last one alone is kept


@pytest.mark.parametrize("on_push", [True, False])
def test_who_may_no_longer_push_has_nothing_graded_or_read(
    house: House, work: Submission, alice: User, on_push: bool
) -> None:
    Watch.objects.update(on_push=on_push)
    told = pushes.Told(branch="main", head="a" * 40, pushed_at=timezone.now())
    pushes.arrived(house.known, told)
    locked_out(house)
    place = "school/digits"
    assert access.is_watched(place, house.watch.team_id)
    assert tomorrow() == ["watch-still"]
    assert not Watch.objects.get().on_push
    assert not access.is_watched(place, house.watch.team_id)
    kept = [(each.status, each.reason) for each in Push.objects.all()]
    assert kept == [(PushStatus.IGNORED, proofs.LAPSED)] * on_push
    fault = watches.offer(house.watch.mini_project, house.watch.team).fault
    assert fault is not None
    assert "may push to school/digits any more" in fault.happened
    assert tomorrow() == []


def test_it_comes_back_with_a_new_proof(house: House, work: Submission, alice: User) -> None:
    Submission.objects.update(repository=house.known.link)
    Watch.objects.update(lapsed_at=timezone.now(), on_push=False)
    project, team = house.watch.mini_project, house.watch.team
    assert not watches.turn_on(mini_project=project, team=team, by=alice)  # GitHub is asked first
    assert work_off() == ["watch"]
    watch = Watch.objects.get()
    assert (watch.on_push, watch.lapsed_at) == (True, None)
    assert watches.offer(project, team).fault is None


def test_what_staff_chose_needs_no_proof(house: House, tina: User) -> None:
    locked_out(house)
    Watch.objects.update(by=tina)
    assert tomorrow() == []


def test_what_the_portal_made_needs_no_proof(house: House, tina: User) -> None:
    locked_out(house)
    order = Provision.objects.create(
        edition=house.watch.mini_project.edition,
        installation=house.known.installation,
        pattern="x",
        by=tina,
        made_at=timezone.now(),
    )
    Room.objects.create(
        provision=order, team=house.watch.team, name="digits", repository=house.known
    )
    assert tomorrow() == []


def test_no_answer_takes_nothing_away(house: House) -> None:
    house.standin.fail(r"GET .*/permission", "forbidden", times=9)
    assert tomorrow() == ["watch-still"]
    assert Errand.objects.get(kind=proofs.KIND).status == ErrandStatus.FAILED
    assert Watch.objects.get().lapsed_at is None


def test_what_is_not_seen_is_not_asked_for(house: House) -> None:
    Repository.objects.update(removed_at=timezone.now())
    assert tomorrow() == []
