"""What a lecturer wants to know of a class: levels, checks that fail, time, risk, demos to come."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median, quantiles
from typing import Any

from django.db.models import Count, Max, Q
from django.db.models.functions import TruncDate

from lab_specs.report import Outcome
from portal.assessment.models import Assessment
from portal.common.grids import Grid, Row
from portal.courses.dates import Calendar
from portal.courses.models import Contact, Criterion, Edition, MiniProject
from portal.demos.models import TAKEN, Slot
from portal.submissions.classtable import ClassTable
from portal.submissions.classtable import Row as Student
from portal.submissions.models import Attempt
from portal.submissions.queries import newest_per
from portal.submissions.states import State

MOST_CHECKS = 15
STUCK_AFTER = 3  # attempts in a row that fail the same check
SOON = timedelta(days=7)
BUCKETS = ((30, "≤ 30 s"), (60, "≤ 1 min"), (120, "≤ 2 min"), (300, "≤ 5 min"), (900, "≤ 15 min"))
SLOWER = "longer"
PART = 20  # of the times, for the 95th percentile


@dataclass(frozen=True, slots=True)
class AtRisk:
    """A student who may not get there, and why."""

    username: str
    name: str
    team: str
    reasons: Sequence[str]
    contacted_at: datetime | None


def level_grids(project: MiniProject) -> list[Grid]:
    """How many teams reached which level, per criterion; a grid for each scale. Four queries."""
    reached = _reached(project)
    scales: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for criterion in project.criteria.prefetch_related("levels"):
        names = tuple(level.name for level in criterion.levels.all())
        counts = Counter(reached[criterion.pk])
        scales[names].append(Row(criterion.title, [counts[name] for name in names]))
    says = "Teams by the level of their newest work: decided by a lecturer, else as the checks say."
    return [
        Grid(f"levels-{number}", "Levels", says, "bars", names, rows, ranked=True)
        for number, (names, rows) in enumerate(scales.items())
        if any(any(row.numbers) for row in rows)
    ]


def _reached(project: MiniProject) -> Mapping[int, list[str]]:
    """For each criterion the level of every team that has one."""
    criteria = {(row.lab, row.slug): row.pk for row in project.criteria.all()}
    held: dict[tuple[int, int], str] = {}
    for lab, team, levels in _newest(project).values_list(
        "submission__lab", "submission__team_id", "levels"
    ):
        for slug, level in levels.items():
            if pk := criteria.get((lab, slug)):
                held[pk, team] = level
    decided = Assessment.objects.filter(mini_project=project, settled=True)
    for criterion, team, level in decided.values_list("criterion_id", "team_id", "level__name"):
        held[criterion, team] = level
    found: dict[int, list[str]] = defaultdict(list)
    for (criterion, _), level in held.items():
        found[criterion].append(level)
    return found


def failing_checks(project: MiniProject) -> Grid:
    """The checks that the newest work of most teams fails. One query."""
    failed: Counter[str] = Counter()
    for checks in _newest(project).values_list("report__checks", flat=True):
        failed.update(title for _, title in _failed(checks))
    rows = [Row(title, [count]) for title, count in failed.most_common(MOST_CHECKS)]
    says = "Teams whose newest work fails a check; a check that most fail may need a better text."
    return Grid("checks", "Checks that fail most", says, "bars", ["teams"], rows)


def same_files(project: MiniProject) -> list[list[str]]:
    """Groups of teams whose newest work holds exactly the same files. One query."""
    trees: dict[str, list[str]] = defaultdict(list)
    for team, tree in _newest(project).values_list(
        "submission__team__name", "provenance__source__tree"
    ):
        if tree:
            trees[tree].append(team)
    return sorted(sorted(teams) for teams in trees.values() if len(teams) > 1)


def verdict_times(project: MiniProject) -> Grid:
    """How long people waited from handing in to the verdict. One query."""
    ended = Attempt.objects.filter(submission__mini_project=project, state=State.DONE)
    times = [
        (finished - queued).total_seconds()
        for queued, finished in ended.values_list("queued_at", "finished_at")
        if finished
    ]
    counts = Counter(next((name for most, name in BUCKETS if t <= most), SLOWER) for t in times)
    rows = [Row(name, [counts[name]]) for name in (*(name for _, name in BUCKETS), SLOWER)]
    says = "Attempts by the time from handing in to the verdict."
    if len(times) > 1:
        slow = quantiles(times, n=PART, method="inclusive")[-1]
        says += f" Half took at most {median(times):.0f} s, 95 of 100 at most {slow:.0f} s."
    return Grid("times", "From submit to verdict", says, "columns", ["attempts"], rows)


def heat_map(table: ClassTable, students: Iterable[Student], levels: Mapping[int, float]) -> Grid:
    """A page of students by mini-projects: the share of criteria that pass in the newest work."""
    rows = [
        Row(each.name, [levels.get(cell.attempt) if cell else None for cell in each.cells])
        for each in students
    ]
    says = "The share of criteria at the level that passes, in each student's newest work."
    columns = [each.title for each in table.mini_projects]
    return Grid("heat", "The class", says, "heat", columns, rows)


def passing_shares(edition: Edition, attempts: Sequence[int]) -> dict[int, float]:
    """For each attempt the share of its lab's criteria above the lowest level. Two queries."""
    lowest: dict[tuple[int, str], dict[str, str]] = defaultdict(dict)
    criteria = Criterion.objects.filter(mini_project__edition=edition, levels__order=0)
    for project, lab, slug, name in criteria.values_list(
        "mini_project_id", "lab", "slug", "levels__name"
    ):
        lowest[project, lab][slug] = name
    rows = Attempt.objects.filter(pk__in=attempts, state=State.DONE).values_list(
        "pk", "submission__mini_project_id", "submission__lab", "levels"
    )
    shares = {}
    for pk, project, lab, levels in rows:
        bottom = lowest[project, lab]
        above = sum(levels.get(slug, name) != name for slug, name in bottom.items())
        shares[pk] = above / len(bottom) if bottom else 0.0
    return shares


def demo_load(edition: Edition, *, now: datetime) -> Grid:
    """Seats of the demos to come, by day. One query."""
    slots = Slot.objects.filter(edition=edition, withdrawn_at=None, starts_at__gte=now)
    days: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    booked = Count("bookings", filter=Q(bookings__status__in=TAKEN))
    for day, capacity, taken in (
        slots.annotate(day=TruncDate("starts_at", tzinfo=edition.zone), taken=booked)
        .order_by("starts_at")
        .values_list("day", "capacity", "taken")
    ):
        both = days[f"{day:%a %-d %b}"]
        both[0] += taken
        both[1] += max(0, capacity - taken)
    rows = [Row(day, both) for day, both in days.items()]
    says = "Seats of the demos to come: booked, and still free."
    return Grid("demos", "Demos to come", says, "bars", ["booked", "free"], rows)


def at_risk(
    edition: Edition, project: MiniProject, table: ClassTable, *, now: datetime
) -> list[AtRisk]:
    """Students who have handed in nothing though it is due soon, or who are stuck on a check."""
    calendar = Calendar.of(edition)
    place = [each.pk for each in table.mini_projects].index(project.pk)
    due = calendar.code_due(project, None).moment
    stuck = _stuck(project)
    contacted = dict(
        Contact.objects.filter(edition=edition)
        .order_by("student")
        .values_list("student")
        .annotate(Max("at"))
    )
    found = []
    for row in table.rows:
        cell = row.cells[place]
        reasons = []
        if cell is None and due and due - now < SOON:
            when = "was due" if due < now else "is due"
            reasons.append(
                f"nothing handed in, and it {when} {due.astimezone(edition.zone):%-d %b}"
            )
        if cell and cell.team in stuck:
            reasons.append(f"{STUCK_AFTER} attempts in a row fail: {', '.join(stuck[cell.team])}")
        if cell and cell.late and cell.verdict != "passed":
            reasons.append("late, and not there yet")
        if reasons:
            found.append(
                AtRisk(row.username, row.name, row.team, reasons, contacted.get(row.person))
            )
    return found


def _stuck(project: MiniProject) -> dict[int, list[str]]:
    """Teams whose last attempts all fail the same checks of the first level to reach. Two queries.

    What is missing for a higher level keeps nobody from passing.
    """
    first = Criterion.objects.filter(mini_project=project, levels__order=1)
    needed = set(first.values_list("slug", "levels__name"))
    judged = Attempt.objects.filter(submission__mini_project=project, report__isnull=False)
    newest = newest_per(judged, "submission__team", most=STUCK_AFTER)
    last: dict[int, list[set[tuple[str, str]]]] = defaultdict(list)
    for team, checks in newest.values_list("submission__team_id", "report__checks").iterator(100):
        last[team].append(set(_failed(checks, needed)))
    same = {
        team: set.intersection(*reports)
        for team, reports in last.items()
        if len(reports) == STUCK_AFTER
    }
    return {team: sorted(title for _, title in checks) for team, checks in same.items() if checks}


def _newest(project: MiniProject) -> Any:  # noqa: ANN401 - a query of attempts with a rank
    attempts = Attempt.objects.filter(submission__mini_project=project)
    return newest_per(attempts, "submission__team")


def _failed(
    checks: Sequence[Mapping[str, Any]] | None, of: Collection[tuple[str, str]] | None = None
) -> list[tuple[str, str]]:
    """The id and title of each check that failed; with `of`, only of these criteria and levels."""
    return [
        (each["id"], each["title"])
        for each in checks or ()
        if each["outcome"] == Outcome.FAILED
        and (of is None or (each["criterion"], each["level"]) in of)
    ]
