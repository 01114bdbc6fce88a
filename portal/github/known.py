"""Rows of installations and repositories, kept right by whatever GitHub says of them.

They are found by GitHub's numbers, so a new name finds the same row. Where news carry a time,
older ones never take the place of newer ones; what carries none is put right by the next look.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from portal.github.models import Installation, Repository
from portal.github.models.repository import NAME_LENGTH
from portal.github.payloads import Installed, Told


def repositories_seen() -> QuerySet[Repository]:
    """The repositories that an installation which answers can see."""
    return Repository.objects.filter(
        removed_at=None, installation__removed_at=None, installation__suspended_at=None
    ).exclude(installation=None)


def repository_named(full_name: str) -> Repository | None:
    """The repository that bears this owner/name now; of several, whichever was heard of last."""
    rows = Repository.objects.filter(full_name__iexact=full_name, removed_at=None)
    return rows.select_related("installation").order_by("-pk").first()


def installation_told(told: Installed) -> tuple[Installation, bool]:
    """Note what an installation is now; False: it was news of the past."""
    row, made = Installation.objects.select_for_update().get_or_create(
        number=told.id,
        defaults={"account": told.account.login[:100], "seen_at": timezone.now()},
    )
    if not made and _older(told.as_of, row.told_at):
        return row, False
    row.account = told.account.login[:100]
    row.permissions, row.events = told.permissions, told.events
    row.all_repositories = told.repository_selection == "all"
    row.suspended_at = told.suspended_at
    row.told_at = told.as_of or row.told_at
    row.seen_at = timezone.now()
    row.save()
    return row, True


def installation_removed(told: Installed) -> Installation:
    """It is gone for good: its number never comes back, whatever arrives later."""
    row, _ = installation_told(told)
    now = timezone.now()
    Installation.objects.filter(pk=row.pk, removed_at=None).update(removed_at=now)
    Repository.objects.filter(installation=row, removed_at=None).update(removed_at=now)
    return row


def installation_numbered(number: int, *, account: str) -> Installation:
    """The row of an installation of which only the number was said."""
    row, _ = Installation.objects.get_or_create(
        number=number, defaults={"account": account[:100], "seen_at": timezone.now()}
    )
    return row


def repository_told(told: Told, installation: Installation | None = None) -> Repository:
    """Note what a repository is called now, and who sees it."""
    row, made = Repository.objects.select_for_update().get_or_create(
        number=told.id, defaults=_columns(told, installation)
    )
    if made or _older(told.as_of, row.told_at):
        return row
    for name, value in _columns(told, installation).items():
        setattr(row, name, value)
    row.removed_at = None
    row.save()
    return row


def repositories_listed(
    told: Iterable[Told], installation: Installation, *, at: datetime | None = None
) -> None:
    """Note repositories that an installation sees. As many queries for few as for many.

    `at`: when GitHub was asked; without it, each entry's own times say how new it is.
    """
    by_number = {each.id: each for each in told}
    rows = list(Repository.objects.select_for_update().filter(number__in=by_number))
    fresh = [row for row in rows if not _older(at or by_number[row.number].as_of, row.told_at)]
    for row in fresh:
        for name, value in _columns(by_number[row.number], installation, at).items():
            setattr(row, name, value)
        row.removed_at = None
    Repository.objects.bulk_update(fresh, [*_NAMES, "removed_at"])
    known = {row.number for row in rows}
    Repository.objects.bulk_create(
        [
            Repository(number=each.id, **_columns(each, installation, at))
            for each in by_number.values()
            if each.id not in known
        ],
        ignore_conflicts=True,
    )


def repositories_gone(numbers: Iterable[int]) -> int:
    """Note that nobody sees these any more; what is told of their past later changes nothing."""
    now = timezone.now()
    rows = Repository.objects.filter(number__in=list(numbers), removed_at=None)
    return rows.update(removed_at=now, told_at=now)


_NAMES = ("full_name", "private", "default_branch", "pushed_at", "told_at", "installation")


def _columns(
    told: Told, installation: Installation | None, at: datetime | None = None
) -> dict[str, Any]:
    """The columns that a message speaks of."""
    found: dict[str, Any] = {"full_name": told.full_name[:NAME_LENGTH], "private": told.private}
    said = {
        "default_branch": told.default_branch[:250],
        "pushed_at": told.pushed_at,
        "told_at": at or told.as_of,
        "installation": installation,
    }
    return found | {name: value for name, value in said.items() if value}


def _older(told: datetime | None, known: datetime | None) -> bool:
    return told is not None and known is not None and told < known
