"""What a student sees first: every piece of work, where it stands, and what to do next."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.assessment.models import Assessment
from portal.courses.dates import Calendar
from portal.courses.deadlines import Due, late
from portal.courses.models import Criterion, Edition, MiniProject
from portal.courses.queries import mini_projects_of, place_of
from portal.people.models import User
from portal.submissions.messages import words_of
from portal.submissions.models import Attempt
from portal.submissions.queries import latest_attempts_of


@dataclass(frozen=True, slots=True)
class Reached:
    """A criterion's level: decided by a lecturer, or only proposed by the checks."""

    criterion: str
    level: str
    confirmed: bool


@dataclass(frozen=True, slots=True)
class Work:
    """One mini-project of a student."""

    mini_project: MiniProject
    attempt: Attempt | None
    due: Due
    late: bool
    levels: Sequence[Reached]
    next_step: str


@dataclass(frozen=True, slots=True)
class Course:
    """An edition and the student's work in it, in order."""

    edition: Edition
    work: Sequence[Work]
    news: Sequence[str]


def home_of(person: User, *, editions: Sequence[int], now: datetime) -> list[Course]:
    """The student's work in these editions: four queries, and at most nine per edition."""
    mini_projects = list(mini_projects_of(person).filter(edition__in=editions))
    attempts = latest_attempts_of(person)
    criteria: dict[int, list[Criterion]] = defaultdict(list)
    for criterion in Criterion.objects.filter(mini_project__in=mini_projects):
        criteria[criterion.mini_project_id].append(criterion)
    held = Assessment.objects.filter(
        mini_project__in=mini_projects, team__memberships__person=person, settled=True
    ).select_related("level")
    decided = {each.criterion_id: each.level.name for each in held.order_by("chance")}
    found = {each.edition_id: each.edition for each in mini_projects}
    dates = {pk: (Calendar.of(each), place_of(person, each)) for pk, each in found.items()}
    courses: dict[int, Course] = {}
    work: dict[int, list[Work]] = defaultdict(list)
    for each in mini_projects:
        attempt = attempts.get(each.pk)
        levels = _levels(criteria[each.pk], attempt, decided)
        calendar, place = dates[each.edition_id]
        team = calendar.owner(each, shared=place.shared, solo=place.solo)
        due = calendar.code_due(each, team, place.track)
        came_late = attempt is not None and late(attempt.submission.created_at, due.moment)
        step = next_step(each, attempt, levels, due=due, now=now)
        if each.edition_id not in courses:
            news = calendar.news(now.astimezone(each.edition.zone).date())
            courses[each.edition_id] = Course(each.edition, work[each.edition_id], news)
        work[each.edition_id].append(Work(each, attempt, due, came_late, levels, step))
    return list(courses.values())


def next_step(
    mini_project: MiniProject,
    attempt: Attempt | None,
    levels: Sequence[Reached],
    *,
    due: Due,
    now: datetime,
) -> str:
    """What the student should do next, in words."""
    if levels and all(each.confirmed for each in levels):
        return "Done: your levels are confirmed."
    if attempt is not None and attempt.live:
        return "Nothing to do: your work is being graded."
    if attempt is not None:
        return words_of(attempt).next_step.replace("Read below", "Read")
    if not mini_project.labs:
        return "Nothing to hand in here; a lecturer judges it."
    if late(now, due.moment):
        return "The deadline has passed. Hand in now; it is marked late."
    return "Hand in your repository."


def _levels(
    criteria: Sequence[Criterion], attempt: Attempt | None, decided: Mapping[int, str]
) -> list[Reached]:
    """The levels of the lab that was taken and of the criteria beside it, if anything is known."""
    lab = attempt.submission.lab if attempt else ""
    levels = []
    for criterion in criteria:
        if criterion.lab not in {"", lab}:
            continue
        proposed = attempt.levels.get(criterion.slug, "") if attempt and criterion.lab else ""
        level = decided.get(criterion.pk)
        levels.append(Reached(criterion.title, level or proposed, confirmed=level is not None))
    return levels if any(each.level for each in levels) else []
