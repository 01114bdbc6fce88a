"""Rooms: each team's repository of an order, looked at, made, and kept to its team.

GitHub limits what makes content: at most 80 such requests a minute and 500 an hour, one after the
other and a second apart ("Rate limits for the REST API" and "Best practices for using the REST
API", docs.github.com, read 2026). A repository is one, an invitation another. So they are spaced
1.5 seconds apart, 400 in each hour; should GitHub ask for more, the outbox waits as long.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from portal.common.errors import Refused
from portal.github import errands
from portal.github.crowd import Crowd
from portal.github.models import Provision, Room, RoomStatus
from portal.github.provisions import demand_allowed, plan
from portal.github.roomwork import LOOK, MAKE, THERE, guests
from portal.people.models import User

APART = timedelta(seconds=1.5)
AN_HOUR = 400  # requests that make content
SLICE = 20  # rooms that one errand looks at


def pace(costs: Iterable[int]) -> list[timedelta]:
    """When each of these may begin, by how many requests it makes."""
    found, spent = [], 0
    for cost in costs:
        hours, rest = divmod(spent, AN_HOUR)
        found.append(timedelta(hours=hours) + rest * APART)
        spent += cost
    return found


def look(provision: Provision, *, by: User) -> list[str]:
    """Have GitHub asked what is there; a room for those who came since. Who is in no team yet."""
    demand_allowed(provision.installation, provision.edition)
    with transaction.atomic():
        alone = plan(provision)
        provision.looked_for_at, provision.fault, provision.facts = timezone.now(), "", {}
        provision.save(update_fields=["looked_for_at", "fault", "facts"])
        rooms = list(provision.rooms.order_by("pk").values_list("pk", flat=True))
        for start in range(0, len(rooms), SLICE):
            errands.ask(
                LOOK,
                f"{provision.pk}-{start}",
                {"rooms": rooms[start : start + SLICE]},
                person=by,
                lane=provision.installation.lane,
            )
    return alone


def make(provision: Provision, *, by: User) -> int:
    """Have all rooms made that are planned, and free or ours as GitHub last told. How many."""
    planned = provision.rooms.filter(status=RoomStatus.PLANNED, seen_at__isnull=False)
    free = [each.pk for each in planned if not taken(each)]
    if not free:
        raise Refused("There is nothing to make. Look at GitHub first: a name must be free.")
    return _wait(provision, free, by=by)


def again(provision: Provision, *, by: User) -> int:
    """Have those tried again that failed. How many."""
    failed = provision.rooms.filter(status=RoomStatus.FAILED)
    numbers = list(failed.values_list("pk", flat=True))
    if not numbers:
        raise Refused("None of them failed.")
    return _wait(provision, numbers, by=by)


def update(provision: Provision, *, by: User) -> int:
    """Have members added and removed as the page shows it. How many rooms change."""
    crowd = Crowd.of(provision.edition)
    changes = {
        room.pk: found.to_remove
        for room in provision.rooms.filter(status__in=THERE)
        if (found := guests(room, provision, crowd)).to_add or found.to_remove
    }
    if not changes:
        raise Refused("Everybody is where they belong, as far as GitHub told at the last look.")
    return _wait(provision, list(changes), by=by, remove=changes)


def taken(room: Room) -> bool:
    """Whether something else has the room's name, as GitHub last told."""
    return bool(room.seen.get("there")) and not room.seen.get("ours")


def _wait(
    provision: Provision,
    numbers: Sequence[int],
    *,
    by: User,
    remove: Mapping[int, Sequence[Mapping[str, Any]]] | None = None,
) -> int:
    """Rooms wait, and an errand for each is due in its turn."""
    demand_allowed(provision.installation, provision.edition)
    crowd = Crowd.of(provision.edition)
    with transaction.atomic():
        rooms = list(provision.rooms.select_for_update().filter(pk__in=numbers).order_by("name"))
        provision.rooms.filter(pk__in=numbers).update(status=RoomStatus.WAITING, fault="", facts={})
        costs = [1 + len(guests(room, provision, crowd).to_add) for room in rooms]
        for room, after in zip(rooms, pace(costs), strict=True):
            errands.ask(
                MAKE,
                str(room.pk),
                {"remove": list((remove or {}).get(room.pk, ()))},
                person=by,
                lane=provision.installation.lane,
                after=after,
            )
    return len(rooms)
