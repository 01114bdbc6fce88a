"""What a worker does when the doorbell rings. Thin: claim, grade, record.

The only module of the grader that knows the portal's rows.
"""

import time
from dataclasses import dataclass
from functools import partial
from uuid import UUID

import structlog
from django.db import close_old_connections
from structlog.contextvars import bound_contextvars

from grader.document import read
from grader.fetch import resolve
from grader.github_tasks import key_for, opened
from grader.job import Job
from grader.lease import Heart, Lease
from grader.pipeline import AbandonedError, Outcome, fetch_policy
from grader.room import shortage
from grader.worker import BREAKER, NAME, STOPPING, report, settings, tools
from lab_specs.faults import Code, Fault, PlatformFault
from lab_specs.loader import SpecError, load_lab
from lab_specs.report import Report, Verdict
from lab_specs.schema import LabSpec
from portal.celery_app import app
from portal.deliveries import readings
from portal.submissions import domain, lookups, queries
from portal.submissions.models import Attempt
from portal.submissions.states import LIVE, State

LOOK_AGAIN = 5.0  # seconds until a worker looks whether its trouble is over
LOG_EVERY = 1.0  # seconds between two writes of the log that a page shows
LEASE = settings().lease_seconds
HEART = Heart(
    partial(domain.heartbeat, lease_seconds=LEASE), every=LEASE / 3, rest=close_old_connections
)
logger = structlog.get_logger()


# Acknowledged late, so that a worker keeps no more bells than it has hands: others hear the rest.
@app.task(name="grader.grade", acks_late=True)
def grade() -> None:
    """Somebody rang: grade what is next in the fair order, if anything is.

    A worker that pauses sits the pause out with this bell in its hand.
    """
    while seconds := _pause():
        if STOPPING.wait(seconds):
            return  # the reaper rings again
        close_old_connections()  # the database may have gone meanwhile
    claimed = domain.claim_next(worker=NAME, lease_seconds=LEASE)
    if claimed:
        _grade_claimed(claimed.attempt_id, claimed.token)


def _grade_claimed(attempt_id: int, token: UUID) -> None:
    attempt = queries.for_grading(attempt_id=attempt_id)
    if attempt is None:
        return
    with bound_contextvars(attempt=attempt_id), HEART.keep(attempt_id, token) as lease:
        try:
            outcome = _grade(attempt, Watcher(attempt_id, token, lease))
        except AbandonedError:
            logger.info("abandoned")
            return
        kept = domain.record(
            attempt_id=attempt_id,
            token=token,
            verdict=outcome.verdict,
            fault=outcome.code,
            facts=outcome.facts,
            report=_report(outcome),
            levels=outcome.levels,
            phases=outcome.phases,
            provenance={**outcome.provenance, "worker": NAME},
            log_tail=outcome.log,
        )
        logger.info("graded", verdict=outcome.verdict, fault=outcome.code, kept=kept)
    _learn(outcome)


def _report(outcome: Outcome) -> Report | None:
    return Report(checks=outcome.checks, figures=outcome.figures) if outcome.checks else None


def _pause() -> float:
    """Seconds for which this worker should take no work yet; 0 when it is fit for it."""
    now = time.time()
    if left := BREAKER.left(now):
        return left
    if (problem := _trouble()) and BREAKER.stop(problem, now, LOOK_AGAIN):
        _say_pause()
    return BREAKER.left(now)


def _trouble() -> str | None:
    """Why this worker cannot grade, as far as that is plain before it takes anything."""
    try:
        if tools().engine.image_id(settings().judge_image) is None:
            return f"the judge's image {settings().judge_image} is not there"
    except PlatformFault as fault:
        return f"{fault.code}: {fault.facts.get('problem', '')}"
    return shortage(settings())


def _learn(outcome: Outcome) -> None:
    """Whether this worker works. A broken lab says nothing of that."""
    if outcome.code is Code.LAB_BROKEN:
        return
    if outcome.verdict is not Verdict.CRASHED:
        if BREAKER.succeeded():
            report()
    elif BREAKER.failed(f"{outcome.code}: {outcome.facts.get('problem', '')}", time.time()):
        _say_pause()


def _say_pause() -> None:
    seconds = round(BREAKER.left(time.time()))
    logger.warning("paused", reason=BREAKER.reason, failures=BREAKER.failures, seconds=seconds)
    report()


@app.task(name="grader.resolve")
def resolve_link(*, lookup_id: int) -> None:
    """Find the commit that a link and a ref name, for the person who is about to submit it."""
    lookup = queries.for_resolving(lookup_id=lookup_id)
    if lookup is None:
        return
    try:
        found = opened(
            lambda policy: resolve(lookup.repository, lookup.ref, policy),
            fetch_policy(settings()),
            lookup.repository,
            lookup.team_id,
        )
    except Fault as fault:
        lookups.fail_lookup(lookup_id=lookup_id, code=fault.code, facts=fault.facts)
        return
    lookups.answer_lookup(
        lookup_id=lookup_id,
        commit=found.commit,
        commit_title=found.title,
        committed_at=found.committed_at,
    )


@app.task(name="grader.read")
def read_document(*, reading_id: int) -> None:
    """Read the document that a team handed in as a path, or that a deadline took."""
    wanted = readings.wanted(reading_id=reading_id)
    if wanted is None:
        return
    try:
        found = opened(
            lambda policy: read(wanted.repository, wanted.path, policy, commit=wanted.commit),
            fetch_policy(settings()),
            wanted.repository,
            wanted.delivery.team_id,
        )
    except Fault as fault:
        readings.fail(reading_id=reading_id, code=fault.code, facts=fault.facts)
        return
    readings.answer(
        reading_id=reading_id,
        commit=found.commit,
        text=found.text,
        files=found.files,
        problem=found.problem,
    )


@dataclass
class Watcher:
    """Writes an attempt's progress to its row; ends the attempt when the row is not ours."""

    attempt_id: int
    token: UUID
    lease: Lease
    _state: State = State.FETCHING
    _logged: float = 0.0

    def phase(self, name: str) -> None:
        """Advance the attempt, step by step: an image that is used again skips two."""
        target = LIVE.index(State(name))
        for state in LIVE[LIVE.index(self._state) + 1 : target + 1]:
            moved = domain.advance(attempt_id=self.attempt_id, token=self.token, to_state=state)
            self._demand(ours=moved)
            self._state = state

    def log(self, text: str) -> None:
        """Show the end of the log, at most once a second; the last of it comes with the outcome."""
        self._demand(ours=not self.lease.lost)
        if time.monotonic() - self._logged >= LOG_EVERY:
            self._logged = time.monotonic()
            domain.note_log(attempt_id=self.attempt_id, token=self.token, log_tail=text)

    def note(self, text: str) -> None:
        """A check begins."""
        self._demand(ours=not self.lease.lost)
        logger.debug("check", title=text)

    def _demand(self, *, ours: bool) -> None:
        if not ours:
            raise AbandonedError


def _grade(attempt: Attempt, watcher: Watcher) -> Outcome:
    submission = attempt.submission
    edition = submission.mini_project.edition
    try:
        lab = _lab(submission.lab)
        grader = tools()
        key = key_for(submission.repository, submission.team_id, vouched=True)
    except SpecError as error:
        facts = {"problem": str(error)}
        return Outcome(verdict=Verdict.CRASHED, code=Code.LAB_BROKEN, facts=facts)
    except PlatformFault as fault:
        return Outcome(verdict=Verdict.CRASHED, code=fault.code, facts=fault.facts)
    job = Job(
        attempt=str(attempt.pk),
        lab=submission.lab,
        repository=submission.repository,
        commit=submission.commit,
        context=submission.context,
        dockerfile=submission.dockerfile,
        seed=edition.secret_seed,
        seed_name=f"edition {edition.pk} ({edition.name})",
        key=key,
        token=str(watcher.token),
        worker=NAME,
    )
    return grader.grade(job, lab, watcher)


def _lab(name: str) -> LabSpec:
    """The lab from the first folder of the shelf that has it."""
    folders = [shelf / name for shelf in settings().shelf]
    return load_lab(next((folder for folder in folders if folder.is_dir()), folders[0]))
