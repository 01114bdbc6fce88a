"""What can happen to a submission, and who may have it happen.

The rows change in `portal.submissions.moves`. A worker proves with its token that the attempt is
still its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone

from lab_specs.faults import Code
from lab_specs.report import Report, Verdict
from lab_specs.schema import LabSpec
from portal.common.errors import Refused
from portal.common.text import storable, storable_json, tail
from portal.courses.models import MiniProject, Team
from portal.courses.queries import standing
from portal.people.models import User
from portal.submissions import dispatch, histories, moves, queries, records, reruns, rules, scoring
from portal.submissions.lanes import Lane
from portal.submissions.models import (
    LOG_TAIL_BYTES,
    REASON_LENGTH,
    Attempt,
    Record,
    Rerun,
    Submission,
)
from portal.submissions.states import ACTIVE, LIVE, State

MAX_LIVE = 5  # attempts of one team, and of one person, that wait or run at once
CLAIM_TRIES = 32  # more workers than that do not reach for the same row at once
ENOUGH_BELLS = 32  # unheard at once are enough to keep every worker busy


class NoRoom(Refused):
    """As many attempts as may be at once wait or run; later there is room again."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """What handing in did: the attempt that is queued now, and those that it replaced."""

    submission: Submission
    attempt: Attempt
    superseded: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Claimed:
    """An attempt that a worker has taken, and the token that proves it."""

    attempt_id: int
    token: UUID


@dataclass(frozen=True, slots=True)
class Released:
    """What one round of the reaper did, as numbers of attempts."""

    requeued: int
    crashed: int
    announced: int


def submit(
    *,
    mini_project: MiniProject,
    team: Team,
    by: User,
    lab: str,
    repository: str,
    commit: str,
    ref: str = "",
    context: str = ".",
    dockerfile: str = "",
    commit_title: str = "",
    committed_at: datetime | None = None,
) -> Submitted:
    """Hand in one commit of a repository; it is queued for grading at once.

    The newest wins: what the same team has live for the same lab of it is superseded.
    Refused when the team, or the person, has `MAX_LIVE` other attempts live.
    """
    if not rules.may_submit(standing(by), team=team.pk):
        raise PermissionDenied
    if lab not in mini_project.labs:
        raise Refused(f"{mini_project.title} has no lab called {lab!r}.")
    with transaction.atomic():
        # Two members at once: the second waits here, then supersedes the first.
        Team.objects.select_for_update().get(pk=team.pk)
        User.objects.select_for_update().get(pk=by.pk)  # one person in two teams at once
        superseded = _supersede(mini_project, team, lab, by=by, note=f"replaced by {commit[:8]}")
        _demand_room(team, by)
        submission = Submission.objects.create(
            mini_project=mini_project,
            team=team,
            submitted_by=by,
            lab=lab,
            repository=repository,
            ref=ref,
            commit=commit,
            commit_title=storable(commit_title)[:200],
            committed_at=committed_at,
            context=context,
            dockerfile=dockerfile,
            created_at=timezone.now(),
        )
        (attempt,) = moves.queue([submission], by=by, reason="", lane=Lane.INTERACTIVE)
        histories.order(submission, now=timezone.now())
    attempt.refresh_from_db()
    return Submitted(submission, attempt, superseded)


def rerun(*, submission: Submission, by: User, reason: str) -> Attempt:
    """Grade the same commit once more, as another attempt. Staff only; they say why."""
    edition = submission.mini_project.edition_id
    if not rules.may_rerun(standing(by), edition=edition):
        raise PermissionDenied
    if not reason.strip():
        raise Refused("Say why this is run again: the student reads it.")
    try:
        with transaction.atomic():
            (attempt,) = moves.queue([submission], by=by, reason=reason, lane=Lane.RERUN)
    except IntegrityError:
        raise Refused("This submission is being graded already.") from None
    attempt.refresh_from_db()
    return attempt


def again(*, submission: Submission, by: User, reason: str) -> Attempt:
    """Grade the same commit once more, as another attempt, for a member of the team.

    It counts as handing in does. Refused while something of the team for this mini-project is
    live, or when there is no room. For the edition's staff it is a `rerun`.
    """
    mini_project, team = submission.mini_project, submission.team
    who = standing(by)
    if rules.may_rerun(who, edition=mini_project.edition_id):
        return rerun(submission=submission, by=by, reason=reason)
    if not rules.may_submit(who, team=team.pk):
        raise PermissionDenied
    with transaction.atomic():
        Team.objects.select_for_update().get(pk=team.pk)  # two clicks at once
        User.objects.select_for_update().get(pk=by.pk)
        own = Attempt.objects.filter(submission__mini_project=mini_project, submission__team=team)
        if own.filter(state__in=LIVE).exists():
            raise Refused(
                "Another attempt of your team for this work waits or runs. "
                "Wait for its verdict, then run this one again."
            )
        _demand_room(team, by)
        (attempt,) = moves.queue([submission], by=by, reason=reason, lane=Lane.INTERACTIVE)
    attempt.refresh_from_db()
    return attempt


def rerun_all(
    *, mini_project: MiniProject, by: User, reason: str, anew: bool = True
) -> tuple[Rerun, int]:
    """Grade the newest work of every team once more, behind everything else; how many. Staff only.

    What is on its way already is left alone. As long as an earlier one is under way, and whenever
    not `anew`, it is continued: what it has graded is not graded again.
    """
    if not rules.may_rerun(standing(by), edition=mini_project.edition_id):
        raise PermissionDenied
    if not reason.strip():
        raise Refused("Say why all of it is run again: every student reads it.")
    with transaction.atomic():
        # Two clicks at once: the second waits here, then finds nothing left to queue.
        MiniProject.objects.select_for_update().get(pk=mini_project.pk)
        now, last = timezone.now(), reruns.progress(mini_project)
        since = last.rerun.since if last and (last.live or not anew) else now
        work = list(reruns.to_queue(mini_project, since=since))
        if not work:
            raise Refused("Nothing is left to run again: all of it is on its way, or graded since.")
        started = Rerun.objects.create(
            mini_project=mini_project,
            by=by,
            at=now,
            since=since,
            reason=storable(reason)[:REASON_LENGTH],
        )
        moves.queue(work, by=by, reason=reason, lane=Lane.RERUN, rerun=started)
    return started, len(work)


def cancel(*, attempt: Attempt, by: User, reason: str = "") -> bool:
    """Stop an attempt before it is done. False when it has ended already."""
    owner = attempt.submission
    edition = owner.mini_project.edition_id
    if not rules.may_cancel(standing(by), edition=edition, team=owner.team_id):
        raise PermissionDenied
    return moves.move(
        attempt.pk,
        State.CANCELLED,
        by=by,
        note=reason,
        finished_at=timezone.now(),
        **moves.RELEASED,
    )


def claim_next(*, worker: str, lease_seconds: float) -> Claimed | None:
    """Take what is first in the fair order. None when nothing may be taken now.

    When another worker is quicker, the next in line is tried.
    """
    now = timezone.now()
    for row in queries.in_line(now=now)[:CLAIM_TRIES]:
        token = uuid4()
        if moves.move(
            row.pk,
            State.FETCHING,
            note=f"taken by {worker}",
            token=token,
            lease_until=now + timedelta(seconds=lease_seconds),
            worker=worker[:120],
            started_at=now,
            not_before=None,
            log_tail="",
        ):
            return Claimed(row.pk, token)
    return None


def advance(*, attempt_id: int, token: UUID, to_state: State) -> bool:
    """Go on to the next step. False tells the worker that the attempt is no longer its own."""
    if to_state not in ACTIVE:
        raise ValueError(f"a worker advances to one of {ACTIVE}, not to {to_state}")
    return moves.move(attempt_id, to_state, holder=token)


def heartbeat(*, attempt_id: int, token: UUID, lease_seconds: float) -> bool:
    """Keep the lease. False tells the worker to stop: cancelled, superseded, or given away."""
    until = timezone.now() + timedelta(seconds=lease_seconds)
    return moves.held(attempt_id, token).update(lease_until=until) == 1


def note_log(*, attempt_id: int, token: UUID, log_tail: str) -> bool:
    """Show the end of the log while the attempt runs. False as for `heartbeat`."""
    return moves.held(attempt_id, token).update(log_tail=tail(log_tail, LOG_TAIL_BYTES)) == 1


def record(
    *,
    attempt_id: int,
    token: UUID,
    verdict: Verdict,
    fault: Code | None = None,
    facts: Mapping[str, Any] | None = None,
    report: Report | None = None,
    levels: Mapping[str, str] | None = None,
    phases: Sequence[Mapping[str, Any]] = (),
    provenance: Mapping[str, Any] | None = None,
    log_tail: str = "",
) -> bool:
    """Write down what came out. False when the attempt is no longer this worker's own.

    A failure of ours goes back to the queue a few times before it ends as `crashed`; the reaper
    rings when it is tried again.
    """
    if (fault is None) != (verdict in {Verdict.PASSED, Verdict.FAILED}):
        raise ValueError(f"verdict {verdict} with fault {fault}")
    if verdict is Verdict.CRASHED and fault and moves.retry(attempt_id, token, note=fault.value):
        return True
    return moves.end(
        attempt_id,
        holder=token,
        verdict=verdict,
        fault=fault.value if fault else "",
        facts=storable_json(facts or {}),
        report=storable_json(report.model_dump(mode="json")) if report else None,
        levels=dict(levels or {}),
        phases=storable_json(phases),
        provenance=storable_json(provenance or {}),
        log_tail=tail(log_tail, LOG_TAIL_BYTES),
        finished_at=timezone.now(),
    )


def rescore(*, attempt: Attempt, lab: LabSpec, by: User, reason: str) -> Record | None:
    """Count the stored report again, as the lab does now; nothing is run. Staff only.

    None when nothing changes. Refused when the report cannot be counted, or when the record
    does not hold: a new signature would hide that.
    """
    if not rules.may_rerun(standing(by), edition=attempt.submission.mini_project.edition_id):
        raise PermissionDenied
    if not reason.strip():
        raise Refused("Say why this is scored again: it is kept with the record.")
    with transaction.atomic():
        row = Attempt.objects.select_for_update().get(pk=attempt.pk)
        if problems := records.problems(row):
            raise Refused(" ".join(problems))
        score = scoring.score_of(row, lab)
        change = scoring.difference(row, score)
        if not change:
            return None
        moves.rescored(row, score)
        return records.add(row.pk, lab_digest=lab.digest, by=by, reason=reason, change=change)


def release_lost(*, now: datetime) -> Released:
    """Queue again what a lost worker held, and ring for what nobody seems to have heard of."""
    requeued = crashed = 0
    lost = Attempt.objects.filter(state__in=ACTIVE, lease_until__lt=now).values_list("pk", "token")
    for attempt_id, token in [(pk, token) for pk, token in lost if token]:
        # A heartbeat may arrive in between: then the lease is good again and nothing moves.
        if moves.retry(attempt_id, token, note=Code.WORKER_LOST.value, lost_at=now):
            requeued += 1
        elif moves.end(
            attempt_id,
            holder=token,
            lost_at=now,
            verdict=Verdict.CRASHED,
            fault=Code.WORKER_LOST.value,
            finished_at=now,
        ):
            crashed += 1
    return Released(requeued, crashed, _ring_again(now=now))


def _ring_again(*, now: datetime) -> int:
    """Ring as often as rings are missing: lost with the broker, or never sent."""
    waiting = queries.due(now=now).order_by(F("announced_at").asc(nulls_first=True), "pk")
    front = list(waiting.values_list("pk", flat=True)[:ENOUGH_BELLS])
    if not front or (unanswered := dispatch.unanswered()) is None:
        return 0
    missing = max(0, len(front) - unanswered)
    rung = moves.announce(front[:missing])
    if rung == missing:  # what waits further back is heard of in time: the broker is there
        queries.due(now=now).filter(announced_at__isnull=True).update(announced_at=now)
    return rung


def _demand_room(team: Team, by: User) -> None:
    own = Q(submission__team=team) | Q(submission__submitted_by=by)
    # What staff run again is not the students' doing.
    live = Attempt.objects.filter(own, state__in=LIVE, priority=Lane.INTERACTIVE).count()
    if live >= MAX_LIVE:
        raise NoRoom(
            f"You have {live} attempts that wait or run, which is as many as may be at once. "
            "Nothing is lost: wait until one of them has its verdict, or cancel one, "
            "and then submit this commit again."
        )


def _supersede(
    mini_project: MiniProject, team: Team, lab: str, *, by: User, note: str
) -> tuple[int, ...]:
    older = Attempt.objects.filter(
        submission__mini_project=mini_project,
        submission__team=team,
        submission__lab=lab,
        state__in=LIVE,
    )
    now = timezone.now()
    return tuple(
        pk
        for pk in list(older.values_list("pk", flat=True))
        if moves.move(pk, State.SUPERSEDED, by=by, note=note, finished_at=now, **moves.RELEASED)
    )
