"""What stands in the way of grading: workers that pause, work that waits long, failures of ours."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from lab_specs.report import Verdict
from portal.courses.models import Edition
from portal.submissions.models import Attempt, Transition, Worker
from portal.submissions.queries import HEAVY
from portal.submissions.states import ACTIVE, LIVE, State
from portal.submissions.workers import SEEN_WITHIN

WORK = ("submission__team", "submission__mini_project")


@dataclass(frozen=True, slots=True)
class Hand:
    """A worker as a page shows it: how it is, in a word with its tone."""

    worker: Worker
    running: int
    tone: str
    word: str

    @property
    def pauses(self) -> bool:
        """Whether it is there and takes no work."""
        return self.tone == "warn"


@dataclass(frozen=True, slots=True)
class Queue:
    """An edition's work that is on its way."""

    waiting: int
    running: int
    oldest: Attempt | None


def hands(*, now: datetime) -> list[Hand]:
    """Every worker that is known, those in trouble first, in two queries."""
    held = Attempt.objects.filter(state__in=ACTIVE).values_list("worker")
    running = dict(held.annotate(count=Count("pk")))
    found = [_hand(worker, running.get(worker.name, 0), now) for worker in Worker.objects.all()]
    return sorted(found, key=lambda hand: ("warn", "bad", "good").index(hand.tone))


def queue(edition: Edition) -> Queue:
    """How much of an edition's work waits and runs, and what has waited longest, in two queries."""
    own = Attempt.objects.filter(submission__mini_project__edition=edition)
    counts = own.aggregate(
        waiting=Count("pk", filter=Q(state=State.QUEUED)),
        running=Count("pk", filter=Q(state__in=ACTIVE)),
    )
    oldest = own.filter(state=State.QUEUED).order_by("queued_at", "pk")
    return Queue(**counts, oldest=oldest.select_related(*WORK).defer(*HEAVY).first())


def tried_again(edition: Edition) -> QuerySet[Attempt]:
    """Live attempts that failed on our side before, with the last reason as `last_reason`."""
    failed = Transition.objects.filter(attempt=OuterRef("pk"), target=State.QUEUED).exclude(
        source=""
    )
    return (
        Attempt.objects.filter(
            submission__mini_project__edition=edition, state__in=LIVE, retries__gt=0
        )
        .annotate(last_reason=Subquery(failed.order_by("-pk").values("note")[:1]))
        .select_related(*WORK)
        .defer(*HEAVY)
        .order_by("queued_at", "pk")
    )


def crashed(edition: Edition) -> QuerySet[Attempt]:
    """Attempts that ended as failures of ours, with the facts of it, newest first."""
    unread = [column for column in HEAVY if column != "facts"]
    return (
        Attempt.objects.filter(submission__mini_project__edition=edition, verdict=Verdict.CRASHED)
        .select_related(*WORK)
        .defer(*unread)
        .order_by("-finished_at", "-pk")
    )


def _hand(worker: Worker, running: int, now: datetime) -> Hand:
    if worker.seen_at < now - SEEN_WITHIN:
        return Hand(worker, running, "bad", "Not heard of")
    if worker.paused_until and worker.paused_until > now:
        return Hand(worker, running, "warn", "Paused")
    return Hand(worker, running, "good", "At work" if running else "Ready")
