"""What a student reads: each piece of work with its demo, and every slot with what closes it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.courses.deadlines import Due
from portal.courses.models import Edition, MiniProject
from portal.courses.queries import place_of
from portal.demos.models import Booking, DemoNote, Slot, VideoLink, Waiting
from portal.demos.offers import SHOWN, Booked, Closed, Kind, Status
from portal.demos.queries import (
    Crew,
    Desk,
    booked_by,
    crews,
    desk_of,
    newest_videos,
    offer_of,
    slots_of,
    taken_seats,
    video_offer,
)
from portal.demos.rules import answer, why_closed
from portal.demos.terms import Occasion
from portal.people.models import User


@dataclass(frozen=True, slots=True)
class Student:
    """A student at the desk: their teams, and all that these have booked or sent."""

    desk: Desk
    person: User
    track: str
    shared: Crew | None
    solo: Crew
    booked: Sequence[Booked]

    def crew(self, project: MiniProject) -> Crew | None:
        """With whom the student shows this work; None where it takes a team and there is none."""
        return self.desk.calendar.owner(project, shared=self.shared, solo=self.solo)


@dataclass(frozen=True, slots=True)
class Piece:
    """One thing to show, and how far that is."""

    project: MiniProject
    occasion: Occasion
    crew: Crew | None
    due: Due
    booking: Booking | None
    moved_up: bool
    video: VideoLink | None
    review: DemoNote | None
    waiting: Sequence[Waiting]
    video_closed: Sequence[Closed] | None  # None: no videos in this course

    @property
    def coming(self) -> bool:
        """Whether it is booked and still to come."""
        return self.booking is not None and self.booking.status == Status.BOOKED

    @property
    def shown(self) -> bool:
        """Whether it was shown live already."""
        return self.booking is not None and self.booking.status == Status.HELD

    @property
    def verdicts(self) -> list[tuple[str, bool]]:
        """Of a reviewed video: the criteria, and whether it shows them."""
        if self.review is None or self.review.finished_at is None:
            return []
        titles = {str(each.pk): each.title for each in self.project.criteria.all()}
        seen = self.review.shown.items()
        return [(titles[pk], yes) for pk, yes in seen if pk in titles]


@dataclass(frozen=True, slots=True)
class Choice:
    """A slot as one student sees it for one piece of work."""

    slot: Slot
    closed: Sequence[Closed]
    waits: Waiting | None
    ours: bool

    @property
    def answer(self) -> str:
        """Open, waiting or closed."""
        return answer(tuple(self.closed))


def student_at(edition: Edition, person: User) -> Student:
    """The student with everything that rules ask about them; about a dozen queries."""
    desk = desk_of(edition)
    place = place_of(person, edition)
    teams = [team for team in (place.shared, place.solo) if team]
    known = crews(desk, teams)
    alone = Crew(
        team=None,
        people=frozenset({person.pk}),
        names=(person.name,),
        tracks=frozenset({place.track}),
    )
    shared = known.get(place.shared) if place.shared else None
    solo = known.get(place.solo, alone) if place.solo else alone
    people = solo.people | (shared.people if shared else frozenset())
    return Student(desk, person, place.track, shared, solo, booked_by(edition, people))


def pieces(student: Student, *, now: datetime) -> list[Piece]:
    """All that the student can show, in order, in four more queries."""
    teams = [crew.team for crew in (student.shared, student.solo) if crew and crew.team]
    live = Booking.objects.filter(team__in=teams).exclude(status=Status.CANCELLED)
    bookings = _latest(live.select_related("slot__by").prefetch_related("events"))
    videos = {
        (video.team_id, video.mini_project_id, video.item): video
        for video in newest_videos(VideoLink.objects.filter(team__in=teams))
    }
    sheets = {each.video_id: each for each in DemoNote.objects.filter(video__in=videos.values())}
    waits: dict[tuple[int, int, str], list[Waiting]] = {}
    for row in Waiting.objects.filter(team__in=teams).select_related("slot"):
        waits.setdefault((row.team_id, row.mini_project_id, row.item), []).append(row)
    found = []
    for project, occasion in student.desk.occasions():
        crew = student.crew(project)
        key = (crew.team if crew and crew.team else 0, project.pk, occasion.item)
        booking, video = bookings.get(key), videos.get(key)
        found.append(
            Piece(
                project=project,
                occasion=occasion,
                crew=crew,
                due=student.desk.calendar.due(
                    project, crew.team if crew else None, occasion.item, student.track
                ),
                booking=booking,
                moved_up=_moved_up(booking),
                video=video,
                review=sheets.get(video.pk) if video else None,
                waiting=waits.get(key, ()),
                video_closed=_video_closed(student, project, occasion, video, now=now),
            )
        )
    return found


def _latest(rows: Iterable[Booking]) -> dict[tuple[int, int, str], Booking]:
    """Of several bookings of the same work: one that counts before one that was missed."""
    ranked = sorted(rows, key=lambda row: (row.status in SHOWN, row.pk))
    return {(row.team_id, row.mini_project_id, row.item): row for row in ranked}


def _moved_up(booking: Booking | None) -> bool:
    events = list(booking.events.all()) if booking else []
    return bool(events) and events[0].deed.startswith("moved up")


def _video_closed(
    student: Student,
    project: MiniProject,
    occasion: Occasion,
    earlier: VideoLink | None,
    *,
    now: datetime,
) -> Sequence[Closed] | None:
    """Why no video can be sent now; one that was sent and not reviewed can be replaced."""
    demos, crew = student.desk.terms.demos, student.crew(project)
    if crew is None or (demos is not None and "video" not in demos.ways):
        return None
    own = [
        each
        for each in student.booked
        if not (
            earlier
            and each.kind is Kind.VIDEO
            and (each.part, each.item) == (occasion.part, occasion.item)
        )
    ]
    wish = crew.wish(student.desk, project, occasion)
    return why_closed(video_offer(now), wish, own, student.desk.terms, now=now)


def choices(
    student: Student, project: MiniProject, occasion: Occasion, *, now: datetime
) -> list[Choice]:
    """Every slot that is still to come, and why it is closed to the student; three queries."""
    crew = student.crew(project)
    if crew is None:
        return []
    rows = slots_of(student.desk.edition).filter(starts_at__gt=now, withdrawn_at=None)
    taken = taken_seats(rows)
    waiting: Mapping[int, Waiting] = {
        row.slot_id: row
        for row in Waiting.objects.filter(team=crew.team, mini_project=project, item=occasion.item)
    }
    mine = {
        (each.starts_at, each.kind)
        for each in student.booked
        if (each.part, each.item) == (occasion.part, occasion.item) and each.status is Status.BOOKED
    }
    wish = crew.wish(student.desk, project, occasion)
    return [
        Choice(
            slot=slot,
            closed=why_closed(
                offer_of(slot, taken[slot.pk]), wish, student.booked, student.desk.terms, now=now
            ),
            waits=waiting.get(slot.pk),
            ours=(slot.starts_at, slot.kind) in mine,
        )
        for slot in rows
    ]
