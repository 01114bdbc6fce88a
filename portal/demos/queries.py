"""What the rules about demos need to know of an edition and of its people. Few queries each."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q, QuerySet

from portal.assessment.models import Override
from portal.courses.dates import Calendar
from portal.courses.models import Edition, Membership, MiniProject
from portal.demos.models import TAKEN, Booking, Slot, VideoLink
from portal.demos.offers import Booked, Kind, Offer, Status, Wish
from portal.demos.terms import Occasion, Terms

EVERYWHERE = ""


@dataclass(frozen=True, slots=True)
class Desk:
    """An edition as its demos see it. `projects` by slug, in order."""

    edition: Edition
    terms: Terms
    calendar: Calendar
    projects: Mapping[str, MiniProject]

    def occasions(self) -> list[tuple[MiniProject, Occasion]]:
        """All that can be shown, with the rows that it belongs to."""
        found = self.terms.occasions()
        return [(self.projects[each.part], each) for each in found if each.part in self.projects]


@dataclass(frozen=True, slots=True)
class Crew:
    """Those who show their work together. `team` is None for whoever has none yet."""

    team: int | None
    people: frozenset[int]
    names: tuple[str, ...] = ()
    tracks: frozenset[str] = frozenset({""})
    lifted: Mapping[str, frozenset[str]] = field(default_factory=dict)  # rules, by part

    def wish(self, desk: Desk, project: MiniProject, occasion: Occasion) -> Wish:
        """What the rules hear when this crew wants to show that."""
        longer = desk.calendar.longer.get((project.pk, self.team), ()) if self.team else ()
        until = [each.until for each in longer if each.item in {"", occasion.item}]
        both = (self.lifted.get(place, frozenset()) for place in (EVERYWHERE, occasion.part))
        return Wish(
            occasion=occasion,
            people=self.people,
            team=self.people,
            tracks=self.tracks,
            until=max(until, default=None),
            lifted=frozenset().union(*both),
        )


def desk_of(edition: Edition) -> Desk:
    """At most seven queries."""
    calendar = Calendar.of(edition)
    terms = Terms(
        file=edition.file,
        held={session: move.on for session, move in calendar.moved.items()},
        answers=calendar.answers,
    )
    projects = {each.slug: each for each in edition.mini_projects.order_by("order")}
    for each in projects.values():
        each.edition = edition
    return Desk(edition, terms, calendar, projects)


def crews(desk: Desk, teams: Collection[int]) -> dict[int, Crew]:
    """The people of these teams and the rules that were lifted for them, in two queries."""
    people: dict[int, dict[int, str]] = defaultdict(dict)
    rows = Membership.objects.filter(team__in=teams).select_related("person").order_by("person")
    for row in rows:
        people[row.team_id][row.person_id] = row.person.name
    lifted = _lifted(desk.edition, people)
    return {
        team: Crew(
            team=team,
            people=frozenset(members),
            names=tuple(members.values()),
            tracks=frozenset(desk.calendar.tracks.get(team, [""])),
            lifted=lifted[team],
        )
        for team, members in people.items()
    }


def _lifted(
    edition: Edition, people: Mapping[int, Mapping[int, str]]
) -> dict[int, dict[str, frozenset[str]]]:
    """Per team and part: the rules lifted for the team or, for all of it, for each member."""
    ours = {person for members in people.values() for person in members}
    rows = Override.objects.filter(
        Q(team__in=people) | Q(student__in=ours), edition=edition, points=None
    ).order_by("pk")
    newest = {(row.team_id, row.student_id, row.rule, row.part): row.holds for row in rows}
    holding = {key for key, holds in newest.items() if holds}
    found: dict[int, dict[str, frozenset[str]]] = {}
    for team, members in people.items():
        places: dict[str, set[str]] = defaultdict(set)
        for _, _, rule, part in holding:
            everyone = all((None, person, rule, part) in holding for person in members)
            if everyone or (team, None, rule, part) in holding:
                places[part].add(rule)
        found[team] = {part: frozenset(names) for part, names in places.items()}
    return found


def booked_by(edition: Edition, people: Collection[int]) -> list[Booked]:
    """All that these people have booked, shown or sent in an edition, in three queries."""
    rows = Membership.objects.filter(edition=edition, team__memberships__person__in=people)
    members: dict[int, set[int]] = defaultdict(set)
    for team, person in rows.values_list("team_id", "person_id"):
        members[team].add(person)
    crew = {team: frozenset(persons) for team, persons in members.items()}
    bookings = Booking.objects.filter(team__in=crew).exclude(status=Status.CANCELLED)
    found = [
        Booked(
            kind=Kind(row.slot.kind),
            status=Status(row.status),
            part=row.mini_project.slug,
            item=row.item,
            starts_at=row.slot.starts_at,
            minutes=row.slot.minutes,
            people=crew[row.team_id],
        )
        for row in bookings.select_related("slot", "mini_project")
    ]
    return found + [
        Booked(
            kind=Kind.VIDEO,
            status=Status.HELD,
            part=row.mini_project.slug,
            item=row.item,
            starts_at=row.at,
            minutes=0,
            people=crew[row.team_id],
        )
        for row in newest_videos(VideoLink.objects.filter(team__in=crew))
    ]


def newest_videos(rows: QuerySet[VideoLink]) -> list[VideoLink]:
    """Of several links for the same work the newest, oldest first."""
    found = rows.select_related("mini_project", "team").order_by("pk")
    return list({(row.team_id, row.mini_project_id, row.item): row for row in found}.values())


def slots_of(edition: Edition) -> QuerySet[Slot]:
    """The slots of an edition, by time."""
    return edition.slots.select_related("by")


def taken_seats(slots: QuerySet[Slot]) -> Counter[int]:
    """How many seats of each of these slots are taken, by the slot's key, in one query."""
    rows = Booking.objects.filter(slot__in=slots.order_by().values("pk"), status__in=TAKEN)
    return Counter(rows.values_list("slot_id", flat=True))


def offer_of(slot: Slot, taken: int) -> Offer:
    """A slot as the rules see it."""
    return Offer(
        kind=Kind(slot.kind),
        starts_at=slot.starts_at,
        minutes=slot.minutes,
        capacity=slot.capacity,
        taken=taken,
        tracks=frozenset(slot.tracks),
        parts=frozenset(slot.parts),
        item=slot.item,
        withdrawn=slot.withdrawn_at is not None,
    )


def video_offer(at: datetime) -> Offer:
    """A video that is sent at some moment, as the rules see it."""
    return Offer(kind=Kind.VIDEO, starts_at=at, minutes=0)
