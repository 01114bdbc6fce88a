"""What a worker does when the bell rings for GitHub. Thin: take the errand, do it, answer.

As `grader.tasks` it knows the portal's rows; what is done there lies in `grader.hub`.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from threading import BoundedSemaphore
from typing import Any, TypeVar
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from structlog.contextvars import bound_contextvars

from grader.github import AppKey, Hub
from grader.hub import DOERS
from grader.hub.access import any_may_read, key_of
from grader.origin import FetchPolicy
from lab_specs.faults import Code, PlatformFault, StudentFault
from lab_specs.troubles import PASSING, GitHubTrouble, Trouble
from portal.celery_app import app
from portal.github import access, errands
from portal.github.credentials import keys
from portal.github.kinds import KINDS
from portal.github.models import Errand

T = TypeVar("T")
HANDS = BoundedSemaphore(2)
A_BELL = 50  # errands done for one bell
logger = structlog.get_logger()


@app.task(name="grader.github")
def run_errand(*, errand_id: int) -> None:
    """Do one errand, and then whatever else waits; a bell that finds no hand free is not missed.

    Links that somebody waits for are looked up by the same workers: a GitHub that does not answer
    keeps two hands at most.
    """
    if not HANDS.acquire(blocking=False):
        return
    try:
        following: int | None = errand_id
        for _ in range(A_BELL):
            if following is None:
                return
            run_one(following)
            following = errands.next_due(now=timezone.now())
    finally:
        HANDS.release()


def run_one(errand_id: int) -> None:
    """Do one errand, if it still waits and nobody else is at it."""
    errand = errands.take(errand_id)
    if errand is None or errand.token is None:
        return
    with bound_contextvars(errand=errand_id, kind=errand.kind):
        try:
            if errand.tries > errands.MOST_TRIES:
                raise GitHubTrouble(Trouble.OURS)  # noqa: TRY301 - its workers died of it
            _answered(errand, _done(errand))
        except GitHubTrouble as trouble:
            _troubled(errand, trouble)
        except Exception:  # ours: it waits, and others go on
            logger.exception("errand failed")
            _troubled(errand, GitHubTrouble(Trouble.OURS))


def key_for(repository: str, team_id: int, *, vouched: bool = False) -> str:
    """What opens a private repository for a team that may see it; empty when nothing does.

    `vouched`: its commit has been looked up for this team before. Raises PlatformFault when GitHub
    does not answer.
    """
    place = access.private(repository)
    if place is None:
        return ""
    where = (place.full_name, place.installation)
    try:
        seen = vouched or access.is_watched(place.full_name, team_id)
        if not seen and not any_may_read(hub(), *where, access.proved(team_id)):
            return ""
        return key_of(hub(), *where)
    except GitHubTrouble as trouble:
        logger.warning("no_key", code=trouble.code, **_sayable(trouble.facts))
        if trouble.code in PASSING:
            host = urlsplit(settings.GITHUB_URL).netloc
            raise PlatformFault(Code.HOST_UNREACHABLE, host=host) from trouble
        return ""


def opened(
    read: Callable[[FetchPolicy], T], policy: FetchPolicy, repository: str, team_id: int
) -> T:
    """Read as anybody may; where that leads nowhere, with the key that the team may use."""
    try:
        return read(policy)
    except StudentFault as fault:
        key = fault.code is Code.REPOSITORY_NOT_FOUND and key_for(repository, team_id)
        if not key:
            raise
        return read(replace(policy, key=key))


def hub() -> Hub:
    """GitHub, with the keys that are set now; the same as long as they are, with its tokens."""
    found = keys()
    key = AppKey(found.number, found.private_key) if found else None
    return _hub(key, settings.GITHUB_TOKEN)


@cache
def _hub(key: AppKey | None, token: str) -> Hub:
    return Hub(settings.GITHUB_API, key, token)


def _done(errand: Errand) -> Any:  # noqa: ANN401 - any JSON value
    told = KINDS[errand.kind].prepare(errand)
    return None if told is None else DOERS[errand.kind](hub(), told)


def _answered(errand: Errand, answer: Any) -> None:  # noqa: ANN401 - any JSON value
    """End it and let follow what follows, both or neither."""
    kind = KINDS[errand.kind]
    with transaction.atomic():
        ended = errand.token and errands.end(errand.pk, errand.token, kind.kept(answer))
        if ended and answer is not None:
            kind.answered(errand, answer)
    logger.info("errand done")


def _troubled(errand: Errand, trouble: GitHubTrouble) -> None:
    token, facts = errand.token, trouble.facts
    logger.warning("errand troubled", code=trouble.code, **_sayable(facts))
    if token is None:
        return
    after = trouble.after
    stale = trouble.code is Trouble.UNAUTHORISED and errand.tries == 1
    if stale:  # a token may end before its time, when an owner changes what it may do
        _hub.cache_clear()
        after = 0
    if stale or (trouble.code in PASSING and errand.tries < errands.MOST_TRIES):
        errands.put_back(errand.pk, token, code=trouble.code, facts=facts, after=after)
        return
    with transaction.atomic():
        if errands.fail(errand.pk, token, code=trouble.code, facts=facts):
            KINDS[errand.kind].failed(errand, trouble)


def _sayable(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {f"about_{name}": value for name, value in facts.items()}
