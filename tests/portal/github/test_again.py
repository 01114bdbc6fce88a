"""“Re-run” at GitHub: another attempt of the same submission, for those who may."""

import pytest
from django.utils import timezone

from portal.courses.models import Enrolment, MiniProject, Team
from portal.github import again, verdicts
from portal.github.models import CheckRun, Hook
from portal.people.models import User
from portal.submissions import domain
from portal.submissions.lanes import Lane
from portal.submissions.models import Attempt, Submission
from portal.submissions.states import State
from tests.factories import AttemptFactory, SubmissionFactory
from tests.hub import gits
from tests.hub import models as hub
from tests.portal.github.house import House, work_off

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(house: House) -> hub.CheckRun:
    """What GitHub knows of an attempt that has ended."""
    work = SubmissionFactory(
        mini_project=house.watch.mini_project,
        team=house.watch.team,
        submitted_by=house.watch.by,
        repository=f"{house.standin.web}/school/digits",
        commit=gits.branches(house.repository.folder)["main"],
    )
    attempt = AttemptFactory(submission=work, state=State.DONE, finished_at=timezone.now())
    verdicts.follow(None, [attempt.pk])
    work_off()
    return house.repository.check_runs[-1]


def pressed(house: House, run: hub.CheckRun, by: hub.Account | None = None) -> Hook:
    sender = by or house.alice
    payload = house.standin.payloads.check_run("rerequested", house.repository, run, sender)
    return house.say("check_run", payload)


def test_a_member_runs_it_again(house: House, run: hub.CheckRun, alice: User) -> None:
    hook = pressed(house, run)
    assert hook.outcome == "Serving: run again for alice."
    attempt = Attempt.objects.get(number=2)
    assert attempt.submission == Submission.objects.get()
    assert (attempt.requested_by, attempt.priority) == (alice, Lane.INTERACTIVE)
    assert attempt.reason == again.REASON
    work_off()
    older, newer = house.repository.check_runs
    assert (older.told["name"], older.told["status"]) == (newer.told["name"], "completed")
    assert (newer.told["status"], newer.told["external_id"]) == ("queued", str(attempt.pk))


def test_our_own_button_does_the_same(house: House, run: hub.CheckRun) -> None:
    for identifier, attempts in (("another", 1), (again.BUTTON, 2)):
        payload = house.standin.payloads.check_run(
            "requested_action",
            house.repository,
            run,
            house.alice,
            requested_action={"identifier": identifier},
        )
        house.say("check_run", payload)
        assert Attempt.objects.count() == attempts


def test_all_of_a_commit_is_run_again(house: House, run: hub.CheckRun) -> None:
    payload = house.standin.payloads.check_suite("rerequested", house.repository, run, house.alice)
    house.say("check_suite", payload)
    assert Attempt.objects.filter(number=2).count() == 1


def test_staff_run_it_again_behind_the_students(
    house: House, run: hub.CheckRun, tina: User
) -> None:
    teacher = house.standin.person("tina", "Tina", "tina@uni.example")
    User.objects.filter(pk=tina.pk).update(github_id=teacher.number)
    pressed(house, run, teacher)
    assert Attempt.objects.get(number=2).priority == Lane.RERUN


def test_strangers_change_nothing_and_the_row_says_why(
    house: House, run: hub.CheckRun, charlie: User
) -> None:
    stranger = house.standin.person("charlie", "Charlie", "charlie@uni.example")
    assert "nobody here has proved to be charlie" in pressed(house, run, stranger).outcome
    User.objects.filter(pk=charlie.pk).update(github_id=stranger.number)
    payload = house.standin.payloads.check_run("rerequested", house.repository, run, stranger)
    payload["check_run"]["started_at"] = "2026-10-01T00:00:00Z"
    assert "neither of this team nor of the staff" in house.say("check_run", payload).outcome
    assert Attempt.objects.count() == 1


def test_a_second_press_counts_when_the_first_changed_nothing(
    house: House, run: hub.CheckRun, alice: User
) -> None:
    """The very same text may come again, under another delivery."""
    payload = house.standin.payloads.check_run("rerequested", house.repository, run, house.alice)
    User.objects.filter(pk=alice.pk).update(github_id=None)
    assert "nobody here has proved" in house.say("check_run", payload).outcome
    User.objects.filter(pk=alice.pk).update(github_id=house.alice.number)
    assert house.say("check_run", payload).outcome == "Serving: run again for alice."
    assert "very same message" in house.say("check_run", payload).outcome
    assert Attempt.objects.count() == 2


def test_who_withdrew_is_a_stranger(house: House, run: hub.CheckRun) -> None:
    Enrolment.objects.update(withdrawn_at=timezone.now())
    assert "Ignored" in pressed(house, run).outcome
    assert Attempt.objects.count() == 1


def test_a_check_that_nobody_knows_is_ignored(house: House, run: hub.CheckRun) -> None:
    CheckRun.objects.all().delete()
    assert "no such check" in pressed(house, run).outcome


def test_one_at_a_time_and_the_refusal_stands_on_the_commit(
    house: House, run: hub.CheckRun, alice: User
) -> None:
    newer = SubmissionFactory(
        mini_project=house.watch.mini_project,
        team=house.watch.team,
        submitted_by=alice,
        commit="b" * 40,
        repository="https://elsewhere.example/x/y",
    )
    AttemptFactory(submission=newer)
    assert "Refused: Another attempt of your team" in pressed(house, run).outcome
    assert Attempt.objects.count() == 2
    work_off()
    summary = house.repository.check_runs[-1].told["output"]["summary"]
    assert "**Not run again.** Another attempt of your team" in summary


def test_it_counts_as_handing_in_does(house: House, run: hub.CheckRun, alice: User) -> None:
    other = MiniProject.objects.create(
        edition=house.watch.mini_project.edition, slug="other", title="Other", order=9
    )
    for number in range(domain.MAX_LIVE):
        AttemptFactory(
            submission=SubmissionFactory(
                mini_project=other,
                team=house.watch.team,
                submitted_by=alice,
                commit=f"{number:040x}",
                repository="https://elsewhere.example/x/y",
            )
        )
    assert "as many as may be at once" in pressed(house, run).outcome
    assert Team.objects.get(pk=house.watch.team_id).submissions.count() == domain.MAX_LIVE + 1
