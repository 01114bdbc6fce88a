"""Messages get lost: every few minutes GitHub is asked for installations and repositories.

One request for each hundred of them; the branch of a repository that is watched is asked for
only when there was a push that nobody told of.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Max, Q
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from lab_specs.troubles import PASSING, GitHubTrouble, Trouble
from portal.github import errands, known, pushes
from portal.github.kinds import KINDS, Kind
from portal.github.models import App, Errand, Installation, Repository, Watch
from portal.github.payloads import Installed, Told

EVERY = timedelta(minutes=10)
# A push is told of within seconds; what was pushed just now may still be on its way.
ON_ITS_WAY = timedelta(minutes=1)


def ask(installation: Installation) -> None:
    """Have the repositories of an installation listed."""
    errands.ask("repositories", str(installation.number), lane=installation.lane)


def ask_due(*, now: datetime) -> int:
    """Ask the App, and each installation, that was not asked for a while. How many of these."""
    apps = Errand.objects.filter(kind="installations", made_at__gte=now - EVERY)
    if App.objects.exists() and not apps.exists():
        errands.ask("installations", "all", lane="app")
    lately = Errand.objects.filter(kind="repositories", made_at__gte=now - EVERY)
    # One that is suspended is asked, too: nobody may have told us that it no longer is
    due = Installation.objects.filter(removed_at=None).exclude(
        number__in=[int(key) for key in lately.values_list("key", flat=True)]
    )
    for installation in due:
        ask(installation)
    return len(due)


def _tell_all(errand: Errand) -> dict[str, Any]:
    del errand
    return {"asked_at": timezone.now().isoformat()}


def _all_told(errand: Errand, answer: Mapping[str, Any]) -> None:
    """Where the App is installed; what is not in the list is gone."""
    asked_at = datetime.fromisoformat(answer["asked_at"])
    told = [Installed.model_validate(each) for each in answer["installations"]]
    for each in told:
        row, _ = known.installation_told(each)
        # What GitHub lists is there, unless it was removed while the list was on its way
        Installation.objects.filter(pk=row.pk, removed_at__lt=asked_at).update(removed_at=None)
    if answer["whole"]:
        others = Installation.objects.exclude(number__in=[each.id for each in told])
        others.filter(removed_at=None, seen_at__lt=asked_at).update(removed_at=timezone.now())
    errands.forget_older(errand)


def _not_told(errand: Errand, trouble: GitHubTrouble) -> None:
    del trouble
    errands.forget_older(errand)


def _tell_list(errand: Errand) -> dict[str, Any] | None:
    number = int(errand.key)
    if not Installation.objects.filter(removed_at=None, number=number).exists():
        return None
    return {"installation": number, "asked_at": timezone.now().isoformat()}


def _listed(errand: Errand, answer: Mapping[str, Any]) -> None:
    """Put the rows right, and look for pushes that nobody told of."""
    row = Installation.objects.select_for_update().get(number=int(errand.key))
    asked_at = datetime.fromisoformat(answer["asked_at"])
    told = [Told.model_validate(each) for each in answer["repositories"]]
    known.repositories_listed(told, row, at=asked_at)
    if answer["whole"]:
        # What came while the list was on its way is not gone, only too new to stand in it
        gone = Repository.objects.filter(
            Q(told_at=None) | Q(told_at__lt=asked_at), installation=row, removed_at=None
        ).exclude(number__in=[each.id for each in told])
        known.repositories_gone(list(gone.values_list("number", flat=True)))
    Installation.objects.filter(pk=row.pk).update(seen_at=timezone.now(), suspended_at=None)
    errands.forget_older(errand)
    look_for_lost(now=timezone.now())


def _not_listed(errand: Errand, trouble: GitHubTrouble) -> None:
    """GitHub says itself that the App is not there any more, or sleeps."""
    now, row = timezone.now(), Installation.objects.filter(number=int(errand.key))
    errands.forget_older(errand)
    if trouble.code is Trouble.UNINSTALLED:
        row.filter(removed_at=None).update(removed_at=now)
    if trouble.code is Trouble.SUSPENDED:
        row.filter(suspended_at=None).update(suspended_at=now)


def look_for_lost(*, now: datetime) -> int:
    """Ask for the branches to which something was pushed that nobody told of. How many."""
    lost = (
        Watch.objects.filter(
            on_push=True,
            repository__in=known.repositories_seen(),
            repository__pushed_at__gt=F("made_at"),
            repository__pushed_at__lt=now - ON_ITS_WAY,
        )
        .annotate(newest=Max("pushes__pushed_at"))
        .filter(Q(newest=None) | Q(repository__pushed_at__gt=F("newest")))
        .filter(Q(looked_at=None) | Q(repository__pushed_at__gt=F("looked_at")))
        .select_related("repository__installation")
    )
    asked = {(watch.repository, watch.branch or watch.repository.default_branch) for watch in lost}
    for repository, branch in asked:
        errands.ask(
            "head",
            f"{repository.number}:{branch}"[:200],
            {"repository": repository.pk, "branch": branch},
            lane=repository.lane,
        )
    return len(asked)


def _tell_head(errand: Errand) -> dict[str, Any] | None:
    row = known.repositories_seen().filter(pk=errand.arguments["repository"])
    repository = row.select_related("installation").first()
    if repository is None or repository.installation is None or repository.pushed_at is None:
        return None
    return {
        "full_name": repository.full_name,
        "installation": repository.installation.number,
        "branch": errand.arguments["branch"],
        "pushed_at": repository.pushed_at.isoformat(),
    }


def _found(errand: Errand, answer: Mapping[str, Any]) -> None:
    """The push that was missed, if this head is news."""
    repository = Repository.objects.get(pk=errand.arguments["repository"])
    branch, at = errand.arguments["branch"], datetime.fromisoformat(answer["pushed_at"])
    committed = answer["committed_at"]
    told = pushes.Told(
        branch=branch,
        head=answer["head"],
        pushed_at=at,
        message=answer["message"],
        committed_at=parse_datetime(committed) if committed else None,
        author=answer["author"],
    )
    pushes.found(repository, told)
    _looked(repository, branch, at)


def _not_found(errand: Errand, trouble: GitHubTrouble) -> None:
    """No such branch, or the App may not read it; only the next push is looked for again."""
    errands.forget_older(errand)
    repository = Repository.objects.filter(pk=errand.arguments["repository"]).first()
    if repository and repository.pushed_at and trouble.code not in PASSING:
        _looked(repository, errand.arguments["branch"], repository.pushed_at)


def _looked(repository: Repository, branch: str, at: datetime) -> None:
    whose = Q(branch=branch)
    if branch == repository.default_branch:
        whose |= Q(branch="")
    Watch.objects.filter(whose, repository=repository).update(looked_at=at)


def _brief(answer: Mapping[str, Any] | None) -> dict[str, int]:
    """How many of each, for the errand's row; the rows themselves are kept elsewhere."""
    return {name: len(rows) for name, rows in (answer or {}).items() if isinstance(rows, list)}


KINDS["repositories"] = Kind(prepare=_tell_list, answered=_listed, failed=_not_listed, kept=_brief)
KINDS["installations"] = Kind(prepare=_tell_all, answered=_all_told, failed=_not_told, kept=_brief)
KINDS["head"] = Kind(prepare=_tell_head, answered=_found, failed=_not_found)
