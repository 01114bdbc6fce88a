"""An assessor decides, criterion by criterion."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from portal.assessment.models import (
    Assessment,
    AssessmentEvent,
    Draft,
    SecondOpinion,
    SecondOpinionEvent,
)
from portal.assessment.models.decisions import FIRST, RESIT
from portal.assessment.queries import asks_second, proposed_level
from portal.common.errors import Refused
from portal.common.text import storable
from portal.courses.models import Criterion, Level, MiniProject, Team
from portal.courses.queries import standing
from portal.courses.rules import is_staff
from portal.people.models import User
from portal.submissions.models import Attempt

CHANGED = "Somebody else decided this meanwhile. Look at the difference, then decide."
COMMENT_LENGTH = 4_000


def decide(
    *,
    team: Team,
    criterion: Criterion,
    level: Level,
    by: User,
    attempt: Attempt | None = None,
    comment: str = "",
    seen: int = 0,
    chance: int = FIRST,
) -> Assessment | SecondOpinion:
    """Give a team's work a level on one criterion: confirm what was proposed, or override it.

    `seen` is the version of the decision that `by` had before them, 0 for none; when it is no
    longer the newest, nothing is written. To override takes a comment. Where the edition asks
    for two assessors, whoever comes after the first gives the second opinion, and the level
    counts once both say the same.
    """
    mini_project = criterion.mini_project
    if not is_staff(standing(by), edition=mini_project.edition_id):
        raise PermissionDenied
    _demand_one_place(team, criterion, level, attempt)
    if chance not in {FIRST, RESIT}:
        raise Refused("There is a first chance and a resit, and no other.")
    proposed = proposed_level(criterion, attempt)
    if proposed and level.name != proposed and not comment.strip():
        raise Refused("Say in a comment why you decide otherwise than the checks.")
    values = {
        "mini_project": mini_project,
        "level": level,
        "proposed": proposed,
        "comment": storable(comment).strip()[:COMMENT_LENGTH],
        "assessor": by,
        "attempt": attempt,
        "decided_at": timezone.now(),
        "version": seen + 1,
    }
    place = {"team": team, "criterion": criterion, "chance": chance}
    with transaction.atomic():
        Team.objects.select_for_update().get(pk=team.pk)  # two assessors, one after the other
        kept = _write(place, values, seen, by)
        _settle(place, mini_project)
        Draft.objects.filter(**place, assessor=by).delete()
    return kept


def keep_draft(
    *,
    team: Team,
    criterion: Criterion,
    level: Level | None,
    comment: str,
    by: User,
    chance: int = FIRST,
) -> Draft | None:
    """Keep what an assessor has typed so far; it decides nothing and nobody else reads it.

    None when they have decided just that already.
    """
    if not is_staff(standing(by), edition=criterion.mini_project.edition_id):
        raise PermissionDenied
    _demand_one_place(team, criterion, level, None)
    place: dict[str, Any] = {"team": team, "criterion": criterion, "chance": chance}
    words = storable(comment).strip()[:COMMENT_LENGTH]
    for model in (Assessment, SecondOpinion):
        if model.objects.filter(**place, assessor=by, level=level, comment=words).exists():
            Draft.objects.filter(**place, assessor=by).delete()  # it is decided already
            return None
    draft, _ = Draft.objects.update_or_create(
        **place,
        assessor=by,
        defaults={"level": level, "comment": words, "at": timezone.now()},
    )
    return draft


def _write(
    place: dict[str, Any], values: dict[str, Any], seen: int, by: User
) -> Assessment | SecondOpinion:
    """The row of the first assessor or of the second, and its history."""
    first = Assessment.objects.filter(**place).first()
    model: type[Assessment | SecondOpinion] = Assessment
    event: type[AssessmentEvent | SecondOpinionEvent] = AssessmentEvent
    if first and first.assessor_id != by.pk and asks_second(values["mini_project"]):
        model, event = SecondOpinion, SecondOpinionEvent
    held = model.objects.filter(**place)
    again = {name: values[name] for name in ("level", "comment", "assessor", "version")}
    if held.filter(**again).exists():
        return held.get()  # the same form, sent twice
    try:
        with transaction.atomic():
            if seen == 0:
                model.objects.create(**place, **values)
            elif held.filter(version=seen).update(**values) != 1:
                raise Refused(CHANGED)
    except IntegrityError:
        raise Refused(CHANGED) from None
    event.objects.create(**place, **values)
    return held.get()


def _settle(place: dict[str, Any], mini_project: MiniProject) -> None:
    """Whether the level counts: at once, or when two assessors say the same."""
    if not asks_second(mini_project):
        return
    first = Assessment.objects.get(**place)
    agreed = SecondOpinion.objects.filter(**place, level=first.level_id)
    settled = agreed.exclude(assessor=first.assessor_id).exists()
    Assessment.objects.filter(pk=first.pk).update(settled=settled)


def _demand_one_place(
    team: Team, criterion: Criterion, level: Level | None, attempt: Attempt | None
) -> None:
    """All that is named must belong to the same piece of work."""
    mini_project = criterion.mini_project
    if level is not None and level.criterion_id != criterion.pk:
        raise Refused("This level belongs to another criterion.")
    if team.edition_id != mini_project.edition_id or not _works_on(team, mini_project):
        raise Refused("This team does not work on this mini-project.")
    if attempt is None:
        return
    submission = attempt.submission
    if (submission.team_id, submission.mini_project_id) != (team.pk, mini_project.pk):
        raise Refused("This attempt is not this team's work for this mini-project.")
    if criterion.lab not in {"", submission.lab}:
        raise Refused("This criterion belongs to another lab.")


def _works_on(team: Team, mini_project: MiniProject) -> bool:
    files = mini_project.edition.file.mini_projects
    either = any(each.id == mini_project.slug and each.alone_or_team for each in files)
    return either or team.solo is not mini_project.by_team
