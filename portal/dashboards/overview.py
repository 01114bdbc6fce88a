"""How far a class is, per mini-project: counts for a table and the figure beside it."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from portal.assessment.queries import review_queue
from portal.courses.models import Edition, MiniProject
from portal.courses.rules import Role
from portal.submissions.classtable import latest_cells
from portal.submissions.states import LIVE


@dataclass(frozen=True, slots=True)
class Counts:
    """Teams (a student alone is one) by how their newest work stands."""

    mini_project: MiniProject
    passed: int
    failed: int
    rejected: int
    crashed: int
    live: int
    handed_in: int
    to_review: int


def overview(edition: Edition) -> dict[str, Any]:
    """The counts per mini-project, and the number of students, in a constant count of queries."""
    verdicts: Counter[tuple[int, str]] = Counter()
    for cell in latest_cells(edition):
        verdicts[cell.mini_project, "handed_in"] += 1
        verdicts[cell.mini_project, cell.verdict or cell.state] += 1
    waiting = Counter(review.attempt.submission.mini_project_id for review in review_queue(edition))
    rows = [
        Counts(
            mini_project=each,
            passed=verdicts[each.pk, "passed"],
            failed=verdicts[each.pk, "failed"],
            rejected=verdicts[each.pk, "rejected"],
            crashed=verdicts[each.pk, "crashed"],
            live=sum(verdicts[each.pk, state.value] for state in LIVE),
            handed_in=verdicts[each.pk, "handed_in"],
            to_review=waiting[each.pk],
        )
        for each in edition.mini_projects.order_by("order")
    ]
    return {
        "rows": rows,
        "waiting": sum(waiting.values()),
        "students": edition.enrolments.filter(role=Role.STUDENT).count(),
    }
