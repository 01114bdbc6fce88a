"""What came out of an attempt, grouped as a person reads it: by criterion, then by level."""

from collections.abc import Sequence
from dataclasses import dataclass

from lab_specs.report import CheckResult, Outcome, Report
from portal.courses.models import Criterion
from portal.submissions.models import Attempt


@dataclass(frozen=True, slots=True)
class LevelChecks:
    """The checks of one cell of the rubric."""

    level: str
    checks: Sequence[CheckResult]

    @property
    def passed(self) -> int:
        """How many of them passed."""
        return sum(check.outcome is Outcome.PASSED for check in self.checks)


@dataclass(frozen=True, slots=True)
class CriterionOutcome:
    """One criterion: the level that the checks propose, and the checks, lowest level first."""

    slug: str
    title: str
    proposed: str
    levels: Sequence[LevelChecks]


def outcome_of(attempt: Attempt) -> list[CriterionOutcome]:
    """The criteria of the attempt's lab with their checks, in two queries; none without report.

    The report rules: a criterion that the lab has dropped since is told by its id.
    """
    if attempt.report is None:
        return []
    checks = Report.model_validate(attempt.report).checks
    work = attempt.submission
    rows = work.mini_project.criteria.filter(lab=work.lab).prefetch_related("levels")
    known = {row.slug: row for row in rows}
    slugs = [*known, *(check.criterion for check in checks if check.criterion not in known)]
    return [
        CriterionOutcome(
            slug=slug,
            title=known[slug].title if slug in known else slug,
            proposed=str(attempt.levels.get(slug, "")),
            levels=_by_level([c for c in checks if c.criterion == slug], known.get(slug)),
        )
        for slug in dict.fromkeys(slugs)
    ]


def _by_level(checks: Sequence[CheckResult], criterion: Criterion | None) -> list[LevelChecks]:
    scale = [level.name for level in criterion.levels.all()] if criterion else []
    names = dict.fromkeys([*scale, *(check.level for check in checks)])
    groups = [LevelChecks(name, [c for c in checks if c.level == name]) for name in names]
    return [group for group in groups if group.checks]
