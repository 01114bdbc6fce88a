"""Students book within the rules; staff can make an exception, which leaves a trace."""

from collections.abc import Collection, Sequence
from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from portal.assessment import domain as assessment
from portal.assessment.domain.given import liftable
from portal.assessment.domain.people import demand_lecturer, demand_reason
from portal.common.errors import Refused
from portal.common.text import storable
from portal.courses.access import demand_staff
from portal.courses.domain import team_for
from portal.courses.models import MiniProject, Team
from portal.courses.queries import standing, students_of
from portal.courses.rules import is_member, is_staff
from portal.demos.models import REASON, TAKEN, Booking, BookingEvent, Slot, Waiting
from portal.demos.offers import Closed, Kind, Status
from portal.demos.queries import Crew, Desk, booked_by, crews, desk_of, offer_of
from portal.demos.rules import answer, why_closed
from portal.demos.terms import Occasion
from portal.people.models import User

EARLY = timedelta(minutes=30)  # people come early, and a demo before theirs falls away
FASTER = "Somebody was faster. Choose another slot, or join the waiting list."


def book(*, slot: Slot, mini_project: MiniProject, item: str, by: User) -> Booking:
    """A student books a slot for their team. Refused with every reason why it is closed."""
    desk, occasion = _occasion(slot, mini_project, item)
    team = team_for(person=by, mini_project=mini_project)
    with transaction.atomic():
        found, crew = _locked(desk, slot, team)
        reasons = _reasons(desk, found, crew, mini_project, occasion)
        if reasons:
            raise Refused(told(reasons))
        booking = _seat(found, team, mini_project, item, by=by)
        _note(booking, "booked", by=by)
        if slot.kind == Kind.RESIT:
            _appoint(booking, crew, by=by)
    return booking


def book_for(
    *, slot: Slot, mini_project: MiniProject, item: str, team: Team, by: User, reason: str = ""
) -> Booking:
    """Staff book for a team. Against the rules only a lecturer can, and says why.

    The rules set aside stand in the booking's history, and are lifted for the results too.
    """
    demand_staff(by, slot.edition)
    desk, occasion = _occasion(slot, mini_project, item)
    if team.edition_id != slot.edition_id:
        raise Refused(f"{team.name} is no team of this edition.")
    with transaction.atomic():
        found, crew = _locked(desk, slot, team)
        reasons = _reasons(desk, found, crew, mini_project, occasion)
        hard = [each for each in reasons if each.hard]
        if hard:
            raise Refused(told(hard))
        if reasons:
            demand_lecturer(by, slot.edition)
            if not reason.strip():
                raise Refused(f"Say why you make an exception. {told(reasons)}")
        booking = _seat(found, team, mini_project, item, by=by)
        cites = list(dict.fromkeys(cite for each in reasons for cite in each.cites))
        _note(booking, "booked by staff", by=by, reason=reason, lifted=", ".join(cites))
        for rule in [cite for cite in cites if cite in liftable(slot.edition)]:
            assessment.lift(
                edition=slot.edition,
                owner=team,
                rule=rule,
                part=mini_project.slug,
                reason=reason,
                by=by,
            )
        if slot.kind == Kind.RESIT:
            _appoint(booking, crew, by=by)
    return booking


def cancel(*, booking: Booking, by: User, reason: str = "") -> Booking | None:
    """Give a seat back; whoever is first on the waiting list moves up and is returned.

    Members can until the slot begins; staff can later too, and say why.
    """
    who, slot = standing(by), booking.slot
    teaches = is_staff(who, edition=slot.edition_id)
    if not (teaches or is_member(who, team=booking.team_id)):
        raise PermissionDenied
    if teaches:
        demand_reason(reason)
    elif slot.starts_at <= timezone.now():
        raise Refused("This slot has begun. Talk to your lecturer.")
    desk = desk_of(slot.edition)
    with transaction.atomic():
        found = Slot.objects.select_for_update(no_key=True).get(pk=slot.pk)
        call_off(booking, by=by, reason=reason)
        return _move_up(desk, found)


def call_off(booking: Booking, *, by: User, reason: str) -> None:
    """Cancel a booking whose slot is locked. Refused when it is over, or cancelled already."""
    _go(booking, (Status.BOOKED,), Status.CANCELLED)
    _note(booking, "cancelled", by=by, reason=reason)


def note_outcome(
    *,
    booking: Booking,
    status: Status,
    by: User,
    reason: str = "",
    minutes: int | None = None,
) -> None:
    """Staff note that a demo was held, or that nobody came; a correction takes a reason."""
    demand_staff(by, booking.slot.edition)
    if status not in {Status.HELD, Status.ABSENT}:
        raise Refused("A demo was held, or nobody came.")
    if booking.slot.starts_at > timezone.now() + EARLY:
        raise Refused("This slot has not begun yet.")
    corrects = booking.status != Status.BOOKED
    if corrects:
        demand_reason(reason)
    with transaction.atomic():
        _go(booking, (Status.BOOKED, Status.HELD, Status.ABSENT), status)
        deed = f"corrected: {status}" if corrects else str(status)
        _note(booking, deed, by=by, reason=reason)
        _tell(booking, by=by, reason=reason, minutes=minutes or booking.slot.minutes)


def wait_for(*, slot: Slot, mini_project: MiniProject, item: str, by: User) -> Waiting:
    """Join the waiting list of a full slot that is open otherwise."""
    desk, occasion = _occasion(slot, mini_project, item)
    team = team_for(person=by, mini_project=mini_project)
    with transaction.atomic():
        found, crew = _locked(desk, slot, team)
        reasons = _reasons(desk, found, crew, mini_project, occasion)
        if not reasons:
            raise Refused("This slot is free: book it.")
        if answer(reasons) != "waiting":
            raise Refused(told([each for each in reasons if not each.full]))
        row, _ = Waiting.objects.get_or_create(
            slot=found,
            team=team,
            mini_project=mini_project,
            item=item,
            defaults={"by": by, "at": timezone.now()},
        )
    return row


def leave_waiting_list(*, waiting: Waiting, by: User) -> None:
    """A member takes their team off the list; staff can, too."""
    who = standing(by)
    staff = is_staff(who, edition=waiting.slot.edition_id)
    if not (staff or is_member(who, team=waiting.team_id)):
        raise PermissionDenied
    waiting.delete()


def told(reasons: Sequence[Closed]) -> str:
    """Reasons as one text: what is the matter, by which rule, and what to do."""
    return " ".join(
        f"{each.says}{f' ({each.cites[0]})' if each.cites else ''} {each.todo}" for each in reasons
    )


def _occasion(slot: Slot, mini_project: MiniProject, item: str) -> tuple[Desk, Occasion]:
    if mini_project.edition_id != slot.edition_id:
        raise Refused("This work belongs to another edition.")
    desk = desk_of(slot.edition)
    occasion = desk.terms.occasion(mini_project.slug, item)
    if occasion is None:
        raise Refused(f"{mini_project.title} has no {item!r} to be shown.")
    return desk, occasion


def _locked(desk: Desk, slot: Slot, team: Team) -> tuple[Slot, Crew]:
    """The slot and the team's people, held until the transaction ends.

    The slot comes first, then people in the order of their keys: so two never wait for each
    other. Without holding the people, somebody could book two slots at once for one week.
    """
    found = Slot.objects.select_for_update(no_key=True).get(pk=slot.pk)
    crew = crews(desk, [team.pk]).get(team.pk)
    if crew is None:
        raise Refused(f"Nobody is in {team.name}.")
    hold(crew.people)
    return found, crew


def hold(people: Collection[int]) -> None:
    """Keep other transactions away from these people until this one ends."""
    rows = User.objects.select_for_update(no_key=True).filter(pk__in=people).order_by("pk")
    list(rows.values_list("pk"))


def _reasons(
    desk: Desk, slot: Slot, crew: Crew, mini_project: MiniProject, occasion: Occasion
) -> tuple[Closed, ...]:
    taken = Booking.objects.filter(slot=slot, status__in=TAKEN).count()
    return why_closed(
        offer_of(slot, taken),
        crew.wish(desk, mini_project, occasion),
        booked_by(desk.edition, crew.people),
        desk.terms,
        now=timezone.now(),
    )


def _seat(slot: Slot, team: Team, mini_project: MiniProject, item: str, *, by: User) -> Booking:
    """Take the first free seat. The database refuses what would make two of one."""
    rows = Booking.objects.filter(slot=slot, status__in=TAKEN)
    seats = set(rows.values_list("seat", flat=True))
    free = [seat for seat in range(1, slot.capacity + 1) if seat not in seats]
    if not free:
        raise Refused(FASTER)
    try:
        with transaction.atomic():
            booking = Booking.objects.create(
                slot=slot,
                seat=free[0],
                team=team,
                mini_project=mini_project,
                item=item,
                status=Status.BOOKED,
                by=by,
                at=timezone.now(),
            )
    except IntegrityError:
        raise Refused(FASTER) from None
    Waiting.objects.filter(team=team, mini_project=mini_project, item=item).delete()
    return booking


def _move_up(desk: Desk, slot: Slot) -> Booking | None:
    """Give a free seat to the first who waits and for whom the rules are still kept."""
    waiting = list(slot.waiting.select_related("team", "mini_project", "by"))
    known = crews(desk, {each.team_id for each in waiting})
    people = {person for crew in known.values() for person in crew.people}
    hold(people)
    here = students_of(desk.edition).filter(person__in=people)
    students = set(here.values_list("person_id", flat=True))
    for each in waiting:
        occasion = desk.terms.occasion(each.mini_project.slug, each.item)
        crew = known.get(each.team_id)
        if crew is None or occasion is None or not crew.people & students:
            continue
        if not _reasons(desk, slot, crew, each.mini_project, occasion):
            booking = _seat(slot, each.team, each.mini_project, each.item, by=each.by)
            _note(booking, "moved up from the waiting list", by=each.by)
            return booking
    return None


def _go(booking: Booking, sources: Sequence[Status], target: Status) -> None:
    rows = Booking.objects.filter(pk=booking.pk, status__in=sources)
    if rows.update(status=target) != 1:
        raise Refused("This booking was cancelled or is over. Look at it again.")
    booking.status = target


def _note(booking: Booking, deed: str, *, by: User, reason: str = "", lifted: str = "") -> None:
    BookingEvent.objects.create(
        booking=booking,
        deed=deed,
        at=timezone.now(),
        by=by,
        reason=storable(reason).strip()[:REASON],
        lifted=lifted[:200],
    )


def _tell(booking: Booking, *, by: User, reason: str, minutes: int) -> None:
    """Pass on to the results what took place. A resit counts by its levels, not as a demo."""
    slot = booking.slot
    if slot.kind == Kind.RESIT:
        for person in booking.team.members.all():
            assessment.note_presence(
                edition=slot.edition,
                event="resit",
                student=person,
                present=booking.status == Status.HELD,
                by=by,
                reason=reason,
            )
        return
    assessment.note_demo(
        mini_project=booking.mini_project,
        owner=booking.team,
        source=f"booking-{booking.pk}",
        held_at=slot.starts_at,
        way=slot.kind,
        by=by,
        state=booking.status,
        item=booking.item,
        minutes=minutes,
        reason=reason,
    )


def _appoint(booking: Booking, crew: Crew, *, by: User) -> None:
    """A booked resit is an appointment of each member, made by whoever booked it."""
    teaches = is_staff(standing(by), edition=booking.slot.edition_id)
    for person in User.objects.filter(pk__in=crew.people):
        assessment.appoint(
            edition=booking.slot.edition, student=person, by=by if teaches else person
        )
