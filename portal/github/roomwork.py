"""What a worker is told of rooms, and what its answers mean. `portal.github.rooms` asks."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils import timezone

from lab_specs.troubles import GitHubTrouble
from portal.common.text import storable
from portal.github.crowd import Crowd
from portal.github.guests import Guest, Guests, compare
from portal.github.kinds import KINDS, Kind
from portal.github.models import Errand, Provision, Repository, Room, RoomStatus, Watch
from portal.github.models.repository import NAME_LENGTH
from portal.github.troubles import columns

LOOK, MAKE = "look", "room"
THERE = (RoomStatus.MADE, RoomStatus.INVITED, RoomStatus.DONE)
DESCRIPTION_LENGTH = 300  # characters; GitHub takes 350


def guests(room: Room, provision: Provision, crowd: Crowd) -> Guests:
    """Who is in a room, and who should be."""
    team = crowd.team(room.team_id)
    return compare(team, room.seen, crowd.students, claimed=provision.claimed)


def _tell_look(errand: Errand) -> dict[str, Any] | None:
    rooms = _rooms(errand.arguments["rooms"])
    if not rooms:
        return None
    provision = rooms[0].provision
    return {
        "installation": provision.installation.number,
        "account": provision.installation.account,
        "template": provision.template,
        "rooms": [{"room": room.pk, **_whose(room)} for room in rooms],
    }


def _looked(errand: Errand, answer: Mapping[str, Any]) -> None:
    """Keep what GitHub told of each room."""
    now, rooms = timezone.now(), _rooms(errand.arguments["rooms"])
    if not rooms:
        return
    provision = rooms[0].provision
    crowd = Crowd.of(provision.edition)
    for room in rooms:
        room.seen, room.seen_at = answer["rooms"].get(str(room.pk), {}), now
        if room.status in THERE:
            room.status = _status(room, provision, crowd)
    Room.objects.bulk_update(rooms, ["seen", "seen_at", "status"])
    Provision.objects.filter(pk=provision.pk).update(template_seen=answer["template"])


def _not_looked(errand: Errand, trouble: GitHubTrouble) -> None:
    number = int(errand.key.partition("-")[0])
    Provision.objects.filter(pk=number).update(**columns(trouble))


def _tell_make(errand: Errand) -> dict[str, Any] | None:
    rooms = _rooms([int(errand.key)])
    if not rooms:
        return None
    room, provision = rooms[0], rooms[0].provision
    crowd = Crowd.of(provision.edition)
    wanted = [each for each in crowd.team(room.team_id) if each.welcome(claimed=provision.claimed)]
    return _whose(room) | {
        "installation": provision.installation.number,
        "account": provision.installation.account,
        "description": _description(room),
        "template": provision.template,
        "private": provision.private,
        "permission": provision.permission,
        "invite": [each.told() for each in wanted],
        "remove": _leavers(errand.arguments.get("remove", ()), wanted),
    }


def _leavers(remove: Iterable[dict[str, Any]], wanted: Sequence[Guest]) -> list[dict[str, Any]]:
    """Whoever has come back into the team since stays."""
    numbers, logins = {each.number for each in wanted}, {each.login.lower() for each in wanted}
    return [
        each
        for each in remove
        if each["number"] not in numbers and each["login"].lower() not in logins
    ]


def _made(errand: Errand, answer: Mapping[str, Any]) -> None:
    """It is there: note it, and that the team's work lies in it."""
    room = Room.objects.select_related("provision__installation", "provision__edition").get(
        pk=errand.key
    )
    provision = room.provision
    repository, _ = Repository.objects.update_or_create(
        number=answer["number"],
        defaults={
            "full_name": answer["full_name"][:NAME_LENGTH],
            "private": answer["private"],
            "default_branch": answer["default_branch"][:250],
            "installation": provision.installation,
            "removed_at": None,
        },
    )
    room.repository = repository
    room.seen, room.seen_at = dict(answer), timezone.now()
    room.notes = [*answer["notes"], *_watch(room, repository)]
    room.status = _status(room, provision, Crowd.of(provision.edition))
    room.save()


def _watch(room: Room, repository: Repository) -> list[dict[str, str]]:
    """The team's work lies there, unless it is known to lie elsewhere; that stays, and is noted."""
    provision, notes = room.provision, []
    for project in provision.mini_projects.all():
        watch, _ = Watch.objects.get_or_create(
            mini_project=project,
            team=room.team,
            defaults={
                "repository": repository,
                "lab": project.labs[0] if len(project.labs) == 1 else "",
                "on_push": provision.on_push,
                "by": provision.by,
                "made_at": timezone.now(),
            },
        )
        if watch.repository_id != repository.pk:
            said = f"{project}: {watch.repository.full_name}"
            notes.append({"login": "", "code": "elsewhere", "said": said})
    return notes


def _not_made(errand: Errand, trouble: GitHubTrouble) -> None:
    Room.objects.filter(pk=errand.key).update(status=RoomStatus.FAILED, **columns(trouble))


def _status(room: Room, provision: Provision, crowd: Crowd) -> RoomStatus:
    found = guests(room, provision, crowd)
    if found.complete:
        return RoomStatus.DONE
    return RoomStatus.MADE if found.to_add or found.nameless else RoomStatus.INVITED


def _rooms(numbers: Iterable[int]) -> list[Room]:
    rows = Room.objects.filter(pk__in=list(numbers)).order_by("pk")
    return list(
        rows.select_related(
            "provision__installation", "provision__edition__course", "repository", "team"
        )
    )


def _whose(room: Room) -> dict[str, Any]:
    number = room.repository.number if room.repository else None
    return {"name": room.name, "mark": room.mark, "number": number}


def _description(room: Room) -> str:
    """What stands beside its name on GitHub; the mark tells the portal that it is its own."""
    words = "".join(letter if letter.isprintable() else " " for letter in storable(str(room.team)))
    edition = room.provision.edition
    return f"{edition}, {words}"[:DESCRIPTION_LENGTH] + f" ({room.mark})"


KINDS[LOOK] = Kind(prepare=_tell_look, answered=_looked, failed=_not_looked)
KINDS[MAKE] = Kind(prepare=_tell_make, answered=_made, failed=_not_made)
