"""What stands on a commit: each attempt is told there, once, and never red for what is ours."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from lab_specs.faults import Code
from lab_specs.report import Verdict
from portal.courses.models import MiniProject, Team
from portal.github import pushes, verdicts
from portal.github.models import App, CheckRun, Errand, ErrandStatus, Installation, Watch
from portal.people.models import User
from portal.submissions import domain
from portal.submissions.models import Attempt, Submission
from portal.submissions.states import State
from tests.claims import take
from tests.factories import AttemptFactory, CriterionFactory, SubmissionFactory
from tests.hub import gits
from tests.hub import models as hub
from tests.portal.github.house import House, work_off
from tests.worlds import levels, report

pytestmark = pytest.mark.django_db
REACHED = {"interface": 1, "predictions": 0, "care": 3}


@pytest.fixture(autouse=True)
def _rubric(house: House) -> None:
    for name in REACHED:
        CriterionFactory(mini_project=house.watch.mini_project, slug=name, title=name.title())


def pushed(house: House, **what: Any) -> Attempt:
    """An attempt at a commit that is there; a new one with something to push."""
    if what:
        house.standin.push(house.repository, {"app.py": what["text"]}, by=house.alice)
    return domain.submit(
        mini_project=house.watch.mini_project,
        team=house.watch.team,
        by=house.watch.by,
        lab="serving",
        repository=f"{house.standin.web}/school/digits",
        commit=gits.branches(house.repository.folder)["main"],
    ).attempt


def judged(attempt: Attempt, verdict: Verdict = Verdict.FAILED, **told: Any) -> Attempt:
    if verdict in {Verdict.PASSED, Verdict.FAILED}:
        told = {"report": report(REACHED), "levels": levels(REACHED)} | told
    for _ in range(9):  # a failure of ours is tried again a few times
        Attempt.objects.filter(pk=attempt.pk).update(not_before=None)
        domain.record(attempt_id=attempt.pk, token=take(attempt.pk), verdict=verdict, **told)
        attempt.refresh_from_db()
        if not attempt.live:
            return attempt
    raise AssertionError(attempt.state)


def run(house: House) -> hub.CheckRun:
    return house.repository.check_runs[-1]


def asked(house: House) -> list[str]:
    """What was written at GitHub, in order."""
    return [
        call.method
        for call in house.standin.calls
        if call.method in {"POST", "PATCH"} and "/check-runs" in call.path
    ]


def test_only_where_there_are_several_labs_a_check_names_its_lab(house: House) -> None:
    MiniProject.objects.update(labs=["serving"])
    pushed(house)
    work_off()
    assert run(house).told["name"] == "Serving"


def test_a_commit_shows_the_way_of_its_attempt(house: House) -> None:
    attempt = pushed(house)
    assert work_off() == ["verdict"]
    assert run(house).head_sha == attempt.submission.commit
    told = run(house).told
    assert (told["name"], told["status"]) == ("Serving: serving", "queued")
    assert told["external_id"] == str(attempt.pk)
    assert told["details_url"] == f"https://portal.example/attempts/{attempt.pk}/"
    token = take(attempt.pk)
    work_off()
    assert run(house).told["status"] == "in_progress"
    for state in (State.BUILDING, State.RUNNING, State.JUDGING):
        domain.advance(attempt_id=attempt.pk, token=token, to_state=state)
    assert work_off() == []
    domain.record(
        attempt_id=attempt.pk,
        token=token,
        verdict=Verdict.FAILED,
        report=report(REACHED),
        levels=levels(REACHED),
    )
    work_off()
    told = run(house).told
    assert (told["status"], told["conclusion"]) == ("completed", "failure")
    assert told["output"]["title"] == "Not there yet"
    assert "| Interface | proficient |" in told["output"]["summary"]
    assert "a lecturer decides" in told["output"]["summary"]
    assert [action["identifier"] for action in told["actions"]] == ["run-again"]
    assert len(house.repository.check_runs) == 1
    assert asked(house) == ["POST", "PATCH", "PATCH"]
    assert CheckRun.objects.get().number == run(house).number


def test_nothing_is_told_twice(house: House) -> None:
    attempt = judged(pushed(house))
    work_off()
    said = asked(house)
    verdicts.follow(None, [attempt.pk])
    assert work_off() == ["verdict"]
    assert asked(house) == said


def test_a_quick_attempt_is_told_at_once(house: House) -> None:
    judged(pushed(house), Verdict.PASSED)
    work_off()
    assert asked(house) == ["POST"]
    assert run(house).told["conclusion"] == "success"


@pytest.mark.parametrize(
    ("verdict", "fault", "conclusion"),
    [
        (Verdict.REJECTED, Code.BUILD_FAILED, "failure"),
        (Verdict.CRASHED, Code.JUDGE_FAILED, "neutral"),
    ],
)
def test_what_is_ours_is_never_red(
    house: House, verdict: Verdict, fault: Code, conclusion: str
) -> None:
    judged(pushed(house), verdict, fault=fault, facts={})
    work_off()
    told = run(house).told
    assert told["conclusion"] == conclusion
    assert ("not your work" in told["output"]["summary"]) == (verdict is Verdict.CRASHED)


def test_cancelled_and_replaced_are_neither_red_nor_green(house: House, alice: User) -> None:
    first = pushed(house)
    work_off()
    second = pushed(house, text="y\n")
    work_off()
    assert house.repository.check_runs[0].told["conclusion"] == "skipped"
    domain.cancel(attempt=second, by=alice)
    work_off()
    assert run(house).told["conclusion"] == "cancelled"
    assert first.pk != second.pk


def test_what_was_replaced_unheard_is_not_told(house: House) -> None:
    pushed(house)
    pushed(house, text="y\n")
    work_off()
    assert len(house.repository.check_runs) == 1


def test_a_line_of_the_dockerfile_is_marked_once(house: House) -> None:
    attempt = judged(
        pushed(house),
        Verdict.REJECTED,
        fault=Code.BUILD_FAILED,
        facts={"line": 3, "exit_code": 1, "instruction": "RUN false", "log": "no\n```\n<b>"},
        provenance={"source": {"dockerfile": "serve/Dockerfile"}},
    )
    work_off()
    (mark,) = run(house).annotations
    assert (mark["path"], mark["start_line"], mark["end_line"]) == ("serve/Dockerfile", 3, 3)
    assert "RUN false" in mark["message"]
    CheckRun.objects.update(note="Refused.")
    verdicts.follow(None, [attempt.pk])
    work_off()
    assert "Refused" in run(house).told["output"]["summary"]
    assert len(run(house).annotations) == 1


def test_a_new_verdict_is_told(house: House) -> None:
    attempt = judged(pushed(house))
    work_off()
    Attempt.objects.filter(pk=attempt.pk).update(verdict=Verdict.PASSED)
    verdicts.follow(None, [attempt.pk])
    work_off()
    assert run(house).told["conclusion"] == "success"
    assert asked(house) == ["POST", "PATCH"]


@pytest.mark.parametrize("kind", ["broken", "rate_limited", "secondary", "cut", "unavailable"])
def test_github_may_fail_for_a_while(house: House, kind: str) -> None:
    judged(pushed(house))
    house.standin.fail(r"POST .*/check-runs", kind)
    work_off()
    errand = Errand.objects.get(kind="verdict")
    assert errand.status == ErrandStatus.WAITING
    Errand.objects.update(next_try=timezone.now())
    work_off()
    assert run(house).told["conclusion"] == "failure"
    assert len(house.repository.check_runs) == 1


def test_an_answer_that_was_lost_makes_no_second_check_run(house: House) -> None:
    judged(pushed(house))
    work_off()
    CheckRun.objects.update(number=None, digest="", told="")
    errand = Errand.objects.get(kind="verdict")
    Errand.objects.filter(pk=errand.pk).update(
        status=ErrandStatus.WAITING, ended_at=None, tries=1, next_try=timezone.now()
    )
    work_off()
    assert len(house.repository.check_runs) == 1
    assert asked(house) == ["POST", "PATCH"]
    assert CheckRun.objects.get().number == run(house).number


@pytest.mark.parametrize("kind", ["forbidden", "not_found", "suspended", "refused", "gone"])
def test_who_has_to_act_is_told_and_nobody_is_pestered(house: House, kind: str) -> None:
    judged(pushed(house))
    house.standin.fail(r"POST .*/check-runs", kind, times=9)
    work_off()
    row = CheckRun.objects.get()
    assert row.fault
    assert row.failed_at is not None
    assert verdicts.find_lost(now=timezone.now()) == 0


def test_somebody_elses_commits_are_left_alone(house: House, charlie: User) -> None:
    mine = judged(pushed(house))
    work_off()
    said = asked(house)
    domain.submit(
        mini_project=house.watch.mini_project,
        team=Team.objects.get(name="Birch"),
        by=charlie,
        lab="serving",
        repository=mine.submission.repository,
        commit=mine.submission.commit,
    )
    assert work_off() == ["verdict"]
    assert asked(house) == said
    assert verdicts.find_lost(now=timezone.now()) == 0


def handed_in(house: House, team: Team, by: User) -> Errand:
    """What became of telling a commit that this team handed in by its link."""
    domain.submit(
        mini_project=house.watch.mini_project,
        team=team,
        by=by,
        lab="serving",
        repository=f"{house.standin.web}/School/Digits",
        commit=gits.branches(house.repository.folder)["main"],
    )
    assert work_off() == ["verdict"]
    return Errand.objects.get(kind="verdict", key=str(Attempt.objects.latest("pk").pk))


@pytest.mark.parametrize("may", ["push", "pull"])
def test_without_a_watch_github_says_who_may_push(
    house: House, alice: User, charlie: User, may: str
) -> None:
    Watch.objects.all().delete()
    other = house.standin.person("charlie", "Charlie", "charlie@uni.example")
    house.repository.collaborators["charlie"] = may
    User.objects.filter(pk=charlie.pk).update(github_id=other.number, github_login="charlie")
    first = handed_in(house, Team.objects.get(name="Birch"), charlie)
    assert asked(house) == ["POST"] * (may == "push")
    assert first.status == ErrandStatus.DONE
    assert ("may push there" in str(first.answer)) == (may == "pull")
    assert verdicts.find_lost(now=timezone.now()) == 0
    handed_in(house, house.watch.team, alice)  # whose it is, whoever was first
    assert asked(house)[-1] == "POST"
    assert len(house.repository.check_runs) == 1 + (may == "push")


def test_who_proved_nothing_writes_nothing(house: House, charlie: User) -> None:
    Watch.objects.all().delete()
    house.standin.calls.clear()
    errand = handed_in(house, Team.objects.get(name="Birch"), charlie)
    assert "proved" in str(errand.answer)
    assert not house.standin.calls
    assert CheckRun.objects.get().fault == ""


def test_a_watch_that_lapsed_proves_nothing(house: House, alice: User) -> None:
    Watch.objects.update(lapsed_at=timezone.now())
    User.objects.update(github_id=None)
    handed_in(house, house.watch.team, alice)
    assert asked(house) == []


def test_where_checks_may_not_be_written_nobody_asks(house: House) -> None:
    Installation.objects.update(permissions={"contents": "read", "checks": "read"})
    pushed(house)
    assert verdicts.find_lost(now=timezone.now()) == 0
    assert not Errand.objects.exists()
    assert not CheckRun.objects.exists()
    Installation.objects.update(permissions={"checks": "write"})
    assert verdicts.find_lost(now=timezone.now()) == 1


@pytest.mark.parametrize(("fault", "again"), [("unreachable", 1), ("forbidden", 0)])
def test_after_a_long_trouble_that_passed_it_is_told(house: House, fault: str, again: int) -> None:
    judged(pushed(house))
    work_off()
    CheckRun.objects.update(fault=fault, failed_at=timezone.now(), told="queued", digest="")
    assert verdicts.find_lost(now=timezone.now()) == 0
    assert verdicts.find_lost(now=timezone.now() + verdicts.LATER * 1.1) == again
    work_off()
    assert (CheckRun.objects.get().fault == "") == bool(again)


def test_a_push_is_told_under_the_new_name(house: House) -> None:
    delivery = house.push()
    house.hand(delivery)
    pushes.take_due(now=timezone.now() + pushes.DEBOUNCE)
    house.standin.rename(house.repository, "numbers")
    house.hand(house.standin.deliveries[-1])
    work_off()
    assert run(house).told["status"] == "queued"


@pytest.mark.parametrize("column", ["suspended_at", "removed_at"])
def test_an_installation_that_is_away_is_told_nothing(house: House, column: str) -> None:
    Installation.objects.update(**{column: timezone.now()})
    pushed(house)
    assert not Errand.objects.exists()


def test_work_that_lies_elsewhere_asks_nothing(work: Submission, bob: User) -> None:
    attempt = AttemptFactory(submission=work)
    verdicts.follow(None, [attempt.pk])
    assert not Errand.objects.exists()


def test_trouble_never_stands_in_the_way_of_grading(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(verdicts, "_ask", broken)
    assert judged(pushed(house)).verdict == Verdict.FAILED


def test_the_round_finds_what_was_lost(house: House) -> None:
    pushed(house)
    Errand.objects.all().delete()
    assert verdicts.find_lost(now=timezone.now()) == 1
    assert verdicts.find_lost(now=timezone.now()) == 0  # it is asked already
    work_off()
    assert run(house).told["status"] == "queued"
    assert verdicts.find_lost(now=timezone.now()) == 0
    judged(Attempt.objects.get())
    Errand.objects.all().delete()
    assert verdicts.find_lost(now=timezone.now()) == 1
    work_off()
    assert run(house).told["conclusion"] == "failure"
    assert verdicts.find_lost(now=timezone.now()) == 0


def test_what_ended_long_ago_is_let_be(house: House) -> None:
    judged(pushed(house))
    Errand.objects.all().delete()
    assert verdicts.find_lost(now=timezone.now() + verdicts.LOST + timedelta(hours=1)) == 0


def test_a_class_costs_the_round_no_more_queries(
    house: House, alice: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(30):
        work = SubmissionFactory(
            mini_project=house.watch.mini_project,
            team=house.watch.team,
            submitted_by=alice,
            repository=f"{house.standin.web}/school/digits",
            commit=f"{number:040x}",
        )
        attempt = AttemptFactory(submission=work, state=State.DONE, finished_at=timezone.now())
        CheckRun.objects.create(attempt=attempt, full_name="school/digits", told=Verdict.PASSED)
    with django_assert_max_num_queries(3):
        assert verdicts.find_lost(now=timezone.now()) == 0


@pytest.fixture
def by_token(house: House, settings: Settings) -> Iterator[House]:
    """No App, but a token that may write statuses."""
    App.objects.all().delete()
    Installation.objects.update(removed_at=timezone.now())
    settings.GITHUB_TOKEN = house.standin.token(house.alice, "repo")
    return house


@pytest.mark.parametrize(
    ("verdict", "fault", "state"),
    [
        (Verdict.PASSED, None, "success"),
        (Verdict.FAILED, None, "failure"),
        (Verdict.REJECTED, Code.BUILD_FAILED, "failure"),
        (Verdict.CRASHED, Code.JUDGE_FAILED, "pending"),
    ],
)
def test_without_an_app_a_status_is_written(
    by_token: House, verdict: Verdict, fault: Code | None, state: str
) -> None:
    attempt = judged(pushed(by_token), verdict, fault=fault)
    work_off()
    status = by_token.repository.statuses[-1]
    assert status.sha == attempt.submission.commit
    assert status.told["state"] == state
    assert status.told["context"] == "course-portal/serving/serving"
    assert status.told["target_url"].startswith("https://portal.example/attempts/")
    assert len(status.told["description"]) <= 140


def test_a_token_that_may_not_write_is_not_tried_again_soon(by_token: House) -> None:
    by_token.standin.fail(r"POST .*/statuses", "forbidden", times=9)
    attempt = pushed(by_token)
    work_off()
    assert CheckRun.objects.get().fault == "forbidden"
    judged(attempt)
    assert work_off() == []
    CheckRun.objects.update(failed_at=timezone.now() - verdicts.REFUSED)
    verdicts.follow(None, [attempt.pk])
    assert work_off() == ["verdict"]


def test_trouble_of_githubs_own_turns_no_token_away(by_token: House) -> None:
    attempt = judged(pushed(by_token))
    Errand.objects.all().delete()
    CheckRun.objects.create(
        attempt=attempt,
        full_name="school/digits",
        fault="unreachable",
        failed_at=timezone.now() - verdicts.LATER * 1.1,
    )
    assert verdicts.find_lost(now=timezone.now()) == 1
    work_off()
    assert by_token.repository.statuses[-1].told["state"] == "failure"


def test_a_token_writes_for_those_who_may_push(by_token: House, alice: User, charlie: User) -> None:
    Watch.objects.all().delete()
    handed_in(by_token, Team.objects.get(name="Birch"), charlie)
    assert by_token.repository.statuses == []
    handed_in(by_token, by_token.watch.team, alice)
    assert len(by_token.repository.statuses) == 1


def test_without_app_and_token_nothing_is_asked(by_token: House, settings: Settings) -> None:
    settings.GITHUB_TOKEN = ""
    judged(pushed(by_token))
    assert not Errand.objects.exists()
