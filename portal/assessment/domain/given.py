"""What people say about students by hand: marks, presence, rules lifted, points moved."""

from decimal import Decimal

from django.db import IntegrityError, transaction

from lab_specs.edition.rules import Bonus, Ref
from lab_specs.edition.syllabus import MarkFile
from portal.assessment.domain.people import (
    Owner,
    demand_lecturer,
    demand_reason,
    of_owner,
    of_student,
    said,
)
from portal.assessment.models import Mark, MarkEvent, Override, Presence
from portal.assessment.models.decisions import FIRST, RESIT
from portal.common.errors import Refused
from portal.courses.access import demand_staff
from portal.courses.models import Edition, Team
from portal.courses.queries import answers
from portal.people.models import User

CHANGED = "Somebody else changed this mark meanwhile. Look at it again, then save."
RESIT_EVENT = "resit"


def give_mark(
    *,
    edition: Edition,
    mark: str,
    owner: Owner,
    points: Decimal | None,
    by: User,
    reason: str = "",
    chance: int = FIRST,
    seen: int = 0,
) -> Mark:
    """Give a mark by hand, change it, or take it back (`points=None`, which takes a reason).

    `seen`: the version that `by` had before them, 0 for none; nothing is written if it is old.
    """
    demand_staff(by, edition)
    demand_mark(mark_file(edition, mark), points)
    place = {"edition": edition, "mark": mark, "chance": chance, **of_owner(edition, owner)}
    if mark_file(edition, mark).by != ("team" if isinstance(owner, Team) else "student"):
        raise Refused(f"This mark is given per {mark_file(edition, mark).by}.")
    if chance not in {FIRST, RESIT}:
        raise Refused("There is a first chance and a resit, and no other.")
    if points is None and not reason.strip():
        raise Refused("Say why the mark is taken back.")
    values = {"points": points, "version": seen + 1, **said(by, reason)}
    with transaction.atomic():
        held = Mark.objects.filter(**place)
        try:
            with transaction.atomic():
                if seen == 0:
                    Mark.objects.create(**place, **values)
                elif held.filter(version=seen).update(**values) != 1:
                    raise Refused(CHANGED)
        except IntegrityError:
            raise Refused(CHANGED) from None
        MarkEvent.objects.create(**place, **values)
        return held.get()


def mark_file(edition: Edition, mark: str) -> MarkFile:
    """What the edition's file says of a mark. Refused when it does not know it."""
    found = next((each for each in edition.file.marks if each.id == mark), None)
    if found is None:
        raise Refused(f"This edition has no mark {mark!r}.")
    return found


def demand_mark(mark: MarkFile, points: Decimal | None) -> None:
    """Refused for points outside the mark's range, or with more than three decimals."""
    if points is None:
        return
    if not (points.is_finite() and 0 <= points <= mark.highest):
        raise Refused(f"{mark.title}: {points} is not between 0 and {mark.highest}.")
    if round(points, 3) != points:
        raise Refused(f"{mark.title}: {points} has more than three decimals.")


def note_presence(
    *,
    edition: Edition,
    event: str,
    student: User,
    present: bool | None,
    by: User,
    reason: str = "",
) -> Presence:
    """Note whether a student was at a session, at a mark's exam or at the 'resit'.

    None takes back what was noted before.
    """
    demand_staff(by, edition)
    if event not in events(edition):
        raise Refused(f"This edition has no session or mark {event!r}.")
    return Presence.objects.create(
        edition=edition,
        event=event,
        present=present,
        **of_student(edition, student),
        **said(by, reason),
    )


def events(edition: Edition) -> dict[str, str]:
    """All at which one can be absent, with their titles."""
    file = edition.file
    sessions = {each.id: each.title for each in file.sessions}
    return sessions | {each.id: each.title for each in file.marks} | {RESIT_EVENT: "Resit"}


def lift(
    *,
    edition: Edition,
    owner: Owner,
    rule: str,
    reason: str,
    by: User,
    part: str = "",
    holds: bool = True,
) -> Override:
    """Lift a rule for a student or a team, with a reason; or take that back (`holds=False`)."""
    demand_lecturer(by, edition)
    demand_reason(reason)
    may = liftable(edition)
    if rule not in may:
        known = ", ".join(may) or "none"
        raise Refused(f"{rule} is no rule that may be lifted here; these may: {known}.")
    if part and part not in {each.id for each in edition.file.mini_projects}:
        raise Refused(f"This edition has no mini-project {part!r}.")
    return Override.objects.create(
        edition=edition,
        rule=rule,
        part=part,
        holds=holds,
        **of_owner(edition, owner),
        **said(by, reason),
    )


def liftable(edition: Edition) -> list[str]:
    """The rules that a lecturer may lift."""
    found = [cite for rule in edition.file.rules if rule.overridable for cite in rule.cite]
    return list(dict.fromkeys(found))


def move(*, edition: Edition, owner: Owner, points: Decimal, reason: str, by: User) -> Override:
    """Add a bonus to a student's value, or take points off, within the rule's bounds; 0: none."""
    demand_lecturer(by, edition)
    demand_reason(reason)
    rule, most = bonus_of(edition)
    if not points.is_finite():
        raise Refused(f"{points} is not a number of points, such as 0.5.")
    if abs(points) > most:
        raise Refused(f"At most {most} points either way, says {rule.cite[0]}.")
    if round(points, 3) != points:
        raise Refused(f"{points} has more than three decimals.")
    return Override.objects.create(
        edition=edition,
        rule=rule.cite[0],
        points=points,
        holds=points != 0,
        **of_owner(edition, owner),
        **said(by, reason),
    )


def bonus_of(edition: Edition) -> tuple[Bonus, Decimal]:
    """The rule of a bonus and its bound. Refused where there is none, or none is set yet."""
    rule = next((each for each in edition.file.rules if isinstance(each, Bonus)), None)
    if rule is None:
        raise Refused("This edition knows no bonus by hand.")
    if not isinstance(rule.at_most, Ref):
        return rule, rule.at_most
    setting = next(each for each in edition.file.settings if each.id == rule.at_most.setting)
    value = answers(edition).get(setting.id, setting.value)
    if value is None:
        raise Refused(f"How large a bonus may be is not set yet; {setting.who} can set it.")
    return rule, Decimal(str(value))
