"""What took place: demos, questions, items ticked, appointments for a resit."""

from collections.abc import Collection
from datetime import date, datetime

from django.core.exceptions import PermissionDenied
from django.utils import timezone

from portal.assessment.domain.people import Owner, of_owner, of_student, said
from portal.assessment.models import Appointment, DemoHeld, Question, Tick
from portal.assessment.models.given import DemoState
from portal.assessment.policy.results import ResitStatus
from portal.assessment.results import book_of, resit_of
from portal.common.errors import Refused
from portal.courses.access import demand_staff
from portal.courses.models import Edition, MiniProject, Team
from portal.courses.queries import standing
from portal.courses.rules import is_member, is_staff
from portal.people.models import User


def appoint(
    *,
    edition: Edition,
    student: User,
    by: User,
    on: date | None = None,
    holds: bool = True,
    reason: str = "",
) -> Appointment:
    """Arrange a resit: the student for themselves today, or staff, who may name an earlier day."""
    teaches = is_staff(standing(by), edition=edition.pk)
    if not teaches and by.pk != student.pk:
        raise PermissionDenied
    today = timezone.now().astimezone(edition.zone).date()
    if not teaches and on not in {None, today}:
        raise Refused("Only staff can say that it was arranged on another day.")
    return Appointment.objects.create(
        edition=edition,
        on=on or today,
        holds=holds,
        **of_student(edition, student),
        **said(by, reason),
    )


def take_part(*, edition: Edition, student: User, holds: bool = True) -> Appointment:
    """A student arranges their own resit, or takes that back: once one is due, before it ends."""
    book = book_of(edition, people=[student.pk])
    resit = resit_of(book, book.lines[0]) if book.lines else None
    needed = ResitStatus.OPEN if holds else ResitStatus.APPOINTED
    if resit is None or resit.status is not needed:
        stands = resit.status.value if resit else "not due"
        raise Refused(f"That cannot be done now: the resit is {stands}.")
    return appoint(edition=edition, student=student, by=student, holds=holds)


def note_demo(
    *,
    mini_project: MiniProject,
    owner: Owner,
    source: str,
    held_at: datetime,
    way: str,
    by: User | None,
    state: str = DemoState.HELD,
    item: str = "demo",
    minutes: int | None = None,
    shown: Collection[str] | None = None,
    reason: str = "",
) -> DemoHeld:
    """Note that a demo or oral took place (or that nobody came), as the newest word on `source`.

    `source` names the booking or video, such as `booking-7`. `shown`: slugs of the criteria that
    a video shows; None where questions could be asked. `by=None`: the portal itself. Students
    note the videos that they hand in; the rest is for staff.
    """
    if by is not None:
        who = standing(by)
        own = isinstance(owner, Team) and is_member(who, team=owner.pk)
        own = own or owner == by
        if not is_staff(who, edition=mini_project.edition_id) and not (own and way == "video"):
            raise PermissionDenied
    return DemoHeld.objects.create(
        mini_project=mini_project,
        item=item,
        held_at=held_at,
        way=way,
        minutes=minutes,
        state=state,
        shown=None if shown is None else sorted(shown),
        source=source,
        **of_owner(mini_project.edition, owner),
        **said(by, reason),
    )


def note_question(
    *, edition: Edition, student: User, talk: str, by: User, holds: bool = True
) -> Question:
    """Note that a student asked a question at somebody else's talk; or take that back."""
    demand_staff(by, edition)
    return Question.objects.create(
        edition=edition, talk=talk, holds=holds, **of_student(edition, student), **said(by)
    )


def tick(*, team: Team, item: str, ticked: bool, by: User) -> Tick:
    """A member of a team, or staff, ticks an item of the edition's checklist or clears it."""
    who = standing(by)
    if not (is_member(who, team=team.pk) or is_staff(who, edition=team.edition_id)):
        raise PermissionDenied
    if item not in {each.id for each in team.edition.file.checklist}:
        raise Refused(f"The checklist has no item {item!r}.")
    return Tick.objects.create(team=team, item=item, ticked=ticked, **said(by))
