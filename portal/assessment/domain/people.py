"""Who may say something, about whom, and with what words."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils import timezone

from portal.assessment.models.given import REASON
from portal.common.errors import Refused
from portal.common.text import storable
from portal.courses.models import Edition, Enrolment, Team
from portal.courses.queries import standing
from portal.courses.rules import Role, is_lecturer
from portal.people.models import User

Owner = User | Team


def demand_lecturer(by: User, edition: Edition) -> None:
    """PermissionDenied for anybody but the lecturers of this edition."""
    if not is_lecturer(standing(by), edition=edition.pk):
        raise PermissionDenied


def demand_reason(reason: str) -> None:
    """Refused without any."""
    if not reason.strip():
        raise Refused("Say why: the reason stays on the record.")


def said(by: User | None, reason: str = "") -> dict[str, Any]:
    """The columns of who said something, when and why."""
    return {"by": by, "at": timezone.now(), "reason": storable(reason).strip()[:REASON]}


def of_student(edition: Edition, student: User) -> dict[str, Any]:
    """The columns of something about one student. Refused for others."""
    enrolled = Enrolment.objects.filter(edition=edition, person=student, role=Role.STUDENT)
    if not enrolled.exists():
        raise Refused(f"{student.name} is no student of this edition.")
    return {"student": student}


def of_owner(edition: Edition, owner: Owner) -> dict[str, Any]:
    """The columns of something about a student or a team of the edition. Refused for others."""
    if isinstance(owner, User):
        return of_student(edition, owner) | {"team": None}
    if owner.edition_id != edition.pk:
        raise Refused(f"{owner.name} is no team of this edition.")
    return {"student": None, "team": owner}
