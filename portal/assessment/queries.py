"""Proposed levels beside confirmed ones, and what still waits for a decision."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import QuerySet

from lab_specs.report import Verdict
from portal.assessment.models import Assessment, AssessmentEvent, Draft, SecondOpinion
from portal.assessment.models.decisions import FIRST
from portal.courses.models import Criterion, Edition, Level, MiniProject, Team
from portal.people.models import User
from portal.submissions.models import Attempt
from portal.submissions.queries import latest_attempts
from portal.submissions.states import State


@dataclass(frozen=True, slots=True)
class Line:
    """One criterion of a team's work: its scale, the grader's proposal, the decisions if any.

    `assessment` is the decision that the person who looks would change: their own, where two
    assessors decide. `other` is that of the other assessor.
    """

    criterion: Criterion
    levels: Sequence[Level]
    proposed: str
    assessment: Assessment | SecondOpinion | None
    other: Assessment | SecondOpinion | None = None
    two: bool = False  # whether the edition asks for two assessors
    draft: Draft | None = None

    @property
    def outdated(self) -> bool:
        """Whether the decision was taken on another proposal than the one shown now."""
        return self.assessment is not None and self.assessment.proposed != self.proposed

    @property
    def agreed(self) -> bool:
        """Whether both assessors say the same."""
        if self.assessment is None or self.other is None:
            return False
        return self.assessment.level_id == self.other.level_id


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
    *,
    mini_project: MiniProject,
    team: Team | None,
    attempt: Attempt | None = None,
    person: User | None = None,
    chance: int = FIRST,
) -> list[Line]:
    """The criteria that concern a team's work, in order, in at most six queries.

    `person`: who looks, which matters where two assessors decide, and for drafts.
    """
    lab = attempt.submission.lab if attempt else ""
    criteria = mini_project.criteria.filter(lab__in={"", lab}).prefetch_related("levels")
    place = {"team": team, "chance": chance, "criterion__mini_project": mini_project}
    first = {each.criterion_id: each for each in _held(Assessment, place)}
    two = asks_second(mini_project)
    second = {each.criterion_id: each for each in _held(SecondOpinion, place)} if two else {}
    drafts = Draft.objects.filter(**place, assessor=person) if person else Draft.objects.none()
    kept = {each.criterion_id: each for each in drafts}
    lines = []
    for criterion in criteria:
        own, other = _own(
            first.get(criterion.pk), second.get(criterion.pk), person if two else None
        )
        lines.append(
            Line(
                criterion=criterion,
                levels=list(criterion.levels.all()),
                proposed=proposed_level(criterion, attempt),
                assessment=own,
                other=other,
                two=two,
                draft=kept.get(criterion.pk),
            )
        )
    return lines


Held = TypeVar("Held", Assessment, SecondOpinion)
Both = Assessment | SecondOpinion | None


def _held(model: type[Held], place: dict[str, Any]) -> QuerySet[Held]:
    return model._default_manager.filter(**place).select_related("level", "assessor")  # noqa: SLF001


def _own(
    first: Assessment | None, second: SecondOpinion | None, person: User | None
) -> tuple[Both, Both]:
    """The decision that this person would change, and the other one."""
    if first is None or person is None or first.assessor_id == person.pk:
        return first, second
    return second, first


def history(*, mini_project: MiniProject, team: Team) -> list[AssessmentEvent]:
    """Every decision on a team's work, oldest first."""
    events = AssessmentEvent.objects.filter(mini_project=mini_project, team=team)
    return list(events.select_related("criterion", "level", "assessor").order_by("pk"))


def decided(edition: Edition) -> Counter[tuple[int, int]]:
    """How many criteria are decided, per (team id, mini-project id), in one query."""
    return Counter(
        Assessment.objects.filter(
            mini_project__edition=edition, chance=FIRST, settled=True
        ).values_list("team_id", "mini_project_id")
    )


def review_queue(edition: Edition) -> list[Review]:
    """Judged work with undecided criteria, longest waiting first; three queries and the file.

    Only the newest work of each team counts, and only once checks have run on it. Where a lab is
    evidence alone, nobody has to decide on its criteria.
    """
    evidence = {each.id for each in edition.file.mini_projects if not each.lab_decides}
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
    held = Assessment.objects.filter(mini_project__edition=edition, chance=FIRST, settled=True)
    for team, criterion in held.values_list("team_id", "criterion_id"):
        taken.setdefault(team, set()).add(criterion)
    reviews = []
    for attempt in sorted(judged, key=lambda each: (each.finished_at, each.pk)):
        work = attempt.submission
        decides = work.mini_project.slug not in evidence
        own = rubrics.get((work.mini_project_id, work.lab), set()) if decides else set[int]()
        needed = own | rubrics.get((work.mini_project_id, ""), set())
        done = needed & taken.get(work.team_id, set())
        if done != needed:
            reviews.append(Review(attempt, criteria=len(needed), decided=len(done)))
    return reviews


def shuffled(reviews: Sequence[Review], edition: Edition, person: User) -> list[Review]:
    """The queue in an order of this person's own, against bias.

    One mini-project after the other, and in each an order that stays the same and says nothing
    of names or times.
    """

    def place(review: Review) -> tuple[int, str]:
        work = review.attempt.submission
        text = f"{edition.secret_seed}:{person.pk}:{work.mini_project_id}:{work.team_id}"
        return work.mini_project.order, hashlib.sha256(text.encode()).hexdigest()

    return sorted(reviews, key=place)
