"""Work that no check judges and that waits for an assessor: handed in or shown, no lab."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min

from portal.assessment.models import DemoHeld
from portal.assessment.models.given import DemoState
from portal.assessment.queries import decided
from portal.courses.models import Criterion, Edition, MiniProject, Team
from portal.deliveries.models import Delivery
from portal.submissions.models import Submission

Key = tuple[int, int]  # team, mini-project


@dataclass(frozen=True, slots=True)
class Unchecked:
    """A team's work, since when there is something to judge, and how far that has come."""

    team: Team
    mini_project: MiniProject
    since: datetime
    criteria: int
    decided: int


def unchecked(edition: Edition) -> list[Unchecked]:
    """What waits, longest first, in seven queries. With a submission, it waits for its checks."""
    since = _handed_in(edition)
    for key, at in _shown(edition).items():
        since[key] = min(at, since.get(key, at))
    checked = set(
        Submission.objects.filter(mini_project__edition=edition).values_list(
            "team_id", "mini_project_id"
        )
    )
    rows = Criterion.objects.filter(mini_project__edition=edition, lab="").order_by()
    needed = dict(rows.values_list("mini_project_id").annotate(Count("pk")))
    done = decided(edition)
    waiting = {
        key: at
        for key, at in since.items()
        if key not in checked and done[key] < needed.get(key[1], 0)
    }
    teams = Team.objects.in_bulk({team for team, _ in waiting})
    projects = MiniProject.objects.in_bulk({project for _, project in waiting})
    found = [
        Unchecked(teams[team], projects[project], at, needed[project], done[team, project])
        for (team, project), at in waiting.items()
    ]
    return sorted(found, key=lambda each: (each.since, each.team.pk, each.mini_project.pk))


def _handed_in(edition: Edition) -> dict[Key, datetime]:
    rows = Delivery.objects.filter(mini_project__edition=edition).order_by()
    found = rows.values_list("team_id", "mini_project_id").annotate(first=Min("at"))
    return {(team, project): at for team, project, at in found}


def _shown(edition: Edition) -> dict[Key, datetime]:
    """Demos that were held; the newest word on each counts."""
    rows = DemoHeld.objects.filter(mini_project__edition=edition, team__isnull=False)
    columns = ("source", "team_id", "mini_project_id", "held_at", "state")
    newest = {row[0]: row for row in rows.order_by("pk").values_list(*columns)}
    return {
        (team, project): at
        for _, team, project, at, state in newest.values()
        if state == DemoState.HELD
    }
