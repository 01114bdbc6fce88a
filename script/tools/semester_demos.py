"""Slots, bookings, videos and talks of the demonstration's courses."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from portal.common.errors import Refused
from portal.courses.models import MiniProject, Team
from portal.demos import domain
from portal.demos.domain.sheets import Filled
from portal.demos.models import Booking, Slot
from portal.demos.offers import Kind, Status
from portal.demos.queries import desk_of
from portal.demos.terms import Occasion
from portal.people.models import User
from script.tools.semester_cast import Course, clock, enrolment

AHEAD = timedelta(days=20)  # slots are published that long before the work is due
MINUTES = 10
PLACE = "Room 1.015"
WATCHED = timedelta(days=3)  # after a video was sent


@dataclass(frozen=True, slots=True)
class Piece:
    """Something to be shown, and who shows it."""

    project: MiniProject
    occasion: Occasion
    team: Team
    person: User

    @property
    def wish(self) -> dict[str, Any]:
        """What the desk of demos is asked for."""
        return {"mini_project": self.project, "item": self.occasion.item, "by": self.person}


def show(course: Course) -> None:
    """Whatever is shown before today or is about to be; and the list of articles."""
    known = {each.pk: each for each in course.projects}
    for number, (project, occasion) in enumerate(desk_of(course.edition).occasions()):
        part = next(each for each in course.file.mini_projects if each.id == project.slug)
        named = {each.id for each in part.deliverables} | {each.id for each in course.file.marks}
        if occasion.item in named:
            _demos(course, known[project.pk], occasion, hour=(9, 13)[number % 2])
    if any(each.form == "talk" for each in course.file.marks):
        _talks(course)


def _demos(course: Course, project: MiniProject, occasion: Occasion, *, hour: int) -> None:
    owners = course.owners(project)
    due = course.due(project, owners[0][0], occasion.item)
    opens = max(course.begins, due - AHEAD)
    if opens > course.now:
        return
    live = [pair for pair in owners if not (_far(course, pair[1]) and course.chance(0.7))]
    rows = (hour, round(len(live) * 0.85))
    slots = _publish(course, project, occasion, due=due, rows=rows)
    for (team, person), slot in zip(live, [*slots, *slots[: len(live)]], strict=False):
        if course.keeps(team):
            _book(course, slot, Piece(project, occasion, team, person), opens)
    for team, person in owners:
        if (team, person) not in live:
            _video(course, Piece(project, occasion, team, person), due)


def _far(course: Course, person: User) -> bool:
    """Whether somebody learns at a distance, and may send a video."""
    distant = {each.id for each in course.file.tracks if each.distance}
    return enrolment(course, person).track in distant


def _publish(
    course: Course,
    project: MiniProject,
    occasion: Occasion,
    *,
    due: datetime,
    rows: tuple[int, int],
) -> Sequence[Slot]:
    """Slots four days and one before it is due. `rows`: the first hour, and how many."""
    least, most = occasion.minutes or (MINUTES, MINUTES)
    minutes = max(least, min(MINUTES, most))
    first = due.astimezone(course.edition.zone).date() - timedelta(days=4)
    hour, count = rows
    starts = [
        course.at(first + timedelta(days=3 * (n % 2)), hour + minutes * (n // 2) / 60)
        for n in range(max(2, count))
    ]
    opens = max(course.begins, due - AHEAD)
    with clock(opens):
        return domain.publish(
            edition=course.edition,
            by=course.lecturer,
            kind=Kind.CONTACT,
            starts=[each for each in starts if each > opens],
            minutes=minutes,
            place=PLACE,
            parts=[project.slug],
            item=occasion.item,
        )


def _book(course: Course, slot: Slot, piece: Piece, opens: datetime) -> None:
    """Book, or wait where somebody was faster; afterwards note how it went.

    The rules may say no, as they do to students: then there is no booking.
    """
    at = min(course.now, opens + timedelta(hours=course.dice.randint(2, 60)))
    try:
        with clock(at):
            if Booking.objects.filter(slot=slot).exclude(status=Status.CANCELLED).exists():
                domain.wait_for(slot=slot, **piece.wish)
                return
            booking = domain.book(slot=slot, **piece.wish)
    except Refused:
        return
    over = slot.starts_at + timedelta(minutes=slot.minutes)
    if over < course.now:
        with clock(over):
            _note(course, booking, piece.team)


def _note(course: Course, booking: Booking, team: Team) -> None:
    if course.chance(0.02):
        domain.note_outcome(booking=booking, status=Status.ABSENT, by=course.lecturer)
        return
    people = [each.pk for each in team.members.all()]
    filled = Filled(text="It ran. One question was answered late.", present=people)
    sheet = domain.save_sheet(of=booking, filled=filled, by=course.lecturer, seen=0)
    domain.finish(sheet=sheet, by=course.lecturer)


def _video(course: Course, piece: Piece, due: datetime) -> None:
    """Send a recording; three days later somebody has watched it."""
    at = due - timedelta(days=course.dice.randint(1, 6))
    if at > course.now:
        return
    link = f"https://video.example/sample/{piece.team.pk}-{piece.project.slug}"
    try:
        with clock(at):
            video = domain.send_video(link=link, **piece.wish)
    except Refused:
        return
    criteria = [each.pk for each in piece.project.criteria.all()]
    seen = {pk: course.keeps(piece.team) for pk in criteria}
    if at + WATCHED < course.now:
        with clock(at + WATCHED):
            filled = Filled(text="Watched to the end.", shown=seen, present=[piece.person.pk])
            sheet = domain.save_sheet(of=video, filled=filled, by=course.lecturer, seen=0)
            domain.finish(sheet=sheet, by=course.lecturer)


def _talks(course: Course) -> None:
    lines = "\n".join(f"Sample article {n + 1}" for n in range(len(course.students)))
    with clock(course.begins + timedelta(days=20)):
        domain.add_articles(edition=course.edition, lines=lines, by=course.lecturer)
        domain.assign_rest(edition=course.edition, by=course.lecturer)
