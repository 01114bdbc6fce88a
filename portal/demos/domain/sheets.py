"""The lecturer's sheet: saved as it is filled in; finishing it tells the results."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db import IntegrityError, transaction
from django.utils import timezone

from portal.assessment import domain as assessment
from portal.assessment.domain.people import demand_reason
from portal.common.errors import Refused
from portal.common.text import storable
from portal.courses.access import demand_staff
from portal.courses.models import Criterion, Level
from portal.demos.domain.bookings import note_outcome
from portal.demos.domain.videos import note_video
from portal.demos.models import Booking, DemoNote, VideoLink
from portal.demos.offers import Kind, Status
from portal.people.models import User

TEXT = 20_000  # characters
LONGEST = 24 * 3600  # seconds that a timer counts
CHANGED = (
    "Somebody else saved this sheet meanwhile. Reload the page to see it; copy your text first."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What stands on a sheet. Criteria, levels and people by their keys, questions by number."""

    text: str = ""
    levels: Mapping[int, int] = field(default_factory=dict)
    shown: Mapping[int, bool] = field(default_factory=dict)
    asked: Sequence[int] = ()
    present: Sequence[int] = ()
    seconds: int = 0


def save_sheet(*, of: Booking | VideoLink, filled: Filled, by: User, seen: int) -> DemoNote:
    """Keep a sheet. `seen` is the version that was on the page; an older one is refused."""
    demand_staff(by, of.mini_project.edition)
    criteria = {each.pk: each for each in of.mini_project.criteria.prefetch_related("levels")}
    values = {
        "text": storable(filled.text)[:TEXT],
        "levels": {
            str(pk): level
            for pk, level in sorted(filled.levels.items())
            if pk in criteria and level in {each.pk for each in criteria[pk].levels.all()}
        },
        "shown": {str(pk): yes for pk, yes in sorted(filled.shown.items()) if pk in criteria},
        "asked": sorted(set(filled.asked)),
        "present": sorted(_members(of) & set(filled.present)),
        "seconds": min(max(filled.seconds, 0), LONGEST),
        "saved_at": timezone.now(),
        "by": by,
        "version": seen + 1,
    }
    which = {"video": of} if isinstance(of, VideoLink) else {"booking": of}
    rows = DemoNote.objects.filter(**which)
    try:
        with transaction.atomic():
            if seen == 0:
                return DemoNote.objects.create(**which, **values)
            if rows.filter(version=seen).update(**values) != 1:
                raise Refused(CHANGED)
    except IntegrityError:
        raise Refused(CHANGED) from None
    return rows.get()


def finish(*, sheet: DemoNote, by: User, reason: str = "") -> None:
    """The demo is over: tell the results, and put the ticked levels into the review as a draft.

    To finish once more is a correction, and takes a reason.
    """
    of = sheet.booking or sheet.video
    if of is None:
        raise Refused("This sheet belongs to no demo.")
    demand_staff(by, of.mini_project.edition)
    if sheet.finished_at is not None:
        demand_reason(reason)
    with transaction.atomic():
        if isinstance(of, Booking):
            _demand_everybody(sheet, of)
            minutes = -(-sheet.seconds // 60) or None
            if of.status == Status.HELD and not reason:
                reason = "the sheet was filled in afterwards"
            note_outcome(booking=of, status=Status.HELD, by=by, reason=reason, minutes=minutes)
        else:
            seen = [int(pk) for pk, yes in sheet.shown.items() if yes]
            slugs = of.mini_project.criteria.filter(pk__in=seen).values_list("slug", flat=True)
            note_video(of, by=by, shown=list(slugs), reason=reason)
        _draft(sheet, of, by=by)
        DemoNote.objects.filter(pk=sheet.pk).update(finished_at=timezone.now())


def _members(of: Booking | VideoLink) -> set[int]:
    return set(of.team.members.values_list("pk", flat=True))


def _demand_everybody(sheet: DemoNote, booking: Booking) -> None:
    demos = booking.mini_project.edition.file.demos
    if demos is None or not demos.whole_team:
        return
    missing = booking.team.members.exclude(pk__in=sheet.present)
    if names := sorted(person.name for person in missing):
        cites = ", ".join(demos.because.get("whole_team", demos.cite))
        raise Refused(
            f"All of the team must be there ({cites}): {', '.join(names)} not ticked. Tick them,"
            " or note that the team was absent."
        )


def _draft(sheet: DemoNote, of: Booking | VideoLink, *, by: User) -> None:
    """Levels of the sheet wait in the review form; only a decision there counts."""
    chance = 2 if isinstance(of, Booking) and of.slot.kind == Kind.RESIT else 1
    levels = Level.objects.in_bulk(sheet.levels.values())
    criteria = Criterion.objects.in_bulk([int(pk) for pk in sheet.levels])
    for pk, level in sheet.levels.items():
        if int(pk) in criteria and level in levels:
            assessment.keep_draft(
                team=of.team,
                criterion=criteria[int(pk)],
                level=levels[level],
                comment="",
                by=by,
                chance=chance,
            )
