"""What is known of submissions: for the worker, for their owners, for the staff."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import Count, F, Max, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from lab_specs.report import Verdict
from portal.courses.models import Edition
from portal.courses.queries import standing
from portal.people.models import User
from portal.submissions import lanes
from portal.submissions.models import Attempt, Lookup, LookupStatus, Submission
from portal.submissions.states import ACTIVE, State

SERVED_LATELY = timedelta(hours=1)  # a turn before that is forgotten
# Large columns that no list shows
HEAVY = ("report", "log_tail", "provenance", "facts", "phases")


def for_grading(*, attempt_id: int) -> Attempt | None:
    """An attempt with everything that a worker needs to know, or None when there is none."""
    return (
        Attempt.objects.select_related("submission__mini_project__edition")
        .filter(pk=attempt_id)
        .first()
    )


def for_resolving(*, lookup_id: int) -> Lookup | None:
    """A lookup that still waits for its answer."""
    return Lookup.objects.filter(pk=lookup_id, status=LookupStatus.WAITING).first()


def due(*, now: datetime) -> QuerySet[Attempt]:
    """The attempts that may be taken now; one that is tried again later is not among them."""
    ready = Q(not_before__isnull=True) | Q(not_before__lte=now)
    return Attempt.objects.filter(ready, state=State.QUEUED)


def in_line(*, now: datetime) -> list[lanes.Waiting]:
    """What may be taken now, in the order in which it is taken. At most two queries."""
    edition, team = "submission__mini_project__edition_id", "submission__team_id"
    rows = due(now=now).values_list("pk", "priority", edition, team, "queued_at", "submission__lab")
    waiting = [lanes.Waiting(*row) for row in rows]
    if not waiting:
        return []
    of_late = Q(state__in=ACTIVE) | Q(started_at__gte=now - SERVED_LATELY)
    running = Count("pk", filter=Q(state__in=ACTIVE))
    served = (
        Attempt.objects.filter(of_late)
        .values_list(edition, team)
        .annotate(running=running, last=Max("started_at"))
    )
    return lanes.order(waiting, [lanes.Served(*row) for row in served])


def live_tokens() -> set[str]:
    """The tokens with which workers hold attempts now.

    A lease that has run out counts until the reaper gives the attempt away: before that, a late
    heartbeat still saves it, and its containers with it.
    """
    held = Attempt.objects.filter(state__in=ACTIVE).values_list("token", flat=True)
    return {str(token) for token in held}


def visible_to(person: User) -> QuerySet[Submission]:
    """The submissions that a person may read: their teams' own, and all of those they teach."""
    who = standing(person)
    return Submission.objects.filter(
        Q(team__in=who.teams) | Q(mini_project__edition__in=who.staffed)
    ).select_related("mini_project__edition__course", "team", "submitted_by")


def attempts_visible_to(person: User) -> QuerySet[Attempt]:
    """The attempts that a person may read."""
    who = standing(person)
    return Attempt.objects.filter(
        Q(submission__team__in=who.teams) | Q(submission__mini_project__edition__in=who.staffed)
    ).select_related("submission__mini_project__edition__course", "submission__team")


def lookups_of(person: User) -> QuerySet[Lookup]:
    """A person's own lookups; nobody else sees them."""
    return Lookup.objects.filter(person=person).select_related("mini_project__edition", "team")


def newest_per(attempts: QuerySet[Attempt], *columns: str, most: int = 1) -> QuerySet[Attempt]:
    """For each value of the columns: the newest attempts of the newest submissions, `most` of them.

    A re-run of an old submission is not newer work. Filter the rows further in Python: another
    `filter` would be applied before the newest is chosen.
    """
    rank = Window(
        RowNumber(),
        partition_by=[F(column) for column in columns],
        order_by=[F("submission").desc(), F("number").desc()],
    )
    return attempts.annotate(rank=rank).filter(rank__lte=most)


def scorable(editions: Collection[int], *, lab: str | None = None) -> QuerySet[Attempt]:
    """The attempts of these editions, or of one lab in them, whose verdict came from levels."""
    attempts = Attempt.objects.filter(
        submission__mini_project__edition__in=editions,
        verdict__in=[Verdict.PASSED, Verdict.FAILED],
    )
    if lab:
        attempts = attempts.filter(submission__lab=lab)
    return attempts.select_related("submission__mini_project").order_by("pk")


def latest_attempts(edition: Edition) -> list[Attempt]:
    """The newest attempt per team and mini-project of an edition, without heavy columns."""
    attempts = (
        Attempt.objects.filter(submission__mini_project__edition=edition)
        .select_related("submission__mini_project", "submission__team")
        .defer(*HEAVY)
    )
    return list(newest_per(attempts, "submission__team", "submission__mini_project"))


def latest_attempts_of(person: User) -> dict[int, Attempt]:
    """A person's newest attempt per mini-project, by the mini-project's id."""
    attempts = (
        Attempt.objects.filter(submission__team__memberships__person=person)
        .select_related("submission__mini_project", "submission__team")
        .defer(*HEAVY)
    )
    newest = newest_per(attempts, "submission__mini_project")
    return {attempt.submission.mini_project_id: attempt for attempt in newest}
