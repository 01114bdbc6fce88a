"""What lies before an assessor: a team's work for a mini-project, with or without an attempt."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from portal.assessment.models import Assessment, DemoHeld, Draft, SecondOpinion
from portal.assessment.models.decisions import FIRST
from portal.assessment.queries import Line, rubric
from portal.courses.models import MiniProject, Team
from portal.people.models import User
from portal.submissions.models import Attempt
from portal.submissions.outcome import CriterionOutcome, outcome_of
from portal.submissions.queries import newest_per


@dataclass(frozen=True, slots=True)
class Desk:
    """The work, which of its chances is judged, and who sits there."""

    team: Team
    mini_project: MiniProject
    attempt: Attempt | None
    chance: int
    person: User
    by_attempt: bool  # whether the address names the attempt, or the team

    @property
    def here(self) -> str:
        """Where the page lies; its forms lie below."""
        if self.by_attempt and self.attempt is not None:
            return reverse("assessment:review", args=[self.attempt.pk])
        return reverse("assessment:assess", args=[self.mini_project.pk, self.team.pk])

    @property
    def query(self) -> str:
        """What goes behind an address to stay with this chance."""
        return "" if self.chance == FIRST else f"?chance={self.chance}"

    def lines(self) -> list[Line]:
        """The criteria."""
        return rubric(
            mini_project=self.mini_project,
            team=self.team,
            attempt=self.attempt,
            person=self.person,
            chance=self.chance,
        )

    def outcomes(self) -> dict[str, CriterionOutcome]:
        """What the checks say, by criterion."""
        if self.attempt is None:
            return {}
        return {each.slug: each for each in outcome_of(self.attempt)}

    def beside(self) -> list[Attempt]:
        """The newest attempt of each other lab that was handed in for the same work."""
        if self.attempt is None or len(self.mini_project.labs) < 2:  # noqa: PLR2004 - several
            return []
        rows = Attempt.objects.filter(
            submission__team=self.team, submission__mini_project=self.mini_project
        ).exclude(submission__lab=self.attempt.submission.lab)
        return list(newest_per(rows.select_related("submission"), "submission__lab"))

    def demos(self) -> Sequence[DemoHeld]:
        """What was noted of demos of this work, oldest first; of each source the newest word."""
        rows = DemoHeld.objects.filter(mini_project=self.mini_project, team=self.team)
        newest = {row.source: row for row in rows.select_related("by").order_by("pk")}
        return [row for row in newest.values() if row.state != "void"]


def desk_of(mini_project: MiniProject, team: Team, person: User, chance: int) -> Desk:
    """The desk of a team's work, with its newest attempt if there is one."""
    rows = Attempt.objects.filter(submission__team=team, submission__mini_project=mini_project)
    attempt = rows.select_related("submission__submitted_by").order_by("-pk").first()
    return Desk(team, mini_project, attempt, chance, person, by_attempt=False)


@dataclass(frozen=True, slots=True)
class Judged:
    """A criterion on the review page: its line, its checks, and what the form shows."""

    line: Line
    outcome: CriterionOutcome | None
    chosen: str
    comment: str
    error: str = ""
    theirs: Assessment | SecondOpinion | None = None  # what somebody decided meanwhile

    @property
    def seen(self) -> int:
        """The version of the decision that the form shows; 0 for none."""
        return self.line.assessment.version if self.line.assessment else 0


def judged(line: Line, outcomes: dict[str, CriterionOutcome]) -> Judged:
    """What the form shows first: a draft, else the decision that holds, else the proposal."""
    held, draft = line.assessment, line.draft
    by_name = {level.name: str(level.pk) for level in line.levels}
    chosen = str(held.level_id) if held else by_name.get(line.proposed, "")
    comment = held.comment if held else ""
    if _newer(draft, held):
        chosen = str(draft.level_id or "") if draft else chosen
        comment = draft.comment if draft else comment
    return Judged(
        line=line,
        outcome=outcomes.get(line.criterion.slug) if line.criterion.lab else None,
        chosen=chosen,
        comment=comment,
    )


def _newer(draft: Draft | None, held: Assessment | SecondOpinion | None) -> bool:
    return draft is not None and (held is None or draft.at > held.decided_at)
