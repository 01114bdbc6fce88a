"""A push to a watched branch: which ones count, on whose behalf, and why one is not graded."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from portal.courses.models import Edition, Enrolment, MiniProject
from portal.github import pushes
from portal.github.models import Hook, Push, PushStatus, Watch
from portal.people.models import User
from portal.submissions import dispatch, domain
from portal.submissions.models import Attempt, Submission
from portal.submissions.states import State
from tests.factories import AttemptFactory, SubmissionFactory
from tests.portal.github.house import House

pytestmark = pytest.mark.django_db
AT = datetime(2026, 10, 1, 12, 0, tzinfo=UTC)


def arrived(house: House, number: int = 1, **told: Any) -> Push:
    base = {"branch": "main", "head": f"{number:040x}", "pushed_at": AT + timedelta(minutes=number)}
    (push,) = pushes.arrived(house.known, pushes.Told(**(base | told)))
    return push


def take(after: timedelta = pushes.DEBOUNCE) -> int:
    return pushes.take_due(now=timezone.now() + after)


def test_a_push_is_handed_in_for_who_pushed(house: House, alice: User) -> None:
    Watch.objects.update(context="serve", dockerfile="docker/Dockerfile")
    delivery = house.push(message="Serve it\n\nat last")
    house.hand(delivery)
    assert take() == 1
    push, work = Push.objects.get(), Submission.objects.get()
    assert (push.status, push.submission, push.reason) == (PushStatus.TAKEN, work, "")
    assert work.repository == f"{house.standin.web}/school/digits"
    assert (work.commit, work.ref) == (delivery.payload["after"], "main")
    assert (work.submitted_by, work.team, work.lab) == (alice, house.watch.team, "serving")
    assert (work.context, work.dockerfile) == ("serve", "docker/Dockerfile")
    assert (work.commit_title, push.author) == ("Serve it", "Alice Liddell")
    assert Attempt.objects.get().state == State.QUEUED


def test_it_waits_a_moment_first(
    house: House,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    rung: list[float] = []
    monkeypatch.setattr(dispatch, "ring_pushes", lambda *, after: rung.append(after) or True)
    with django_capture_on_commit_callbacks(execute=True):
        arrived(house)
    assert rung == [pushes.DEBOUNCE.total_seconds()]
    assert take(after=pushes.DEBOUNCE / 2) == 0
    assert take() == 1


def test_of_a_storm_the_newest_wins(house: House) -> None:
    for number in range(1, 6):
        arrived(house, number)
    assert take() == 1
    assert Submission.objects.get().commit == f"{5:040x}"
    older = Push.objects.exclude(status=PushStatus.TAKEN)
    assert {push.status for push in older} == {PushStatus.SUPERSEDED}
    assert "A newer push took its place" in older[0].reason


def test_a_storm_without_end_is_graded_now_and_then(house: House) -> None:
    first = arrived(house, 1)
    long_ago = timezone.now() - pushes.LONGEST
    Push.objects.filter(pk=first.pk).update(received_at=long_ago)
    assert arrived(house, 2).due_at <= timezone.now()


def test_what_comes_late_takes_no_place(house: House) -> None:
    arrived(house, 2)
    take()
    late = arrived(house, 1)
    assert late.status == PushStatus.SUPERSEDED
    assert "after a newer push" in late.reason
    assert take() == 0


@pytest.mark.parametrize("message", ["Tidy [skip grading]", "Tidy\n\n[Skip Grading] please"])
def test_a_message_can_leave_a_push_out(house: House, message: str) -> None:
    first = arrived(house, 1)
    push = arrived(house, 2, message=message)
    assert (push.status, push.reason) == (PushStatus.IGNORED, pushes.SKIPPED)
    take()
    first.refresh_from_db()
    assert first.status == PushStatus.TAKEN  # what was asked for before is graded all the same


@pytest.mark.parametrize("branch", ["side", "mainly", "Main"])
def test_other_branches_leave_no_row(house: House, branch: str) -> None:
    house.hand(house.push(branch=branch))
    assert not Push.objects.exists()
    assert f"pushes to {branch}" in Hook.objects.get().outcome


def test_the_branch_that_was_asked_for(house: House) -> None:
    Watch.objects.update(branch="side")
    house.hand(house.push(branch="main"))
    assert not Push.objects.exists()
    house.hand(house.push(branch="side"))
    assert Push.objects.get().branch == "side"


def test_tags_and_deleted_branches_are_no_pushes(house: House) -> None:
    payload = house.push().payload
    house.say("push", payload | {"ref": "refs/tags/v1"})
    house.say("push", payload | {"deleted": True, "after": "0" * 40, "head_commit": None})
    assert not Push.objects.exists()
    said = [hook.outcome for hook in Hook.objects.order_by("pk")]
    assert said == ["Ignored: it is no branch.", "Ignored: the branch main was deleted."]


def test_only_watches_that_ask_get_pushes(house: House) -> None:
    Watch.objects.update(on_push=False)
    house.hand(house.push())
    assert not Push.objects.exists()


def test_the_same_commit_is_not_graded_again(house: House, alice: User) -> None:
    work = SubmissionFactory(
        mini_project=house.watch.mini_project,
        team=house.watch.team,
        submitted_by=alice,
        commit=f"{1:040x}",
    )
    push = arrived(house, 1)
    assert take() == 0
    push.refresh_from_db()
    assert (push.status, push.reason) == (PushStatus.IGNORED, pushes.SAME)
    assert Submission.objects.get() == work


def test_a_branch_that_goes_back_is_followed(house: House) -> None:
    arrived(house, 1)
    take()
    arrived(house, 2)
    take()
    arrived(house, 3, head=f"{1:040x}", forced=True)
    take()
    commits = Submission.objects.order_by("pk").values_list("commit", flat=True)
    assert [int(commit, 16) for commit in commits] == [1, 2, 1]


def test_news_of_an_old_push_do_not_undo_what_people_handed_in(house: House, alice: User) -> None:
    for number in (1, 2):
        SubmissionFactory(
            mini_project=house.watch.mini_project,
            team=house.watch.team,
            submitted_by=alice,
            commit=f"{number:040x}",
        )
    arrived(house, 1)
    take()
    assert Submission.objects.count() == 2


@pytest.mark.parametrize("number", [None, 999])
def test_a_push_by_somebody_else_counts_for_who_asked(
    house: House, bob: User, number: int | None
) -> None:
    Watch.objects.update(by=bob)
    arrived(house, 1, sender="stranger", sender_number=number)
    take()
    assert Submission.objects.get().submitted_by == bob


def test_staff_who_asked_hand_in_for_a_member(house: House, alice: User, tina: User) -> None:
    Watch.objects.update(by=tina)
    User.objects.update(github_id=None)
    arrived(house)
    take()
    assert Submission.objects.get().submitted_by == alice


def test_a_team_that_withdrew_is_told_so(house: House) -> None:
    Enrolment.objects.update(withdrawn_at=timezone.now())
    push = arrived(house)
    take()
    push.refresh_from_db()
    assert (push.status, push.reason) == (PushStatus.IGNORED, pushes.NOBODY)


def test_an_edition_that_is_over_takes_nothing(house: House) -> None:
    Edition.objects.update(active=False)
    push = arrived(house)
    take()
    push.refresh_from_db()
    assert push.reason == pushes.CLOSED


def test_a_lab_that_is_gone_is_named(house: House) -> None:
    MiniProject.objects.update(labs=["training"])
    push = arrived(house)
    take()
    push.refresh_from_db()
    assert push.reason == pushes.GONE_LAB


@pytest.mark.parametrize(
    ("labs", "taken", "lab"),
    [(["serving"], "", "serving"), (["a", "b"], "b", "b"), (["a", "b"], "", "")],
)
def test_a_lab_that_nobody_named(
    house: House, alice: User, labs: list[str], taken: str, lab: str
) -> None:
    Watch.objects.update(lab="")
    MiniProject.objects.update(labs=labs)
    if taken:
        SubmissionFactory(
            mini_project=house.watch.mini_project,
            team=house.watch.team,
            submitted_by=alice,
            lab=taken,
        )
    push = arrived(house)
    assert take() == bool(lab)
    push.refresh_from_db()
    if lab:
        assert push.submission is not None
        assert push.submission.lab == lab
    else:
        assert push.reason == pushes.WHICH_LAB


def fill(house: House, alice: User) -> None:
    other = MiniProject.objects.create(
        edition=house.watch.mini_project.edition, slug="other", title="Other", order=9
    )
    for number in range(domain.MAX_LIVE):
        work = SubmissionFactory(
            mini_project=other, team=house.watch.team, submitted_by=alice, commit=f"{number:040x}"
        )
        AttemptFactory(submission=work)


def test_without_room_it_waits_and_says_why(house: House, alice: User) -> None:
    fill(house, alice)
    push = arrived(house, 9)
    assert take() == 0
    push.refresh_from_db()
    assert push.status == PushStatus.WAITING
    assert "as many as may be at once" in push.reason
    assert take() == 0  # not before its time
    for attempt in Attempt.objects.all():
        domain.cancel(attempt=attempt, by=alice)
    assert take(after=timedelta(minutes=5)) == 1


def test_without_room_for_a_day_it_is_given_up(house: House, alice: User) -> None:
    fill(house, alice)
    push = arrived(house, 9)
    take(after=timedelta(days=2))
    push.refresh_from_db()
    assert (push.status, push.reason) == (PushStatus.IGNORED, pushes.GAVE_UP)


def test_one_that_cannot_be_taken_keeps_no_other_waiting(
    house: House, monkeypatch: pytest.MonkeyPatch, charlie: User
) -> None:
    other = Watch.objects.create(
        mini_project=house.watch.mini_project,
        team=charlie.memberships.get().team,
        repository=house.known,
        lab="serving",
        on_push=True,
        by=charlie,
        made_at=AT,
    )
    told = pushes.Told(branch="main", head="a" * 40, pushed_at=AT)
    assert len(pushes.arrived(house.known, told)) == 2
    real = pushes._submitted

    def broken(watch: Watch, *rest: Any) -> Any:
        if watch.pk != other.pk:
            raise RuntimeError
        return real(watch, *rest)

    monkeypatch.setattr(pushes, "_submitted", broken)
    assert take() == 1
    assert Push.objects.get(watch=house.watch).status == PushStatus.WAITING


def test_a_long_history_costs_no_more_queries(
    house: House, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    Push.objects.bulk_create(
        Push(
            watch=house.watch,
            repository=house.known,
            branch="main",
            head=f"{number + 100:040x}",
            pushed_at=AT - timedelta(minutes=number),
            received_at=AT,
            due_at=AT,
            status=PushStatus.SUPERSEDED,
        )
        for number in range(300)
    )
    with django_assert_max_num_queries(12):
        arrived(house)
