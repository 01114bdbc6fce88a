"""The default branch at a deadline, taken by the portal itself, once for each team.

A round asks what is due, not what has just become due: a portal that was down at midnight takes
it as soon as it is up, and says when that was. Where the App sees the repository, GitHub says what
was there at the deadline; else it is what is there when the portal looks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction

from lab_specs import link as links
from lab_specs.edition.syllabus import Deliverable
from lab_specs.faults import Fault
from portal.courses.dates import Calendar
from portal.courses.models import Edition, Membership
from portal.deliveries import collect, readings
from portal.deliveries.models import Delivery, Snapshot, Way
from portal.github.models import Watch
from portal.people.models import User
from portal.submissions import lookups, snapshot
from portal.submissions.models import Lookup, LookupStatus, Submission

CATCH_UP = timedelta(days=14)  # a deadline further back is history, not a snapshot that failed
A_SECOND = timedelta(seconds=1)  # the last second of a deadline still belongs to it
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=2), timedelta(hours=4)  # before another try
MOST_TRIES = 12  # about a day


@dataclass(frozen=True, slots=True)
class Known:
    """Where a team's work lies, for which lab, and who said so."""

    repository: str
    lab: str
    by: User


@dataclass(frozen=True, slots=True)
class Round:
    """What one round did, as numbers of snapshots."""

    asked: int = 0
    taken: int = 0
    failed: int = 0


def take_due(*, now: datetime) -> Round:
    """Ask for every commit that is due and take those that were found."""
    asked = 0
    for edition in Edition.objects.filter(active=True).select_related("course"):
        if wanted := _asks(edition):
            known = repositories(edition)
            _note(edition, wanted, known, now=now)
            asked += sum(_ask(each, known) for each in _to_ask(edition, now))
    taken = failed = 0
    for each in _answered():
        if each.lookup and each.lookup.status == LookupStatus.FOUND:
            taken += _take(each, now=now)
        else:
            failed += _fail(each, now=now)
    return Round(asked, taken, failed)


def repositories(edition: Edition) -> dict[tuple[int, int], Known]:
    """The newest known repository per mini-project and team, in four queries.

    Where the portal itself has set it up says more than a link that was delivered, and what was
    handed in for the mini-project says most.
    """
    found: dict[tuple[int, int], Known] = {}
    links_given = Delivery.objects.filter(mini_project__edition=edition, by__isnull=False)
    for row in links_given.exclude(link="").select_related("by").defer("text").order_by("pk"):
        repository = _repository(row.link)
        if repository and row.by:
            found[row.mini_project_id, row.team_id] = Known(repository, "", row.by)
    members = Membership.objects.filter(edition=edition).select_related("person").order_by("-pk")
    first = {each.team_id: each.person for each in members}  # whose doing it is
    watches = Watch.holding().filter(mini_project__edition=edition)
    for watch in watches.select_related("repository", "by"):
        by = first.get(watch.team_id, watch.by)
        found[watch.mini_project_id, watch.team_id] = Known(watch.repository.link, watch.lab, by)
    work = Submission.objects.filter(mini_project__edition=edition).select_related("submitted_by")
    for each in work.order_by("pk"):
        key = (each.mini_project_id, each.team_id)
        found[key] = Known(each.repository, each.lab, each.submitted_by)
    return found


def _repository(link: str) -> str:
    """The repository that a link leads to, or "" when it leads elsewhere."""
    try:
        return links.parse(
            link, hosts=settings.GIT_HOSTS, local=settings.LOCAL_REPOSITORIES
        ).repository
    except Fault:
        return ""


def _asks(edition: Edition) -> list[tuple[str, Deliverable]]:
    """The deliverables that are taken by themselves, with their mini-projects."""
    return [
        (part.id, item)
        for part in edition.file.mini_projects
        for item in part.deliverables
        if item.snapshot
    ]


def _note(
    edition: Edition,
    wanted: Sequence[tuple[str, Deliverable]],
    known: Mapping[tuple[int, int], Known],
    *,
    now: datetime,
) -> None:
    """A row for each commit that is due; the database lets each be noted once."""
    calendar = Calendar.of(edition)
    projects = {each.slug: each for each in edition.mini_projects.all()}
    due = [
        Snapshot(
            mini_project=projects[slug],
            team_id=team,
            deliverable=item.id,
            due_at=moment,
            repository=place.repository,
            next_try=now,
        )
        for slug, item in wanted
        for (project, team), place in known.items()
        if project == projects[slug].pk
        and (moment := calendar.due(projects[slug], team, item.id).moment)
        and moment + A_SECOND <= now < moment + CATCH_UP
    ]
    Snapshot.objects.bulk_create(due, ignore_conflicts=True)


def _to_ask(edition: Edition, now: datetime) -> list[Snapshot]:
    waiting = Snapshot.objects.filter(
        mini_project__edition=edition, taken_at=None, errand=None, lookup=None, next_try__lte=now
    ).filter(tries__lt=MOST_TRIES)
    return list(waiting.select_related("mini_project", "team"))


def _ask(each: Snapshot, places: Mapping[tuple[int, int], Known]) -> bool:
    """Have the worker look at the default branch. Another round may be quicker: then not."""
    known = places.get((each.mini_project_id, each.team_id))
    if known is None:
        return False
    with transaction.atomic():
        mine = Snapshot.objects.select_for_update().get(pk=each.pk)
        if mine.errand_id or mine.lookup_id or mine.taken_at:
            return False
        mine.repository, mine.tries = known.repository, mine.tries + 1
        if not mine.way:
            mine.errand = collect.ask(mine, by=known.by, lab=known.lab, until=A_SECOND)
        if mine.errand is None:
            mine.way = Way.BRANCH
            mine.lookup = lookups.look_at_default(
                mini_project=each.mini_project,
                team=each.team,
                person=known.by,
                repository=known.repository,
                lab=known.lab,
            )
        mine.save(update_fields=["repository", "tries", "errand", "way", "lookup"])
    return True


def _answered() -> list[Snapshot]:
    found = Snapshot.objects.filter(taken_at__isnull=True, lookup__isnull=False)
    found = found.exclude(lookup__status=LookupStatus.WAITING)
    return list(found.select_related("lookup__person", "lookup__mini_project", "lookup__team"))


def _take(each: Snapshot, *, now: datetime) -> bool:
    """Keep the commit as what was handed in at the deadline. False when that was done already."""
    lookup = each.lookup
    if lookup is None:
        return False
    try:
        with transaction.atomic():
            mine = Snapshot.objects.select_for_update().get(pk=each.pk)
            if mine.taken_at:
                return False
            at = (
                collect.there_at(mine)
                if mine.way == Way.ACTIVITY
                else counts_at(mine.due_at, lookup)
            )
            mine.delivery = Delivery.objects.create(
                mini_project=lookup.mini_project,
                team=lookup.team,
                deliverable=each.deliverable,
                at=at,
                link=lookup.repository,
                commit=lookup.commit,
            )
            if lookup.lab in lookup.mini_project.labs:
                mine.submission = snapshot.hand_in(lookup, by=lookup.person, at=at)
            if path := _document(each):
                readings.order(mine.delivery, lookup.repository, path, commit=lookup.commit)
            mine.taken_at, mine.fault = now, ""
            mine.save(update_fields=["delivery", "submission", "taken_at", "fault"])
    except IntegrityError:  # another round was quicker
        return False
    return True


def _document(each: Snapshot) -> str:
    """Where the edition's file expects the document that is taken, or "" where it is none."""
    wanted = _asks(each.mini_project.edition)
    return next(
        (
            item.template or ""
            for slug, item in wanted
            if (slug, item.id) == (each.mini_project.slug, each.deliverable)
            and item.kind == "report"
        ),
        "",
    )


def counts_at(due_at: datetime, lookup: Lookup) -> datetime:
    """When it was there: at the deadline, or later when its commit says that it came later."""
    return max(due_at, lookup.committed_at) if lookup.committed_at else due_at


def _fail(each: Snapshot, *, now: datetime) -> bool:
    """Try again in a while: hosts are away for an hour, and repositories private by mistake."""
    pause = min(FIRST_PAUSE * 2 ** max(0, each.tries - 1), LONGEST_PAUSE)
    rows = Snapshot.objects.filter(pk=each.pk, lookup=each.lookup, taken_at__isnull=True)
    fault = each.lookup.fault if each.lookup else ""
    return rows.update(lookup=None, fault=fault, next_try=now + pause) == 1
