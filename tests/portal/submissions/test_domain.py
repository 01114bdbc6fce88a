"""What can happen to a submission, told one event at a time."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from lab_specs.faults import Code
from lab_specs.report import CheckResult, Outcome, Report, Verdict
from portal.common.errors import Refused
from portal.courses.models import MiniProject, Team
from portal.people.models import User
from portal.submissions import domain
from portal.submissions.domain import MAX_LIVE
from portal.submissions.lanes import Lane
from portal.submissions.models import Attempt, Submission
from portal.submissions.states import ACTIVE, FINAL, LIVE, State
from tests.claims import take
from tests.conftest import Bell, Ring
from tests.factories import AttemptFactory, SubmissionFactory, TeamFactory

COMMIT = "b" * 40


def hand_in(mini_project: MiniProject, team: Team, by: User, commit: str = COMMIT) -> Attempt:
    return domain.submit(
        mini_project=mini_project,
        team=team,
        by=by,
        lab="serving",
        repository="https://github.com/alice/digits",
        commit=commit,
    ).attempt


def timeline(attempt: Attempt) -> list[tuple[str, str]]:
    return list(attempt.transitions.values_list("source", "target"))


def notes(attempt: Attempt) -> list[str]:
    return list(attempt.transitions.values_list("note", flat=True))


# The whole way


def test_a_submission_goes_from_link_to_verdict(
    mini_project: MiniProject, team: Team, alice: User
) -> None:
    attempt = hand_in(mini_project, team, alice)
    assert attempt.state == State.QUEUED
    token = take(attempt.pk)
    for step in (State.BUILDING, State.RUNNING, State.JUDGING):
        assert domain.advance(attempt_id=attempt.pk, token=token, to_state=step)
    check = CheckResult(
        id="schema", title="t", criterion="c", level="proficient", outcome=Outcome.PASSED
    )
    assert domain.record(
        attempt_id=attempt.pk,
        token=token,
        verdict=Verdict.PASSED,
        report=Report(checks=(check,)),
        levels={"c": "expert"},
        phases=[{"name": "build", "seconds": 1.5}],
        provenance={"image": "sha256:1"},
        log_tail="all good",
    )
    attempt.refresh_from_db()
    assert (attempt.state, attempt.verdict, attempt.fault) == (State.DONE, Verdict.PASSED, "")
    assert attempt.report == {"checks": [check.model_dump(mode="json")], "figures": []}
    assert attempt.levels == {"c": "expert"}
    assert attempt.phases == [{"name": "build", "seconds": 1.5}]
    assert attempt.provenance == {"image": "sha256:1"}
    assert attempt.log_tail == "all good"
    assert attempt.token is None
    assert attempt.worker == "w1"
    assert timeline(attempt) == [
        ("", "queued"),
        ("queued", "fetching"),
        ("fetching", "building"),
        ("building", "running"),
        ("running", "judging"),
        ("judging", "done"),
    ]


# Handing in


def test_handing_in_rings_once_the_row_is_there(
    mini_project: MiniProject,
    team: Team,
    alice: User,
    bell: Bell,
    django_capture_on_commit_callbacks: Callable[..., object],
) -> None:
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        attempt = hand_in(mini_project, team, alice)
        assert bell.rings() == []
    assert bell.rings() == [Ring("grader.grade", {})]
    attempt.refresh_from_db()
    assert attempt.announced_at is not None


@pytest.mark.parametrize("step", [State.QUEUED, *ACTIVE])
def test_the_newest_wins(
    mini_project: MiniProject, team: Team, bob: User, work: Submission, step: State
) -> None:
    older = AttemptFactory(submission=work, state=step)
    submitted = domain.submit(
        mini_project=mini_project,
        team=team,
        by=bob,
        lab="serving",
        repository="https://github.com/alice/digits",
        commit=COMMIT,
    )
    assert submitted.superseded == (older.pk,)
    older.refresh_from_db()
    assert (older.state, older.verdict, older.token) == (State.SUPERSEDED, None, None)
    assert notes(older) == ["replaced by bbbbbbbb"]
    assert older.transitions.get().by == bob


@pytest.mark.parametrize("step", FINAL)
def test_what_has_ended_is_not_superseded(
    mini_project: MiniProject, team: Team, alice: User, work: Submission, step: State
) -> None:
    ended = AttemptFactory(submission=work, state=step)
    hand_in(mini_project, team, alice)
    before = ended.state
    ended.refresh_from_db()
    assert ended.state == before


def test_work_of_another_team_is_not_superseded(
    mini_project: MiniProject, team: Team, alice: User
) -> None:
    other = AttemptFactory(submission=SubmissionFactory(mini_project=mini_project))
    hand_in(mini_project, team, alice)
    other.refresh_from_db()
    assert other.state == State.QUEUED


@pytest.mark.parametrize("who", ["charlie", "tina", "otto"])
def test_only_members_hand_in(
    mini_project: MiniProject, team: Team, who: str, request: pytest.FixtureRequest
) -> None:
    with pytest.raises(PermissionDenied):
        hand_in(mini_project, team, request.getfixturevalue(who))
    assert Submission.objects.count() == 0


def test_a_lab_that_the_mini_project_does_not_offer_is_refused(
    mini_project: MiniProject, team: Team, alice: User
) -> None:
    with pytest.raises(Refused, match="Serving has no lab called 'quantum'"):
        domain.submit(
            mini_project=mini_project,
            team=team,
            by=alice,
            lab="quantum",
            repository="https://github.com/alice/digits",
            commit=COMMIT,
        )


# Not too much at once


def others(team: Team, by: User, **how: Any) -> list[Attempt]:
    """As much live work of this team as is allowed, each in a mini-project of its own."""
    return [
        AttemptFactory(submission=SubmissionFactory(team=team, submitted_by=by), **how)
        for _ in range(MAX_LIVE)
    ]


@pytest.mark.parametrize("state", LIVE)
def test_a_team_has_only_so_much_in_work_at_once(
    mini_project: MiniProject, team: Team, alice: User, bob: User, state: State
) -> None:
    first = others(team, bob, state=state)[0]
    with pytest.raises(Refused, match="wait until one of them has its verdict, or cancel one"):
        hand_in(mini_project, team, alice)
    assert not Submission.objects.filter(mini_project=mini_project).exists()
    assert domain.cancel(attempt=first, by=alice)
    assert hand_in(mini_project, team, alice).state == State.QUEUED


def test_a_person_has_only_so_much_in_work_at_once_whatever_the_team(
    mini_project: MiniProject, team: Team, alice: User, bob: User
) -> None:
    others(TeamFactory(edition=mini_project.edition, people=[]), alice)
    with pytest.raises(Refused, match=f"You have {MAX_LIVE} attempts"):
        hand_in(mini_project, team, alice)
    assert hand_in(mini_project, team, bob).state == State.QUEUED


def test_who_may_have_no_more_may_still_replace(
    mini_project: MiniProject, team: Team, alice: User
) -> None:
    older = hand_in(mini_project, team, alice)
    domain.cancel(attempt=others(team, alice)[0], by=alice)
    assert hand_in(mini_project, team, alice, "c" * 40).state == State.QUEUED
    older.refresh_from_db()
    assert older.state == State.SUPERSEDED


def test_a_refusal_leaves_older_work_alone(
    mini_project: MiniProject, team: Team, alice: User
) -> None:
    older = hand_in(mini_project, team, alice)
    others(team, alice)
    with pytest.raises(Refused):
        hand_in(mini_project, team, alice, "c" * 40)
    older.refresh_from_db()
    assert older.state == State.QUEUED


def test_what_staff_run_again_takes_nobodys_room(
    mini_project: MiniProject, team: Team, alice: User
) -> None:
    others(team, alice, priority=Lane.RERUN)
    assert hand_in(mini_project, team, alice).state == State.QUEUED


# The lease


def test_an_attempt_is_claimed_once(work: Submission) -> None:
    attempt = AttemptFactory(submission=work)
    take(attempt.pk)
    assert domain.claim_next(worker="w2", lease_seconds=60) is None
    attempt.refresh_from_db()
    assert attempt.worker == "w1"


def test_a_heartbeat_keeps_the_lease(work: Submission) -> None:
    attempt = AttemptFactory(submission=work)
    token = take(attempt.pk)
    soon = timezone.now() + timedelta(seconds=90)
    assert domain.heartbeat(attempt_id=attempt.pk, token=token, lease_seconds=600)
    assert domain.release_lost(now=soon).requeued == 0
    attempt.refresh_from_db()
    assert attempt.token == token


@pytest.mark.parametrize("state", [State.QUEUED, *FINAL])
def test_nobody_writes_to_an_attempt_that_nobody_holds(work: Submission, state: State) -> None:
    attempt = AttemptFactory(submission=work, state=state, log_tail="as it was")
    held = {"attempt_id": attempt.pk, "token": uuid4()}
    assert not domain.heartbeat(**held, lease_seconds=60)
    assert not domain.note_log(**held, log_tail="x")
    assert not domain.advance(**held, to_state=State.BUILDING)
    assert not domain.record(**held, verdict=Verdict.FAILED)
    before = attempt.verdict
    attempt.refresh_from_db()
    assert (attempt.state, attempt.verdict, attempt.log_tail) == (state, before, "as it was")


def test_a_late_report_is_dropped(work: Submission) -> None:
    attempt = AttemptFactory(submission=work)
    old = take(attempt.pk, "lost")
    domain.release_lost(now=timezone.now() + timedelta(hours=1))
    new = take(attempt.pk, "next")
    assert not domain.record(attempt_id=attempt.pk, token=old, verdict=Verdict.FAILED)
    assert domain.record(attempt_id=attempt.pk, token=new, verdict=Verdict.PASSED)
    attempt.refresh_from_db()
    assert (attempt.verdict, attempt.worker) == (Verdict.PASSED, "next")


def test_a_step_cannot_be_skipped(work: Submission) -> None:
    attempt = AttemptFactory(submission=work)
    token = take(attempt.pk)
    assert not domain.advance(attempt_id=attempt.pk, token=token, to_state=State.JUDGING)
    attempt.refresh_from_db()
    assert attempt.state == State.FETCHING


@pytest.mark.parametrize("state", [State.QUEUED, *FINAL])
def test_a_worker_cannot_end_an_attempt_by_advancing(work: Submission, state: State) -> None:
    attempt = AttemptFactory(submission=work)
    token = take(attempt.pk)
    with pytest.raises(ValueError, match="a worker advances to"):
        domain.advance(attempt_id=attempt.pk, token=token, to_state=state)


def test_a_log_keeps_its_end_and_can_be_stored(work: Submission) -> None:
    attempt = AttemptFactory(submission=work)
    token = take(attempt.pk)
    log = "é" * 20_000 + "\x00the end"
    assert domain.note_log(attempt_id=attempt.pk, token=token, log_tail=log)
    attempt.refresh_from_db()
    assert attempt.log_tail.endswith("éthe end")
    assert 16_380 <= len(attempt.log_tail.encode()) <= 16_384


# What came out


def test_a_rejection_may_come_at_the_first_step(work: Submission) -> None:
    attempt = AttemptFactory(submission=work)
    assert domain.record(
        attempt_id=attempt.pk,
        token=take(attempt.pk),
        verdict=Verdict.REJECTED,
        fault=Code.REPOSITORY_NOT_FOUND,
        facts={"repository": "https://github.com/a/b\x00"},
    )
    attempt.refresh_from_db()
    assert (attempt.verdict, attempt.fault) == (Verdict.REJECTED, "repository_not_found")
    assert attempt.facts == {"repository": "https://github.com/a/b"}


@pytest.mark.parametrize(
    ("verdict", "fault"),
    [
        (Verdict.PASSED, Code.BUILD_FAILED),
        (Verdict.FAILED, Code.INTERNAL),
        (Verdict.REJECTED, None),
        (Verdict.CRASHED, None),
    ],
)
def test_a_verdict_and_its_fault_belong_together(
    work: Submission, verdict: Verdict, fault: Code | None
) -> None:
    attempt = AttemptFactory(submission=work)
    token = take(attempt.pk)
    with pytest.raises(ValueError, match="with fault"):
        domain.record(attempt_id=attempt.pk, token=token, verdict=verdict, fault=fault)


# Again, and stop


def test_staff_run_a_submission_again(work: Submission, tina: User) -> None:
    AttemptFactory(submission=work, state=State.DONE)
    again = domain.rerun(submission=work, by=tina, reason="the lab was fixed")
    assert (again.number, again.state, again.priority) == (2, State.QUEUED, 5)
    assert (again.requested_by, again.reason) == (tina, "the lab was fixed")
    assert notes(again) == ["the lab was fixed"]


def test_a_rerun_of_old_work_leaves_new_work_alone(
    mini_project: MiniProject, team: Team, alice: User, tina: User, work: Submission
) -> None:
    AttemptFactory(submission=work, state=State.DONE)
    newest = hand_in(mini_project, team, alice)
    domain.rerun(submission=work, by=tina, reason="compare")
    newest.refresh_from_db()
    assert newest.state == State.QUEUED


def test_a_submission_is_not_graded_twice_at_once(work: Submission, tina: User) -> None:
    AttemptFactory(submission=work)
    with pytest.raises(Refused, match="being graded already"):
        domain.rerun(submission=work, by=tina, reason="impatient")
    assert work.attempts.count() == 1


def test_a_rerun_needs_a_reason(work: Submission, tina: User) -> None:
    with pytest.raises(Refused, match="Say why"):
        domain.rerun(submission=work, by=tina, reason="  ")


@pytest.mark.parametrize("who", ["alice", "bob", "charlie", "otto"])
def test_only_staff_run_again(work: Submission, who: str, request: pytest.FixtureRequest) -> None:
    with pytest.raises(PermissionDenied):
        domain.rerun(submission=work, by=request.getfixturevalue(who), reason="please")


@pytest.mark.parametrize("who", ["alice", "bob", "tina", "amir"])
def test_owners_and_staff_cancel(
    work: Submission, who: str, request: pytest.FixtureRequest
) -> None:
    person = request.getfixturevalue(who)
    attempt = AttemptFactory(submission=work)
    token = take(attempt.pk)
    assert domain.cancel(attempt=attempt, by=person, reason="wrong branch")
    attempt.refresh_from_db()
    assert (attempt.state, attempt.verdict) == (State.CANCELLED, None)
    assert not domain.heartbeat(attempt_id=attempt.pk, token=token, lease_seconds=60)
    last = attempt.transitions.last()
    assert last is not None
    assert (last.by, last.note) == (person, "wrong branch")


@pytest.mark.parametrize("who", ["charlie", "otto"])
def test_strangers_do_not_cancel(
    work: Submission, who: str, request: pytest.FixtureRequest
) -> None:
    attempt = AttemptFactory(submission=work)
    with pytest.raises(PermissionDenied):
        domain.cancel(attempt=attempt, by=request.getfixturevalue(who))
    attempt.refresh_from_db()
    assert attempt.state == State.QUEUED


def test_what_is_done_cannot_be_cancelled(work: Submission, alice: User) -> None:
    attempt = AttemptFactory(submission=work, state=State.DONE)
    assert not domain.cancel(attempt=attempt, by=alice)
    attempt.refresh_from_db()
    assert (attempt.state, attempt.verdict) == (State.DONE, Verdict.PASSED)
