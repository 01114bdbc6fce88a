"""Many people at the same moment, in threads that each have a connection of their own."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from threading import Barrier, Thread

from django.db import connection
from django.utils import timezone

from portal.common.errors import Refused
from portal.courses import catalog
from portal.courses.domain import team_for
from portal.courses.models import Edition
from portal.courses.rules import Role
from portal.demos import domain
from portal.demos.models import TAKEN, Booking, Slot, Waiting
from portal.demos.offers import Kind, Status
from portal.people.models import User
from tests.factories import EnrolmentFactory, UserFactory
from tests.portal.demos.offering import file_of

STUDENTS = 8
SECONDS = 60


def at_once(deeds: Sequence[Callable[[], object]]) -> list[str]:
    """Do all of them at the same moment; "done" or the words of the refusal for each, sorted."""
    barrier, said = Barrier(len(deeds)), []

    def run(deed: Callable[[], object]) -> None:
        try:
            barrier.wait(SECONDS)
            deed()
            said.append("done")
        except Refused as refusal:
            said.append(str(refusal))
        except Exception as error:  # noqa: BLE001 - what it was is the outcome
            said.append(repr(error))
        finally:
            connection.close()

    threads = [Thread(target=run, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
    assert not any(thread.is_alive() for thread in threads)
    return sorted(said)


def make(students: int = STUDENTS) -> tuple[Edition, list[User], User]:
    """HOGENT's edition with distance students, who have no deadline, and a lecturer."""
    edition, _ = catalog.load_edition(file_of("hogent-2024-25"), catalog.shelf())
    tina = UserFactory(username="racer-tina")
    EnrolmentFactory(edition=edition, person=tina, role=Role.LECTURER)
    people = [UserFactory(username=f"racer-{n}") for n in range(students)]
    for person in people:
        EnrolmentFactory(edition=edition, person=person, track="tiao")
        team_for(person=person, mini_project=edition.mini_projects.get(slug="docker"))
    return edition, people, tina


def slots(edition: Edition, tina: User, days: Sequence[int]) -> list[Slot]:
    """One slot on each of these days after next Monday."""
    now = timezone.now()
    monday = now + timedelta(days=7 - now.weekday())
    starts = [monday + timedelta(days=day, minutes=day) for day in days]
    kind = Kind.CONTACT
    given = {"kind": kind, "starts": starts, "minutes": 10, "place": "B"}
    return domain.publish(edition=edition, by=tina, **given)


def run() -> dict[str, object]:
    """All races, and what the rows say afterwards."""
    edition, people, tina = make()
    docker, cicd = (edition.mini_projects.get(slug=slug) for slug in ("docker", "cicd"))
    one, *three = slots(edition, tina, [0, 7, 8, 14])

    def books(slot: Slot, project: object, person: User) -> Callable[[], object]:
        return lambda: domain.book(slot=slot, mini_project=project, item="demo", by=person)

    told: dict[str, object] = {}
    told["one slot"] = at_once([books(one, docker, person) for person in people])
    told["its seats"] = Booking.objects.filter(slot=one, status__in=TAKEN).count()
    winner = Booking.objects.get(slot=one)
    losers = [person for person in people if person.pk != winner.by_id]
    wait = [
        lambda person=person: domain.wait_for(slot=one, mini_project=docker, item="demo", by=person)
        for person in losers
    ]
    told["waiting"] = at_once(wait)
    cancels = [lambda: domain.cancel(booking=winner, by=winner.by)] * 3
    told["cancelled"] = at_once([*cancels, *(books(one, docker, person) for person in losers[1:3])])
    told["seats after"] = Booking.objects.filter(slot=one, status__in=TAKEN).count()
    told["still waiting"] = Waiting.objects.filter(slot=one).count()
    person = Booking.objects.filter(slot=one, status=Status.CANCELLED).get().by
    week = [books(three[0], docker, person), books(three[1], cicd, person)]
    told["one week"] = at_once(week)
    free = next(each for each in losers if not each.teams.filter(bookings__isnull=False).exists())
    told["one lab"] = at_once([books(three[2], docker, free), books(three[1], docker, free)])
    return told


def broken(told: dict[str, object]) -> list[str]:
    """What is not as it must be; empty when all is well."""
    lists = {name: value for name, value in told.items() if isinstance(value, list)}
    wanted = {"one slot": 1, "waiting": STUDENTS - 1, "cancelled": 1, "one week": 1, "one lab": 1}
    bad = [
        f"{name}: {lists[name]}"
        for name, number in wanted.items()
        if lists[name].count("done") != number or any("Error" in each for each in lists[name])
    ]
    numbers = {"its seats": 1, "seats after": 1, "still waiting": STUDENTS - 2}
    return bad + [f"{name}: {told[name]}" for name, n in numbers.items() if told[name] != n]
