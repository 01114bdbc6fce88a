"""What the pages show of one team's deliverables, and of a whole class."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from lab_specs.faults import PLATFORM_CODES, Code
from lab_specs.messages import Explanation, explain
from portal.courses.dates import Calendar
from portal.courses.models import Edition, MiniProject
from portal.courses.queries import Place, place_of, students_of
from portal.deliveries import collect, snapshots
from portal.deliveries.advice import Advice, advise, nowhere
from portal.deliveries.domain import LINKS, READ, WRITTEN, by_hand, is_path
from portal.deliveries.facts import First, Item, Key, delivered, items, standings
from portal.deliveries.models import Delivery, Reading, Snapshot
from portal.people.models import User

OLDER = 10  # earlier versions that a page lists


@dataclass(frozen=True, slots=True)
class Piece:
    """One deliverable with all that was handed in for it, newest first."""

    item: Item
    rows: Sequence[Delivery]
    advice: Sequence[Advice]
    snapshot: Snapshot | None
    repository: str  # from which a snapshot is taken; empty while nobody said where it lies

    @property
    def newest(self) -> Delivery | None:
        """What is read."""
        return self.rows[0] if self.rows else None

    @property
    def older(self) -> Sequence[Delivery]:
        """What was handed in before, as far as it is listed."""
        return self.rows[1 : OLDER + 1]

    @property
    def by_hand(self) -> bool:
        """Whether people hand it in on the page."""
        item = self.item
        return by_hand(item.deliverable, item.mini_project) and not item.deliverable.snapshot

    @property
    def is_link(self) -> bool:
        """Whether it is a link, and never a text."""
        return self.item.deliverable.kind in LINKS

    @property
    def is_text(self) -> bool:
        """Whether it is written on the page, with no link."""
        return self.item.deliverable.kind in WRITTEN

    @property
    def reading(self) -> Reading | None:
        """What a worker read, or is to read, for the newest version."""
        return getattr(self.newest, "reading", None)

    @property
    def unread(self) -> bool:
        """Whether a path was handed in when nobody had said in which repository it lies."""
        row = self.newest
        given = row is not None and not row.text and is_path(row.link)
        return given and not self.reading and self.item.deliverable.kind in READ

    @property
    def reading_trouble(self) -> Explanation | None:
        """Why the repository could not be read so far."""
        row = self.reading
        return explain(Code(row.fault), row.facts) if row and row.fault else None

    @property
    def given_up(self) -> bool:
        """Whether the reading failed for reasons of ours, until the portal stopped trying."""
        row = self.reading
        return bool(row and row.answered_at and row.fault in PLATFORM_CODES)

    @property
    def remarks(self) -> Sequence[collect.Remark]:
        """What happened to the branches around the deadline, as GitHub told it."""
        return collect.remarks(self.snapshot) if self.snapshot else ()

    @property
    def trouble(self) -> Explanation | None:
        """Why the portal could not take the snapshot so far."""
        fault = self.snapshot.fault if self.snapshot else ""
        return explain(Code(fault), {}) if fault else None


def pieces(
    mini_project: MiniProject, team: int | None, *, now: datetime, track: str = ""
) -> list[Piece]:
    """A team's deliverables of one mini-project, in the order of the edition's file."""
    calendar = Calendar.of(mini_project.edition)
    handed = delivered(mini_project.edition)
    found = items(calendar, mini_project, team, handed, now=now, track=track)
    rows, taken = _rows(mini_project, team), _snapshots(mini_project, team)
    known = None
    if team and any(each.deliverable.snapshot for each in found):
        known = snapshots.repositories(mini_project.edition).get((mini_project.pk, team))
    return [_piece(each, rows, taken, known.repository if known else "") for each in found]


def dues(edition: Edition, person: User, *, now: datetime) -> list[Item]:
    """All that a student hands in, what is due next first and what has no deadline last."""
    place, calendar, handed = place_of(person, edition), Calendar.of(edition), delivered(edition)
    found = [
        item
        for project in edition.mini_projects.order_by("order")
        for item in _stand(calendar, project, place, handed, now=now)
    ]
    return sorted(found, key=lambda each: (each.due.moment is None, each.due.moment or now))


def items_of(mini_project: MiniProject, place: Place, *, now: datetime) -> list[Item]:
    """How the deliverables of one mini-project stand for whoever has this place."""
    edition = mini_project.edition
    return _stand(Calendar.of(edition), mini_project, place, delivered(edition), now=now)


def _stand(
    calendar: Calendar,
    mini_project: MiniProject,
    place: Place,
    handed: Mapping[Key, Mapping[str, First]],
    *,
    now: datetime,
) -> list[Item]:
    team = calendar.owner(mini_project, shared=place.shared, solo=place.solo)
    return items(calendar, mini_project, team, handed, now=now, track=place.track)


def table(
    edition: Edition, mini_project: MiniProject, *, now: datetime
) -> list[tuple[str, str, Sequence[Item]]]:
    """Per student, by name: how the deliverables of one mini-project stand."""
    stands = standings(edition, now=now)
    people = students_of(edition).select_related("person")
    rows = [
        (
            each.person.name,
            each.person.username,
            [i for i in stands[each.person_id] if i.mini_project.pk == mini_project.pk],
        )
        for each in people
    ]
    return sorted(rows, key=lambda row: (row[0].casefold(), row[1]))


def _rows(mini_project: MiniProject, team: int | None) -> Mapping[str, list[Delivery]]:
    found: dict[str, list[Delivery]] = {}
    rows = (
        Delivery.objects.filter(mini_project=mini_project, team=team)
        .select_related("by", "reading")
        .defer("reading__text")
    )
    for row in rows.order_by("-pk")[:200]:
        found.setdefault(row.deliverable, []).append(row)
    return found


def _snapshots(mini_project: MiniProject, team: int | None) -> Mapping[str, Snapshot]:
    rows = Snapshot.objects.filter(mini_project=mini_project, team=team).order_by("due_at")
    return {row.deliverable: row for row in rows}


def _piece(
    item: Item, rows: Mapping[str, list[Delivery]], taken: Mapping[str, Snapshot], repository: str
) -> Piece:
    own = rows.get(item.deliverable.id, [])
    said = _advice(item, own[0]) if own else []
    return Piece(item, own, said, taken.get(item.deliverable.id), repository)


def _beside(target: str) -> bool:
    """What lies beside a pasted text in its repository has not been looked at."""
    return not target.startswith("..")


def _advice(item: Item, row: Delivery) -> list[Advice]:
    """On a text that was pasted, or what the worker said of the one that it read."""
    if row.text:
        inside = is_path(row.link)
        return advise(item.deliverable, row.text, exists=_beside if inside else nowhere)
    reading = getattr(row, "reading", None)
    return [Advice(**each) for each in reading.advice] if reading else []
