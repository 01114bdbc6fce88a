"""A lecturer decides. The only writer of assessments and of their history."""

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from portal.assessment.models import Assessment, AssessmentEvent
from portal.assessment.queries import proposed_level
from portal.common.errors import Refused
from portal.common.text import storable
from portal.courses.models import Criterion, Level, Team
from portal.courses.queries import standing
from portal.courses.rules import is_staff
from portal.people.models import User
from portal.submissions.models import Attempt

CHANGED = "Somebody else decided this meanwhile. Look at it again, then decide."


def decide(
    *,
    team: Team,
    criterion: Criterion,
    level: Level,
    by: User,
    attempt: Attempt | None = None,
    comment: str = "",
    seen: int = 0,
) -> Assessment:
    """Give a team's work a level on one criterion: confirm what was proposed, or override it.

    `seen` is the version of the assessment that `by` had before them, 0 for none; when it is no
    longer the newest, nothing is written. To override takes a comment.
    """
    mini_project = criterion.mini_project
    if not is_staff(standing(by), edition=mini_project.edition_id):
        raise PermissionDenied
    _demand_one_place(team, criterion, level, attempt)
    proposed = proposed_level(criterion, attempt)
    if proposed and level.name != proposed and not comment.strip():
        raise Refused("Say in a comment why you decide otherwise than the checks.")
    values = {
        "mini_project": mini_project,
        "level": level,
        "proposed": proposed,
        "comment": storable(comment).strip(),
        "assessor": by,
        "attempt": attempt,
        "decided_at": timezone.now(),
        "version": seen + 1,
    }
    with transaction.atomic():
        held = Assessment.objects.filter(team=team, criterion=criterion)
        try:
            with transaction.atomic():
                if seen == 0:
                    Assessment.objects.create(team=team, criterion=criterion, **values)
                elif held.filter(version=seen).update(**values) != 1:
                    raise Refused(CHANGED)
        except IntegrityError:
            raise Refused(CHANGED) from None
        AssessmentEvent.objects.create(team=team, criterion=criterion, **values)
        return held.get()


def _demand_one_place(
    team: Team, criterion: Criterion, level: Level, attempt: Attempt | None
) -> None:
    """All that is named must belong to the same piece of work."""
    mini_project = criterion.mini_project
    if level.criterion_id != criterion.pk:
        raise Refused("This level belongs to another criterion.")
    if team.edition_id != mini_project.edition_id or team.solo is mini_project.by_team:
        raise Refused("This team does not work on this mini-project.")
    if attempt is None:
        return
    submission = attempt.submission
    if (submission.team_id, submission.mini_project_id) != (team.pk, mini_project.pk):
        raise Refused("This attempt is not this team's work for this mini-project.")
    if criterion.lab not in {"", submission.lab}:
        raise Refused("This criterion belongs to another lab.")
