"""Booking, cancelling, moving up, exceptions: what is written, and what is refused."""

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from portal.assessment.gather import gather
from portal.assessment.models import Appointment, DemoHeld, Override, Presence
from portal.assessment.policy import facts
from portal.common.errors import Refused
from portal.courses.domain import team_for
from portal.courses.models import Edition, MiniProject
from portal.demos import domain
from portal.demos.models import Booking, BookingEvent, Waiting
from portal.demos.offers import Kind, Status
from portal.people.models import User
from tests.portal.demos.conftest import NOW, Publish, enrol, on_track, own_team
from tests.portal.demos.offering import local

DEMO = "demo"


@pytest.fixture
def booking(published: Publish, docker: MiniProject, alice: User) -> Booking:
    return domain.book(slot=published(), mini_project=docker, item=DEMO, by=alice)


def test_a_booking_is_of_the_team_and_leaves_a_trace(booking: Booking, alice: User) -> None:
    assert (booking.team, booking.seat, booking.status) == (own_team(alice), 1, Status.BOOKED)
    assert [(each.deed, each.by) for each in booking.events.all()] == [("booked", alice)]


@pytest.mark.rule("HOG-20")
def test_a_lab_is_booked_once(
    booking: Booking, published: Publish, docker: MiniProject, alice: User
) -> None:
    other = published(NOW + timedelta(days=12))
    with pytest.raises(Refused, match=r"You are booked for this on Tue 1 Oct .* \(HOG-20\)"):
        domain.book(slot=other, mini_project=docker, item=DEMO, by=alice)
    assert Booking.objects.count() == 1


def test_a_slot_is_had_by_one(booking: Booking, docker: MiniProject, bob: User) -> None:
    with pytest.raises(Refused, match="Somebody has taken it"):
        domain.book(slot=booking.slot, mini_project=docker, item=DEMO, by=bob)


def test_the_database_itself_gives_a_seat_once(
    booking: Booking, docker: MiniProject, bob: User
) -> None:
    team = team_for(person=bob, mini_project=docker)
    again = {"slot": booking.slot, "seat": 1, "mini_project": docker, "item": DEMO}
    with pytest.raises(IntegrityError, match=r"demos_booking\.seat"), transaction.atomic():
        Booking.objects.create(team=team, by=bob, at=NOW, status=Status.BOOKED, **again)


def test_a_slot_with_two_seats_has_two(
    published: Publish, docker: MiniProject, alice: User, bob: User, hogent: Edition
) -> None:
    slot = published(capacity=2)
    seats = [
        domain.book(slot=slot, mini_project=docker, item=DEMO, by=person).seat
        for person in (alice, bob)
    ]
    assert seats == [1, 2]
    with pytest.raises(Refused, match="taken"):
        domain.book(slot=slot, mini_project=docker, item=DEMO, by=enrol(hogent, "carla"))


def test_strangers_and_staff_do_not_book_as_students(
    published: Publish, docker: MiniProject, tina: User, otto: User
) -> None:
    slot = published()
    for person in (tina, otto):
        with pytest.raises(Refused, match="Only the students"):
            domain.book(slot=slot, mini_project=docker, item=DEMO, by=person)


def test_whoever_waits_moves_up_in_turn(
    booking: Booking, docker: MiniProject, alice: User, bob: User, hogent: Edition
) -> None:
    slot, carla = booking.slot, enrol(hogent, "carla")
    for person in (bob, carla):
        domain.wait_for(slot=slot, mini_project=docker, item=DEMO, by=person)
    moved = domain.cancel(booking=booking, by=alice)
    assert moved is not None
    assert moved.team == own_team(bob)
    assert [each.deed for each in moved.events.all()] == ["moved up from the waiting list"]
    assert [each.team for each in Waiting.objects.all()] == [own_team(carla)]


@pytest.mark.rule("HOG-23")
def test_who_may_not_any_more_does_not_move_up(
    booking: Booking,
    published: Publish,
    docker: MiniProject,
    cicd: MiniProject,
    alice: User,
    bob: User,
) -> None:
    domain.wait_for(slot=booking.slot, mini_project=docker, item=DEMO, by=bob)
    same_week = published(NOW + timedelta(days=5))
    domain.book(slot=same_week, mini_project=cicd, item=DEMO, by=bob)
    assert domain.cancel(booking=booking, by=alice) is None
    assert Waiting.objects.count() == 1  # the other demo may still be cancelled


def test_who_withdrew_neither_moves_up_nor_cancels(
    booking: Booking, docker: MiniProject, alice: User, bob: User, hogent: Edition
) -> None:
    carla = enrol(hogent, "carla")
    for person in (bob, carla):
        domain.wait_for(slot=booking.slot, mini_project=docker, item=DEMO, by=person)
    bob.enrolments.update(withdrawn_at=NOW)
    moved = domain.cancel(booking=booking, by=alice)
    assert moved is not None
    assert moved.team == own_team(carla)
    carla.enrolments.update(withdrawn_at=NOW)
    with pytest.raises(PermissionDenied):
        domain.cancel(booking=moved, by=carla)


def test_the_waiting_list_is_for_full_slots_that_are_open_otherwise(
    booking: Booking, published: Publish, docker: MiniProject, alice: User, bob: User
) -> None:
    free = published(NOW + timedelta(days=11))
    with pytest.raises(Refused, match="book it"):
        domain.wait_for(slot=free, mini_project=docker, item=DEMO, by=bob)
    with pytest.raises(Refused, match="You are booked for this"):
        domain.wait_for(slot=booking.slot, mini_project=docker, item=DEMO, by=alice)
    waiting = domain.wait_for(slot=booking.slot, mini_project=docker, item=DEMO, by=bob)
    domain.wait_for(slot=booking.slot, mini_project=docker, item=DEMO, by=bob)
    assert Waiting.objects.count() == 1
    with pytest.raises(PermissionDenied):
        domain.leave_waiting_list(waiting=waiting, by=alice)
    domain.leave_waiting_list(waiting=waiting, by=bob)
    assert Waiting.objects.count() == 0


def test_a_student_cancels_until_it_begins(
    booking: Booking, alice: User, bob: User, tina: User, clock: time_machine.Traveller
) -> None:
    with pytest.raises(PermissionDenied):
        domain.cancel(booking=booking, by=bob)
    clock.move_to(booking.slot.starts_at)
    with pytest.raises(Refused, match="has begun"):
        domain.cancel(booking=booking, by=alice)
    with pytest.raises(Refused, match="Say why"):
        domain.cancel(booking=booking, by=tina)
    domain.cancel(booking=booking, by=tina, reason="the room burnt")
    event = BookingEvent.objects.last()
    assert event is not None
    assert (event.deed, event.by, event.reason) == ("cancelled", tina, "the room burnt")
    with pytest.raises(Refused, match="cancelled or is over"):
        domain.cancel(booking=booking, by=tina, reason="twice")


@pytest.mark.rule("HOG-20")
@pytest.mark.rule("HOG-21")
def test_an_exception_takes_a_lecturer_and_a_reason_and_leaves_a_trace(
    published: Publish, docker: MiniProject, alice: User, tina: User, amir: User, hogent: Edition
) -> None:
    late = published(local(2024, 10, 20))
    team = team_for(person=alice, mini_project=docker)
    wanted = {"slot": late, "mini_project": docker, "item": DEMO, "team": team}
    with pytest.raises(Refused, match=r"Say why you make an exception\. .*HOG-21"):
        domain.book_for(**wanted, by=tina)
    with pytest.raises(PermissionDenied):
        domain.book_for(**wanted, by=amir, reason="ill")
    with pytest.raises(PermissionDenied):
        domain.book_for(**wanted, by=alice, reason="ill")
    assert Booking.objects.count() == Override.objects.count() == 0
    booking = domain.book_for(**wanted, by=tina, reason="ill for two weeks")
    (event,) = booking.events.all()
    assert (event.lifted, event.reason, event.by) == ("HOG-21", "ill for two weeks", tina)
    (lifted,) = Override.objects.all()
    assert (lifted.rule, lifted.part, lifted.team) == ("HOG-21", "docker", team)


def test_no_exception_makes_room_where_there_is_none(
    booking: Booking, docker: MiniProject, bob: User, tina: User
) -> None:
    team = team_for(person=bob, mini_project=docker)
    with pytest.raises(Refused, match="taken"):
        domain.book_for(
            slot=booking.slot, mini_project=docker, item=DEMO, team=team, by=tina, reason="please"
        )


def test_staff_book_within_the_rules_without_a_reason(
    published: Publish, docker: MiniProject, alice: User, amir: User
) -> None:
    team = team_for(person=alice, mini_project=docker)
    booking = domain.book_for(slot=published(), mini_project=docker, item=DEMO, team=team, by=amir)
    assert Override.objects.count() == 0
    assert booking.events.get().deed == "booked by staff"


@pytest.mark.rule("HOG-31")
def test_a_demo_that_was_held_counts_for_the_results(
    booking: Booking, alice: User, tina: User, hogent: Edition, clock: time_machine.Traveller
) -> None:
    with pytest.raises(Refused, match="not begun"):
        domain.note_outcome(booking=booking, status=Status.HELD, by=tina)
    clock.move_to(booking.slot.starts_at)
    with pytest.raises(PermissionDenied):
        domain.note_outcome(booking=booking, status=Status.HELD, by=alice)
    domain.note_outcome(booking=booking, status=Status.HELD, by=tina)
    held = DemoHeld.objects.get()
    assert (held.team, held.item, held.state, held.way) == (
        own_team(alice),
        "demo",
        "held",
        "contact",
    )
    assert (held.source, held.minutes) == (f"booking-{booking.pk}", 10)
    with pytest.raises(Refused, match="Say why"):
        domain.note_outcome(booking=booking, status=Status.ABSENT, by=tina)
    domain.note_outcome(booking=booking, status=Status.ABSENT, by=tina, reason="the wrong row")
    assert [each.state for each in DemoHeld.objects.all()] == ["held", "absent"]


def test_the_results_hear_of_a_demo_for_each_member(
    booking: Booking,
    alice: User,
    bob: User,
    tina: User,
    hogent: Edition,
    clock: time_machine.Traveller,
) -> None:
    clock.move_to(booking.slot.starts_at)
    domain.note_outcome(booking=booking, status=Status.HELD, by=tina)
    told = gather(hogent).facts
    shown = facts.Demonstrated(part="docker", at=booking.slot.starts_at, way="contact")
    assert shown in told[alice.pk]
    assert shown not in told[bob.pk]


@pytest.mark.rule("HOG-33")
def test_an_exam_slot_longer_than_the_exam_period_allows_is_never_published(
    published: Publish,
) -> None:
    with pytest.raises(Refused, match=r"20 minutes at most \(HOG-33\)"):
        published(local(2025, 1, 20), kind=Kind.EXAM, minutes=21)
    assert published(local(2025, 1, 20), kind=Kind.EXAM, minutes=20).minutes == 20


@pytest.mark.rule("HOG-38")
@pytest.mark.rule("HOG-40")
@pytest.mark.rule("HOG-41")
def test_booking_a_resit_is_the_appointment(
    published: Publish, docker: MiniProject, alice: User, tina: User, clock: time_machine.Traveller
) -> None:
    slot = published(local(2025, 8, 25), kind=Kind.RESIT, minutes=20)
    on_track(alice, "tiao")
    clock.move_to(local(2025, 2, 2, 22))
    booking = domain.book(slot=slot, mini_project=docker, item=DEMO, by=alice)
    (appointment,) = Appointment.objects.all()
    assert (appointment.student, str(appointment.on), appointment.by) == (
        alice,
        "2025-02-02",
        alice,
    )
    clock.move_to(slot.starts_at)
    domain.note_outcome(booking=booking, status=Status.ABSENT, by=tina)
    presence = Presence.objects.get()
    assert (presence.event, presence.present, presence.student) == ("resit", False, alice)
    assert DemoHeld.objects.count() == 0
