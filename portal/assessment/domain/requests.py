"""A student asks to look again at an assessment, and is answered on the record."""

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from portal.assessment.domain.people import of_student
from portal.assessment.models import ReviewAnswer, ReviewRequest
from portal.common.errors import Refused
from portal.common.text import storable
from portal.courses.access import demand_staff
from portal.courses.models import Edition
from portal.courses.queries import standing
from portal.courses.rules import Role
from portal.people.models import User

LONGEST = 2_000  # characters of what a student writes, and of the answer
AT_ONCE = 5  # requests of one student that wait for an answer


def ask_again(*, edition: Edition, student: User, words: str, part: str = "") -> ReviewRequest:
    """Ask staff to look again at a mini-project, a mark, or (empty `part`) the whole result."""
    if standing(student).roles.get(edition.pk) is not Role.STUDENT:
        raise PermissionDenied
    text = storable(words).strip()
    if not text:
        raise Refused("Say what should be looked at again, and why.")
    if len(text) > LONGEST:
        raise Refused(f"That is longer than {LONGEST} characters; say it more briefly.")
    file = edition.file
    if part not in {"", *(p.id for p in file.mini_projects), *(m.id for m in file.marks)}:
        raise Refused("This edition knows no such part.")
    open_ones = ReviewRequest.objects.filter(edition=edition, student=student, answer=None)
    if open_ones.count() >= AT_ONCE:
        raise Refused(f"{AT_ONCE} requests of yours wait for an answer already.")
    return ReviewRequest.objects.create(
        edition=edition, part=part, words=text, at=timezone.now(), **of_student(edition, student)
    )


def answer(*, request: ReviewRequest, words: str, changed: bool, by: User) -> ReviewAnswer:
    """Answer a request, once. `changed`: whether the assessment was changed for it."""
    demand_staff(by, request.edition)
    text = storable(words).strip()
    if not text:
        raise Refused("Write an answer: the student reads it.")
    try:
        with transaction.atomic():
            return ReviewAnswer.objects.create(
                request=request, words=text[:LONGEST], changed=changed, by=by, at=timezone.now()
            )
    except IntegrityError:
        raise Refused("Somebody else answered this meanwhile.") from None
