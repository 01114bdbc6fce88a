"""How far a class is, per mini-project: counts for a table and the figure beside it."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from portal.assessment.queries import review_queue
from portal.courses.models import Edition, MiniProject
from portal.courses.rules import Role
from portal.dashboards.charts import Part, bar
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

    def bar(self, full: int) -> list[Part]:
        """The counts as one stacked bar."""
        return bar(
            [
                ("good", self.passed, "passed"),
                ("warn", self.failed, "not there yet"),
                ("bad", self.rejected, "could not run"),
                ("live", self.live, "being graded"),
                ("", self.crashed, "failed on our side"),
            ],
            full=full,
        )


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
    full = max((row.handed_in for row in rows), default=0)
    return {
        "rows": rows,
        "bars": [(row, row.bar(full)) for row in rows if row.handed_in],
        "waiting": sum(waiting.values()),
        "students": edition.enrolments.filter(role=Role.STUDENT).count(),
    }
