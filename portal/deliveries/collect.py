"""What GitHub says was there at a deadline: asked of a worker, and kept with the snapshot."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from lab_specs.troubles import GitHubTrouble
from portal.deliveries.models import Snapshot, Way
from portal.github import access, errands
from portal.github.access import full_name_of
from portal.github.kinds import KINDS, Kind
from portal.github.known import repository_named
from portal.github.models import Errand, Installation
from portal.people.models import User
from portal.submissions import lookups

COLLECT = "collect"


def ask(snapshot: Snapshot, *, by: User, lab: str, until: timedelta) -> Errand | None:
    """Have GitHub asked what was there; None where the App does not see the repository.

    `by`: on whose behalf; `until`: how much of the deadline itself still belongs to it.
    """
    full_name = full_name_of(snapshot.repository)
    if full_name is None:
        return None
    row = repository_named(full_name)
    if row and row.installation:
        seeing = row.seen_by
    else:
        owner = full_name.partition("/")[0]
        seeing = Installation.alive().filter(account__iexact=owner).first()
    if seeing is None:
        return None
    return errands.ask(
        COLLECT,
        str(snapshot.pk),
        {
            "installation": seeing.number,
            "repository": full_name,
            "branch": row.default_branch if row else "",
            "at": (snapshot.due_at + until).isoformat(),
            "lab": lab,
        },
        person=by,
        lane=seeing.lane,
    )


def there_at(snapshot: Snapshot) -> datetime:
    """When the commit was there: at the deadline, or when GitHub got it, where that was later."""
    since = snapshot.told.get("since")
    return max(snapshot.due_at, datetime.fromisoformat(since)) if since else snapshot.due_at


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that people should know about what was taken. `at`: when it happened."""

    says: str
    at: datetime | None = None


def remarks(snapshot: Snapshot) -> list[Remark]:
    """What happened to the branches around the deadline, oldest first, in words."""
    told, found = snapshot.told, []
    for each in told.get("notes", ()):
        if each["what"] == "later":
            count = each["count"]
            words = "change of the branch came later, and was left out."
            plural = "changes of the branch came later, and were left out."
            found.append(Remark(f"{count} {words if count == 1 else plural}"))
            continue
        facts = {"by": each["by"] or "Somebody", "branch": each["branch"]}
        facts |= {"old": each["before"][:8], "new": each["after"][:8]}
        words = WORDS[each["what"]].format(**facts)
        found.append(Remark(words, datetime.fromisoformat(each["at"])))
    branch, now, before = (told.get(name) for name in ("branch", "default_now", "default_before"))
    if before and now and before != now:
        found.append(
            Remark(
                f"The default branch is “{now}” now; it was “{before}” when the portal last heard"
                f" of it. “{branch}” was taken."
            )
        )
    elif branch and branch != now:
        found.append(Remark(f"The default branch is “{now}” now; “{branch}” was taken."))
    if told.get("since"):
        found.append(
            Remark(
                "Nothing was there at the deadline. What was there first counts from",
                datetime.fromisoformat(told["since"]),
            )
        )
    return found


WORDS = {
    "force_push": "{by} overwrote “{branch}” by force: it was {old} and became {new}.",
    "branch_deletion": "{by} deleted “{branch}”, which was at {old}.",
    "branch_creation": "{by} made “{branch}”, at {new}.",
}


def _prepare(errand: Errand) -> dict[str, Any] | None:
    """What was asked for, and who may read it, as it is now."""
    snapshot = Snapshot.objects.filter(pk=errand.key).first()
    if snapshot is None:
        return None
    asked: dict[str, Any] = errand.arguments
    return asked | {
        "watched": access.is_watched(asked["repository"], snapshot.team_id),
        "people": access.proved(snapshot.team_id),
    }


def _answered(errand: Errand, told: Mapping[str, Any]) -> None:
    """The commit is known; the next round keeps it, as any other."""
    snapshot = _waiting(errand)
    if snapshot is None or errand.person is None:
        return
    when = told["committed_at"]
    snapshot.lookup = lookups.note_found(
        mini_project=snapshot.mini_project,
        team=snapshot.team,
        person=errand.person,
        repository=snapshot.repository,
        lab=errand.arguments["lab"],
        commit=told["commit"],
        commit_title=told["title"],
        committed_at=datetime.fromisoformat(when) if when else None,
    )
    snapshot.way, snapshot.told = Way.ACTIVITY, dict(told)
    snapshot.save(update_fields=["lookup", "way", "told"])


def _failed(errand: Errand, trouble: GitHubTrouble) -> None:
    """GitHub does not say: the branch is taken as it stands, and it says so."""
    snapshot = _waiting(errand)
    if snapshot is None:
        return
    snapshot.errand, snapshot.way, snapshot.next_try = None, Way.BRANCH, timezone.now()
    snapshot.told = {"code": trouble.code.value, "facts": trouble.facts}
    snapshot.save(update_fields=["errand", "way", "next_try", "told"])


def _waiting(errand: Errand) -> Snapshot | None:
    """The snapshot that still waits for this very errand."""
    rows = Snapshot.objects.select_for_update(of=("self",)).select_related("mini_project", "team")
    return rows.filter(errand=errand, lookup=None, taken_at=None).first()


KINDS[COLLECT] = Kind(prepare=_prepare, answered=_answered, failed=_failed)
