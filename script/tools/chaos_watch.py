"""What the database says while chaos reigns: who holds what, what came out, and how often."""

import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self, TypeVar
from uuid import UUID

from django.db import DatabaseError, connection
from django.db.models import Count, Q

from lab_specs.report import Report, Verdict
from portal.submissions import domain
from portal.submissions.models import Attempt, Record, Submission, Transition
from portal.submissions.states import ACTIVE, FINAL, State

LOOK_EVERY = 0.03  # seconds; a fetch takes little longer
ASK_SECONDS = 60
T = TypeVar("T")


@dataclass(frozen=True)
class Hold:
    """An attempt in the hands of a worker."""

    attempt: int
    phase: str
    token: UUID
    worker: str

    def of(self, pid: int) -> bool:
        """Whether it is the worker with this process."""
        return self.worker.split()[-1] == str(pid)


def asked(question: Callable[[], T]) -> T:
    """The answer of a database that may be away for a while."""
    end = time.monotonic() + ASK_SECONDS
    while True:
        try:
            return question()
        except DatabaseError:
            connection.close()
            if time.monotonic() > end:
                raise
            time.sleep(LOOK_EVERY)


class Watch:
    """Looks at the rows of one round, many times a second, from a thread of its own."""

    def __init__(self) -> None:
        self.held: tuple[Hold, ...] = ()
        self.done = 0
        self.seen: dict[UUID, Hold] = {}  # every token that any worker ever had
        newest = Attempt.objects.order_by("-pk").values_list("pk", flat=True)
        self.after = asked(newest.first) or 0  # rows of earlier rounds
        self._rows = Attempt.objects.filter(pk__gt=self.after)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def prey(self, phase: str, seconds: float) -> Hold | None:
        """An attempt in this phase, as soon as there is one; after `seconds` one in any phase.

        None when nothing at all is under way for three times as long.
        """
        began = time.monotonic()
        while (waited := time.monotonic() - began) < 3 * seconds:
            held = self.held
            if found := [hold for hold in held if hold.phase == phase or waited > seconds]:
                return found[0]
            time.sleep(LOOK_EVERY / 2)
        return None

    def look(self) -> tuple[Hold, ...]:
        """What the workers hold at this moment."""
        active = self._rows.filter(state__in=ACTIVE).values_list("pk", "state", "token", "worker")
        found = asked(lambda: list(active))
        return tuple(Hold(pk, state, token, worker) for pk, state, token, worker in found if token)

    def _watch(self) -> None:
        while not self._over.wait(LOOK_EVERY):
            self.held = self.look()
            self.seen |= {hold.token: hold for hold in self.held if hold.token not in self.seen}
            self.done = asked(self._rows.filter(state__in=FINAL).count)


def outcome(attempt: int) -> tuple[Any, ...]:
    """What came out, as far as two gradings of one work must agree."""
    row = Attempt.objects.get(pk=attempt)
    report = Report.model_validate(row.report) if row.report else Report(checks=())
    checks = tuple((check.id, check.outcome.value) for check in report.checks)
    return (row.state, row.verdict, row.fault, tuple(sorted(row.levels.items())), checks)


def times_done(attempts: Collection[int]) -> dict[int, int]:
    """How often each attempt was done: its row, its history and its records must all agree.

    0 when it is not done; the largest of what is counted otherwise.
    """
    ended = Count("transitions", filter=Q(transitions__target=State.DONE), distinct=True)
    rows = Attempt.objects.filter(pk__in=attempts, state=State.DONE)
    counted = rows.annotate(ended=ended, recorded=Count("records", distinct=True))
    found = counted.values_list("pk", "ended", "recorded")
    times = {pk: (max(numbers) if min(numbers) else 0) for pk, *numbers in found}
    return {attempt: times.get(attempt, 0) for attempt in attempts}


def doubles(attempts: Collection[int], after: int) -> int:
    """Rows that nobody asked for: a second submission of one work, a second attempt."""
    own = Submission.objects.filter(attempts__in=attempts).values_list("pk", flat=True)
    others = Attempt.objects.filter(pk__gt=after).exclude(pk__in=attempts)
    return others.count() + len(own) - len(set(own))


def requeued(attempts: Iterable[int], killed: float) -> list[float]:
    """Seconds from a kill to the row that says that each attempt is queued again."""
    since = datetime.fromtimestamp(killed, UTC)
    first: Mapping[int, datetime] = {}
    again = Transition.objects.filter(attempt__in=list(attempts), target=State.QUEUED, at__gt=since)
    first = {row.attempt_id: row.at for row in again.order_by("-at")}
    return [(at - since).total_seconds() for at in first.values()]


def replay(hold: Hold) -> bool:
    """Report with a token of the past, as a worker would that comes back late; True if dropped.

    Neither the row nor its history may change by it.
    """
    before = _all_of(hold.attempt)
    late = domain.record(attempt_id=hold.attempt, token=hold.token, verdict=Verdict.PASSED)
    moved = domain.advance(attempt_id=hold.attempt, token=hold.token, to_state=State.JUDGING)
    beat = domain.heartbeat(attempt_id=hold.attempt, token=hold.token, lease_seconds=60)
    return not (late or moved or beat) and _all_of(hold.attempt) == before


def _all_of(attempt: int) -> tuple[Any, ...]:
    rows = (Attempt.objects.filter(pk=attempt), Transition.objects.filter(attempt=attempt))
    return tuple(list(row.values()) for row in (*rows, Record.objects.filter(attempt=attempt)))
