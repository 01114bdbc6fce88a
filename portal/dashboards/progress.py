"""A team's levels over its attempts, for the team itself."""

from collections.abc import Sequence

from django.utils import timezone

from portal.common.grids import Grid, Row
from portal.courses.models import MiniProject
from portal.submissions.models import Attempt
from portal.submissions.states import State

LAST = 50  # attempts


def progress(project: MiniProject, teams: Sequence[int]) -> list[Grid]:
    """One grid per lab that was taken: criteria by attempts, oldest first. Three queries."""
    rows = Attempt.objects.filter(
        submission__mini_project=project, submission__team__in=teams, state=State.DONE
    ).exclude(levels={})
    taken: dict[str, list[tuple[str, dict[str, str]]]] = {}
    newest = rows.order_by("-pk").values_list("submission__lab", "finished_at", "levels")[:LAST]
    for lab, at, levels in reversed(newest):
        moment = timezone.localtime(at, project.edition.zone)
        taken.setdefault(lab, []).append((f"{moment:%-d %b %H:%M:%S}", levels))
    grids = []
    for lab, attempts in taken.items():
        criteria = list(project.criteria.filter(lab=lab).prefetch_related("levels"))
        scale = [level.name for level in criteria[0].levels.all()] if criteria else []
        lines = [
            Row(
                when,
                [
                    scale.index(level) if (level := levels.get(each.slug, "")) in scale else None
                    for each in criteria
                ],
            )
            for when, levels in attempts
        ]
        says = "The level that the checks proposed for each criterion, attempt by attempt."
        titles = [each.title for each in criteria]
        title = f"Your levels in the lab {lab}" if len(taken) > 1 else "Your levels"
        grids.append(Grid(f"lab-{lab}", title, says, "steps", titles, lines, scale))
    return grids
