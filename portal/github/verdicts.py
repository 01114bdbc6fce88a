"""A verdict finds its commit: what GitHub is told of an attempt, when, and that only once.

A check run where an installation of the App sees the repository; else, with a token in the
settings, a commit's status; else nothing. Changes are heard of as they happen; the periodic
round finds what was lost, and what was queued in bulk.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Concat, Lower
from django.urls import reverse
from django.utils import timezone

from lab_specs.troubles import PASSING, GitHubTrouble
from portal.github import again, errands, telling
from portal.github.access import Place, full_name_of, proved
from portal.github.kinds import KINDS, Kind
from portal.github.known import repositories_seen
from portal.github.models import CheckRun, Errand, ErrandStatus, Repository, Watch
from portal.github.troubles import columns
from portal.submissions.models import Attempt, Submission
from portal.submissions.states import FINAL, State

log = structlog.get_logger()

KIND = "verdict"
LOST = timedelta(days=1)  # what ended longer ago is not told any more
A_ROUND = 50  # attempts at once that the round asks for
LATER = timedelta(minutes=30)  # after trouble that passes, it is tried anew
REFUSED = timedelta(days=1)  # a token that may not write somewhere is not tried there so long
HEARD = (State.QUEUED, State.FETCHING, *FINAL)  # GitHub hears of no steps in between


def follow(sender: object, attempts: Sequence[int], **_: object) -> None:
    """Hear of a change, and have GitHub told. It never stands in the way of grading."""
    del sender
    if len(attempts) != 1:
        return  # many at once are found by the round
    try:
        _ask(attempts[0])
    except Exception:  # grading goes on; the round finds it
        log.exception("verdict_not_asked", attempt=attempts[0])


def _ask(attempt_id: int) -> None:
    # One query where GitHub need not know, which is all that grading pays for it then
    seen = _addressed().filter(
        Q(address=Lower(OuterRef("repository"))) | Q(pushes__submission=OuterRef("pk"))
    )
    work = (
        Submission.objects.filter(
            attempts=attempt_id,
            attempts__state__in=HEARD,
            repository__istartswith=f"{settings.GITHUB_URL}/",
        )
        .filter(Q() if settings.GITHUB_TOKEN else Exists(seen))
        .first()
    )
    place = place_of(work) if work else None
    if place:
        with transaction.atomic():  # what fails here leaves the caller's own transaction whole
            errands.ask(KIND, str(attempt_id), lane=place.lane)


def _writable() -> QuerySet[Repository]:
    """The repositories in which the App may write check runs: owners need not let it."""
    return repositories_seen().filter(installation__permissions__checks="write")


def _addressed() -> QuerySet[Any]:
    """The repositories that may be written to, each with its `address` in small letters."""
    home = Value(f"{settings.GITHUB_URL}/")
    return _writable().annotate(address=Lower(Concat(home, "full_name")))


def place_of(work: Submission) -> Place | None:
    """Where a submission's attempts are told; None: nowhere."""
    full_name = full_name_of(work.repository)
    if full_name is None:
        return None
    # What came by a push is found when the repository bears another name since
    same = Q(full_name__iexact=full_name) | Q(pushes__submission=work)
    row = _writable().filter(same).select_related("installation").first()
    if row and row.installation:
        return Place(row.full_name, row.installation)
    return Place(full_name) if settings.GITHUB_TOKEN and not _refused(full_name) else None


def _refused(full_name: str) -> bool:
    """Whether the token was turned away there of late."""
    since = timezone.now() - REFUSED
    refused = CheckRun.objects.filter(
        full_name__iexact=full_name, number=None, failed_at__gte=since
    )
    return refused.exclude(fault__in=PASSING).exists()


def _watched(work: Submission) -> bool:
    """Whether the team's work is known to lie there; else GitHub is asked who may push.

    Whoever hands in somebody else's link writes nothing onto their commits.
    """
    name = full_name_of(work.repository)
    same = Q(repository__full_name__iexact=name) | Q(repository__pushes__submission=work)
    own = Watch.holding().filter(mini_project=work.mini_project_id, team=work.team_id)
    return own.filter(same).exists()


def prepare(errand: Errand) -> dict[str, Any] | None:
    """What is to be told now; None when GitHub has heard it already."""
    attempt = (
        Attempt.objects.select_related("submission__mini_project__edition")
        .filter(pk=int(errand.key))
        .first()
    )
    if attempt is None:
        return None
    work, said = attempt.submission, telling.said_of(attempt)
    place = place_of(work)
    run, _ = CheckRun.objects.get_or_create(
        attempt=attempt, defaults={"full_name": place.full_name if place else work.repository[:140]}
    )
    unheard = attempt.state == State.SUPERSEDED and not run.digest
    if place is None or unheard:
        CheckRun.objects.filter(pk=run.pk).update(told=said)  # settled: the round looks no more
        return None
    told = _check(attempt, run) if place.installation else _status(attempt)
    digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
    if digest == run.digest:
        CheckRun.objects.filter(pk=run.pk).update(told=said)
        return None
    if place.installation and run.told != said:  # GitHub adds them up: they are said once
        told["output"]["annotations"] = telling.annotations(attempt)
    return {
        "full_name": place.full_name,
        "installation": place.installation,
        "commit": work.commit,
        "number": run.number,
        "people": None if run.number or _watched(work) else proved(work.team_id),
        "look": errand.tries > 1 and not run.number,  # the answer to an earlier try may be lost
        "told": told,
        "said": said,
        "digest": digest,
    }


def _check(attempt: Attempt, run: CheckRun) -> dict[str, Any]:
    """A check run in GitHub's words."""
    details, said = _details(attempt), telling.said_of(attempt)
    text = telling.told_of(attempt, note=run.note, details=details)
    found: dict[str, Any] = {
        "name": _of_lab(attempt.submission, attempt.submission.mini_project.title, ": "),
        "head_sha": attempt.submission.commit,
        "external_id": str(attempt.pk),
        "started_at": _moment(attempt.started_at or attempt.queued_at),
        "output": {"title": text.title, "summary": text.summary},
    }
    if details:
        found["details_url"] = details
    if text.text:
        found["output"]["text"] = text.text
    if attempt.state not in FINAL:
        return found | {"status": said}
    if attempt.state != State.SUPERSEDED:
        found["actions"] = [
            {
                "label": "Run again",
                "description": "Grade this commit once more",
                "identifier": again.BUTTON,
            }
        ]
    ended = _moment(attempt.finished_at or timezone.now())
    return found | {
        "status": "completed",
        "conclusion": telling.CONCLUSIONS[said],
        "completed_at": ended,
    }


def _of_lab(work: Submission, name: str, joint: str) -> str:
    """The name, with the lab where there are several: one commit may be handed in for each."""
    return f"{name}{joint}{work.lab}" if len(work.mini_project.labs) > 1 else name


def _status(attempt: Attempt) -> dict[str, Any]:
    """A commit's status in GitHub's words."""
    state, description = telling.status_of(attempt)
    work = attempt.submission
    found = {
        "state": state,
        "description": description,
        "context": _of_lab(work, f"course-portal/{work.mini_project.slug}", "/"),
    }
    details = _details(attempt)
    return found | ({"target_url": details} if details else {})


def answered(errand: Errand, answer: Mapping[str, Any]) -> None:
    """GitHub has been told, or is told nothing: then the errand keeps the reason."""
    run = CheckRun.objects.filter(attempt=int(errand.key))
    if answer.get("reason"):
        run.update(told=answer["said"], fault="", facts={}, failed_at=None)
        return
    run.update(
        number=answer["number"],
        told=answer["said"],
        digest=answer["digest"],
        told_at=timezone.now(),
        fault="",
        facts={},
        failed_at=None,
    )


def failed(errand: Errand, trouble: GitHubTrouble) -> None:
    """GitHub could not be told; the next change is tried anew."""
    run = CheckRun.objects.filter(attempt=int(errand.key))
    run.update(failed_at=timezone.now(), **columns(trouble))


def find_lost(*, now: datetime) -> int:
    """Have told what nobody was asked to tell: attempts in bulk, and what was lost. How many."""
    lost = _lost(now)
    if lost is None:
        return 0
    waiting = Errand.objects.filter(kind=KIND, status=ErrandStatus.WAITING)
    keys = set(waiting.values_list("key", flat=True))
    found = list(lost.values_list("pk", flat=True)[: A_ROUND + len(keys)])
    untold = [pk for pk in found if str(pk) not in keys][:A_ROUND]
    for pk in untold:
        follow(None, [pk])
    return len(untold)


def _lost(now: datetime) -> QuerySet[Attempt] | None:
    prefix = f"{settings.GITHUB_URL}/"
    here = Attempt.objects.filter(
        Q(state__in=[State.QUEUED, State.FETCHING])
        | Q(state__in=FINAL, finished_at__gte=now - LOST),
        submission__repository__istartswith=prefix,
    )
    if not settings.GITHUB_TOKEN:
        if not _writable().exists():
            return None
        here = here.annotate(address=Lower("submission__repository"))
        here = here.filter(address__in=_addressed().values("address"))
    never = Q(check_run=None)
    passed = Q(check_run__fault__in=PASSING, check_run__failed_at__lt=now - LATER)
    differs = (Q(check_run__failed_at=None) | passed) & Q(state__in=FINAL)
    differs &= ~Q(check_run__told=Coalesce(F("verdict"), F("state")))
    return here.filter(never | differs).order_by("pk")


def _details(attempt: Attempt) -> str:
    if not settings.PUBLIC_URL:
        return ""
    return f"{settings.PUBLIC_URL}{reverse('submissions:attempt', args=[attempt.pk])}"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


KINDS[KIND] = Kind(prepare=prepare, answered=answered, failed=failed)
