"""What can happen to a submission. The only writer of an attempt's state and verdict.

Every change of state is one conditional UPDATE whose row count is checked, together with the
row that tells of it. A worker proves with its token that the attempt is still its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from lab_specs.faults import Code
from lab_specs.report import Report, Verdict
from lab_specs.schema import LabSpec
from portal.common.errors import Refused
from portal.common.text import storable, storable_json, tail
from portal.courses.models import MiniProject, Team
from portal.courses.queries import standing
from portal.people.models import User
from portal.submissions import dispatch, records, rules, scoring
from portal.submissions.models import LOG_TAIL_BYTES, Attempt, Record, Submission, Transition
from portal.submissions.states import ACTIVE, LIVE, State, sources

MAX_RETRIES = 2  # after failures of ours; then the attempt ends as crashed
RERUN_PRIORITY = 5  # what students hand in now goes before what staff run again
REANNOUNCE_AFTER = timedelta(seconds=30)
REANNOUNCE_AT_ONCE = 32  # the front of the queue is enough to keep every worker busy

_RELEASED: dict[str, None] = {"token": None, "lease_until": None}


@dataclass(frozen=True, slots=True)
class Submitted:
    """What handing in did: the attempt that is queued now, and those that it replaced."""

    submission: Submission
    attempt: Attempt
    superseded: tuple[int, ...]


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

    The newest wins: what the same team has live for the same mini-project is superseded.
    """
    if not rules.may_submit(standing(by), team=team.pk):
        raise PermissionDenied
    if lab not in mini_project.labs:
        raise Refused(f"{mini_project.title} has no lab called {lab!r}.")
    with transaction.atomic():
        # Two members at once: the second waits here, then supersedes the first.
        Team.objects.select_for_update().get(pk=team.pk)
        superseded = _supersede(mini_project, team, by=by, note=f"replaced by {commit[:8]}")
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
        attempt = _queue(submission, by=by, reason="")
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
            attempt = _queue(submission, by=by, reason=reason, priority=RERUN_PRIORITY)
    except IntegrityError:
        raise Refused("This submission is being graded already.") from None
    attempt.refresh_from_db()
    return attempt


def cancel(*, attempt: Attempt, by: User, reason: str = "") -> bool:
    """Stop an attempt before it is done. False when it has ended already."""
    owner = attempt.submission
    edition = owner.mini_project.edition_id
    if not rules.may_cancel(standing(by), edition=edition, team=owner.team_id):
        raise PermissionDenied
    return _move(
        attempt.pk,
        State.CANCELLED,
        by=by,
        note=reason,
        finished_at=timezone.now(),
        **_RELEASED,
    )


def claim(*, attempt_id: int, worker: str, lease_seconds: float) -> UUID | None:
    """Take a queued attempt for a worker. None when somebody else has it, or nobody wants it."""
    now, token = timezone.now(), uuid4()
    claimed = _move(
        attempt_id,
        State.FETCHING,
        note=f"taken by {worker}",
        token=token,
        lease_until=now + timedelta(seconds=lease_seconds),
        worker=worker[:120],
        started_at=now,
        log_tail="",
    )
    return token if claimed else None


def advance(*, attempt_id: int, token: UUID, to_state: State) -> bool:
    """Go on to the next step. False tells the worker that the attempt is no longer its own."""
    if to_state not in ACTIVE:
        raise ValueError(f"a worker advances to one of {ACTIVE}, not to {to_state}")
    return _move(attempt_id, to_state, holder=token)


def heartbeat(*, attempt_id: int, token: UUID, lease_seconds: float) -> bool:
    """Keep the lease. False tells the worker to stop: cancelled, superseded, or given away."""
    until = timezone.now() + timedelta(seconds=lease_seconds)
    return _held(attempt_id, token).update(lease_until=until) == 1


def note_log(*, attempt_id: int, token: UUID, log_tail: str) -> bool:
    """Show the end of the log while the attempt runs. False as for `heartbeat`."""
    return _held(attempt_id, token).update(log_tail=tail(log_tail, LOG_TAIL_BYTES)) == 1


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

    A failure of ours goes back to the queue twice before it ends as `crashed`. Then the
    reaper rings for it, some seconds later: what failed just now would fail at once again.
    """
    if (fault is None) != (verdict in {Verdict.PASSED, Verdict.FAILED}):
        raise ValueError(f"verdict {verdict} with fault {fault}")
    if verdict is Verdict.CRASHED and fault and _retry(attempt_id, token, note=fault.value):
        return True
    return _end(
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
        held = Attempt.objects.filter(pk=row.pk, state=State.DONE, verdict=row.verdict)
        held.update(verdict=score.verdict, levels=dict(score.levels))
        return records.add(row.pk, lab_digest=lab.digest, by=by, reason=reason, change=change)


def release_lost(*, now: datetime) -> Released:
    """Queue again what a lost worker held, and ring for what nobody seems to have heard of."""
    requeued = crashed = 0
    lost = Attempt.objects.filter(state__in=ACTIVE, lease_until__lt=now).values_list("pk", "token")
    for attempt_id, token in [(pk, token) for pk, token in lost if token]:
        # A heartbeat may arrive in between: then the lease is good again and nothing moves.
        if _retry(attempt_id, token, note=Code.WORKER_LOST.value, lost_at=now):
            requeued += 1
        elif _end(
            attempt_id,
            holder=token,
            lost_at=now,
            verdict=Verdict.CRASHED,
            fault=Code.WORKER_LOST.value,
            finished_at=now,
        ):
            crashed += 1
    unheard = Q(announced_at__isnull=True) | Q(announced_at__lt=now - REANNOUNCE_AFTER)
    waiting = Attempt.objects.filter(unheard, state=State.QUEUED)
    front = waiting.order_by("priority", "queued_at", "pk").values_list("pk", "priority")
    announced = 0
    for attempt_id, priority in list(front[:REANNOUNCE_AT_ONCE]):
        if not _announce(attempt_id, priority):
            break  # the broker is away: no use in waiting for it once per attempt
        announced += 1
    return Released(requeued, crashed, announced)


def _queue(submission: Submission, *, by: User, reason: str, priority: int = 0) -> Attempt:
    """A new queued attempt; the bell rings when the transaction is committed."""
    now = timezone.now()
    last = submission.attempts.aggregate(last=Max("number"))["last"] or 0
    attempt = Attempt.objects.create(
        submission=submission,
        number=last + 1,
        state=State.QUEUED,
        priority=priority,
        requested_by=by,
        reason=storable(reason)[:500],
        queued_at=now,
    )
    Transition.objects.create(
        attempt=attempt, target=State.QUEUED, at=now, by=by, note=attempt.reason
    )
    transaction.on_commit(partial(_announce, attempt.pk, priority))
    return attempt


def _announce(attempt_id: int, priority: int) -> bool:
    rung = dispatch.ring_grade(attempt_id, priority=priority)
    if rung:
        Attempt.objects.filter(pk=attempt_id).update(announced_at=timezone.now())
    return rung


def _supersede(mini_project: MiniProject, team: Team, *, by: User, note: str) -> tuple[int, ...]:
    older = Attempt.objects.filter(
        submission__mini_project=mini_project, submission__team=team, state__in=LIVE
    )
    now = timezone.now()
    return tuple(
        pk
        for pk in list(older.values_list("pk", flat=True))
        if _move(pk, State.SUPERSEDED, by=by, note=note, finished_at=now, **_RELEASED)
    )


def _retry(attempt_id: int, token: UUID, *, note: str, lost_at: datetime | None = None) -> bool:
    """Back to the queue after a failure of ours, unless that happened too often already."""
    with transaction.atomic():
        held = _held(attempt_id, token).select_for_update()
        retries = held.values_list("retries", flat=True).first()
        if retries is None or retries >= MAX_RETRIES:
            return False
        return _move(
            attempt_id,
            State.QUEUED,
            holder=token,
            lost_at=lost_at,
            note=f"{note}, tried again ({retries + 1} of {MAX_RETRIES})",
            retries=retries + 1,
            announced_at=None,
            **_RELEASED,
        )


def _end(attempt_id: int, *, fault: str, **ended: Any) -> bool:  # noqa: ANN401 - as for _move
    """The end of an attempt, and the record of it, both or neither."""
    with transaction.atomic():
        if not _move(attempt_id, State.DONE, note=fault, fault=fault, **ended, **_RELEASED):
            return False
        records.add(attempt_id)
    return True


def _held(attempt_id: int, token: UUID) -> QuerySet[Attempt]:
    return Attempt.objects.filter(pk=attempt_id, token=token, state__in=ACTIVE)


def _move(
    attempt_id: int,
    target: State,
    *,
    holder: UUID | None = None,
    lost_at: datetime | None = None,
    by: User | None = None,
    note: str = "",
    **changes: Any,  # noqa: ANN401 - columns of an attempt
) -> bool:
    """Change the state, and tell of it. False when the attempt is not where it should be.

    With `holder`, only for the worker that holds this token; with `lost_at`, only when its
    lease had run out by then.
    """
    fence = Q(pk=attempt_id, state__in=sources(target))
    if holder is not None:
        fence &= Q(token=holder)
    if lost_at is not None:
        fence &= Q(lease_until__lt=lost_at)
    with transaction.atomic():
        locked = Attempt.objects.select_for_update().filter(fence)
        source = locked.values_list("state", flat=True).first()
        if source is None:
            return False
        if Attempt.objects.filter(fence, state=source).update(state=target, **changes) != 1:
            return False
        Transition.objects.create(
            attempt_id=attempt_id,
            source=source,
            target=target,
            at=timezone.now(),
            by=by,
            note=storable(note)[:500],
        )
    return True
