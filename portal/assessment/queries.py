"""Proposed levels beside confirmed ones, and what still waits for a decision."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from lab_specs.report import Verdict
from portal.assessment.models import Assessment, AssessmentEvent
from portal.courses.models import Criterion, Edition, Level, MiniProject, Team
from portal.submissions.models import Attempt
from portal.submissions.queries import latest_attempts
from portal.submissions.states import State


@dataclass(frozen=True, slots=True)
class Line:
    """One criterion of a team's work: its scale, the grader's proposal, the decision if any."""

    criterion: Criterion
    levels: Sequence[Level]
    proposed: str
    assessment: Assessment | None

    @property
    def outdated(self) -> bool:
        """Whether the decision was taken on another proposal than the one shown now."""
        return self.assessment is not None and self.assessment.proposed != self.proposed


@dataclass(frozen=True, slots=True)
class Review:
    """Work that was judged and waits for a lecturer."""

    attempt: Attempt
    criteria: int
    decided: int


def proposed_level(criterion: Criterion, attempt: Attempt | None) -> str:
    """What the grader proposes for a criterion; empty when it has no say in it."""
    if attempt is None or criterion.lab != attempt.submission.lab:
        return ""
    return str(attempt.levels.get(criterion.slug, ""))


def asks_second(mini_project: MiniProject) -> bool:
    """Whether a level counts only once two assessors say the same."""
    parts = mini_project.edition.file.mini_projects
    return any(each.id == mini_project.slug and each.second_assessor for each in parts)


def rubric(
    *, mini_project: MiniProject, team: Team | None, attempt: Attempt | None = None
) -> list[Line]:
    """The criteria that concern a team's work, in order, in three queries."""
    lab = attempt.submission.lab if attempt else ""
    criteria = mini_project.criteria.filter(lab__in={"", lab}).prefetch_related("levels")
    held = Assessment.objects.filter(team=team, criterion__mini_project=mini_project)
    decisions = {each.criterion_id: each for each in held.select_related("level", "assessor")}
    return [
        Line(
            criterion=criterion,
            levels=list(criterion.levels.all()),
            proposed=proposed_level(criterion, attempt),
            assessment=decisions.get(criterion.pk),
        )
        for criterion in criteria
    ]


def history(*, mini_project: MiniProject, team: Team) -> list[AssessmentEvent]:
    """Every decision on a team's work, oldest first."""
    events = AssessmentEvent.objects.filter(mini_project=mini_project, team=team)
    return list(events.select_related("criterion", "level", "assessor").order_by("pk"))


def decided(edition: Edition) -> Counter[tuple[int, int]]:
    """How many criteria are decided, per (team id, mini-project id), in one query."""
    return Counter(
        Assessment.objects.filter(mini_project__edition=edition).values_list(
            "team_id", "mini_project_id"
        )
    )


def review_queue(edition: Edition) -> list[Review]:
    """Judged work with undecided criteria, longest waiting first, in three queries.

    Only the newest work of each team counts, and only once checks have run on it.
    """
    judged = [
        attempt
        for attempt in latest_attempts(edition)
        if attempt.state == State.DONE and attempt.verdict in {Verdict.PASSED, Verdict.FAILED}
    ]
    rubrics: dict[tuple[int, str], set[int]] = {}
    criteria = Criterion.objects.filter(mini_project__edition=edition)
    for pk, mini_project, lab in criteria.values_list("pk", "mini_project_id", "lab"):
        rubrics.setdefault((mini_project, lab), set()).add(pk)
    taken: dict[int, set[int]] = {}
    held = Assessment.objects.filter(mini_project__edition=edition)
    for team, criterion in held.values_list("team_id", "criterion_id"):
        taken.setdefault(team, set()).add(criterion)
    reviews = []
    for attempt in sorted(judged, key=lambda each: (each.finished_at, each.pk)):
        work = attempt.submission
        own = rubrics.get((work.mini_project_id, work.lab), set())
        needed = own | rubrics.get((work.mini_project_id, ""), set())
        done = needed & taken.get(work.team_id, set())
        if done != needed:
            reviews.append(Review(attempt, criteria=len(needed), decided=len(done)))
    return reviews
