"""What GitHub tells by itself: kept once, understood, and forgotten after a while.

A message is known by its delivery and by its text. One that could not be handled because the
portal failed is tried again by the periodic round.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import IntegrityError, transaction
from django.utils import timezone
from pydantic import ValidationError

from portal.common.text import storable, storable_json
from portal.github import again, known, looking, pushes
from portal.github.models import WORDS_LENGTH, Hook, Installation
from portal.github.payloads import CheckTold, InstallationTold, Pushed, RepositoryTold

log = structlog.get_logger()

Payload = Mapping[str, Any]

KEPT = timedelta(days=30)
AGAIN = timedelta(minutes=1)  # before a message that was not handled is tried again
MOST_TRIES = 5
LONGEST_KEPT = 1024 * 1024  # characters of a text that waits
A_ROUND = 50
NO_COMMIT = "0" * 40
# Each of these may make something happen; what did is taken once, whatever it is called.
ACTING = ("push", "check_run", "check_suite")


def genuine(body: bytes, signature: str, secret: str) -> bool:
    """Whether whoever wrote this knows the secret."""
    wanted = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return bool(secret) and hmac.compare_digest(wanted.encode(), signature.encode())


def receive(*, guid: str, event: str, body: bytes, payload: Payload) -> Hook | None:
    """Keep a message and handle it at once; None when it is known already."""
    digest = hashlib.sha256(body).hexdigest()
    told = {key: value for key, value in payload.items() if key != "commits"}  # never read
    text = json.dumps(storable_json(told))
    try:
        with transaction.atomic():
            hook = Hook.objects.create(
                guid=guid,
                event=event[:60],
                action=storable(str(payload.get("action", "")))[:60],
                digest=digest,
                received_at=timezone.now(),
                body=text if len(text) <= LONGEST_KEPT else "",
            )
    except IntegrityError:
        return None
    handle(hook, told)
    return hook


def handle(hook: Hook, payload: Payload) -> None:
    """Do what a message asks for, in one transaction; when that fails, it waits."""
    try:
        with transaction.atomic():
            waiting = Hook.objects.select_for_update().filter(pk=hook.pk, handled_at=None)
            if waiting.first() is None:
                return
            said = _outcome(hook, payload)[:WORDS_LENGTH]
            waiting.update(handled_at=timezone.now(), outcome=said, acted=hook.acted, body="")
    except Exception:  # ours: GitHub has done its part, and is not told
        log.exception("hook_not_handled", hook=hook.pk)
        left = {"tries": hook.tries + 1, "outcome": "Not handled yet: the portal failed."}
        Hook.objects.filter(pk=hook.pk).update(**left)


def handle_waiting(*, now: datetime) -> None:
    """Try again what could not be handled; give up what never can be, and forget what is old."""
    waiting = Hook.objects.filter(handled_at=None, received_at__lt=now - AGAIN).order_by("pk")
    for hook in waiting[:A_ROUND]:
        if hook.body and hook.tries < MOST_TRIES:
            handle(hook, json.loads(hook.body))
        else:
            words = "Given up: the portal failed each time. What was missed is found by looking."
            Hook.objects.filter(pk=hook.pk).update(handled_at=now, outcome=words, body="")
    Hook.objects.filter(received_at__lt=now - KEPT).delete()


def _outcome(hook: Hook, payload: Payload) -> str:
    handler = HANDLERS.get(hook.event)
    if handler is None:
        return "Nothing to do: the portal takes no notice of this."
    same = Hook.objects.filter(digest=hook.digest, event=hook.event, acted=True)
    if hook.event in ACTING and same.exclude(pk=hook.pk).exists():
        return "Ignored: the very same message came before, under another name."
    try:
        return handler(hook, payload)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        log.warning("hook_unreadable", hook=hook.pk, told=hook.event, where=where)
        return f"Ignored: it is not as GitHub describes it, at {storable(where)}."


def _ping(_: Hook, __: Payload) -> str:
    return "GitHub says hello: its messages arrive."


def _installation(_: Hook, payload: Payload) -> str:
    told = InstallationTold.model_validate(payload)
    if told.action == "deleted":
        row = known.installation_removed(told.installation)
        return f"The App is no longer installed for {row.account}."
    row, news = known.installation_told(told.installation)
    if told.repositories and not row.removed_at:
        known.repositories_listed(told.repositories, row)
    if not news or row.removed_at:
        return f"News of the past: nothing changes for {row.account}."
    if row.suspended_at:
        return f"The installation for {row.account} is suspended."
    looking.ask(row)
    return f"The App is installed for {row.account}."


def _repositories(_: Hook, payload: Payload) -> str:
    told = InstallationTold.model_validate(payload)
    row = known.installation_told(told.installation)[0]
    if row.removed_at:
        return f"News of the past: the App is no longer installed for {row.account}."
    known.repositories_listed(told.repositories_added, row)
    gone = known.repositories_gone(each.id for each in told.repositories_removed)
    looking.ask(row)
    return f"{len(told.repositories_added)} more repositories, {gone} fewer, of {row.account}."


def _repository(_: Hook, payload: Payload) -> str:
    told = RepositoryTold.model_validate(payload)
    if told.action == "deleted":
        known.repositories_gone([told.repository.id])
        return f"{told.repository.full_name} was deleted."
    row = known.repository_told(told.repository, _seen_by(told))
    return f"The repository is {row.full_name}, {'private' if row.private else 'public'}."


def _seen_by(told: RepositoryTold | Pushed) -> Installation | None:
    """The installation to which the message was sent."""
    if told.installation is None:
        return None
    owner = told.repository.full_name.partition("/")[0]
    return known.installation_numbered(told.installation.id, account=owner)


def _push(hook: Hook, payload: Payload) -> str:
    told = Pushed.model_validate(payload)
    repository = known.repository_told(told.repository, _seen_by(told))
    branch = told.ref.removeprefix("refs/heads/")
    if branch == told.ref:
        return "Ignored: it is no branch."
    if told.deleted or told.after == NO_COMMIT:
        return f"Ignored: the branch {branch} was deleted."
    commit = told.head_commit
    push = pushes.Told(
        branch=branch,
        head=told.after,
        before="" if told.before == NO_COMMIT else told.before,
        forced=told.forced,
        pushed_at=told.repository.pushed_at or hook.received_at,
        message=commit.message if commit else "",
        committed_at=commit.timestamp if commit else None,
        author=commit.author.name if commit else "",
        sender=told.sender.login if told.sender else "",
        sender_number=told.sender.id if told.sender else None,
        guid=hook.guid,
    )
    found = pushes.arrived(repository, push)
    hook.acted = bool(found)
    if not found:
        return f"Ignored: nobody asks for pushes to {branch} of {repository.full_name}, or known."
    return " ".join(f"{each.watch}: {each.status}. {each.reason}".strip() for each in found)


def _check(hook: Hook, payload: Payload) -> str:
    told = CheckTold.model_validate(payload)
    button = told.requested_action.identifier if told.requested_action else ""
    if told.action != "rerequested" and button != again.BUTTON:
        return "Nothing to do: the portal takes no notice of this."
    if told.check_run:
        came = again.of_run(told.check_run.id, told.sender)
    elif told.check_suite:
        commit, full_name = told.check_suite.head_sha, told.repository.full_name
        came = again.of_commit(commit, full_name, told.sender)
    else:
        return "Ignored: it names no check."
    hook.acted = came.acted
    return came.said


HANDLERS: dict[str, Callable[[Hook, Payload], str]] = {
    "ping": _ping,
    "installation": _installation,
    "installation_repositories": _repositories,
    "repository": _repository,
    "push": _push,
    "check_run": _check,
    "check_suite": _check,
}
