"""The signed records of an attempt: what they say, and whether they still hold.

`portal.submissions.domain` adds one whenever a verdict is written.
"""

import hashlib
import json
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from django.conf import settings
from django.utils import timezone

from portal.common.text import storable
from portal.people.models import User
from portal.submissions import signing
from portal.submissions.models import Attempt, Record

FORM = 1  # of the text that is signed; count on when it says something else
RESULTS = ("verdict", "fault", "facts", "levels", "report", "phases", "provenance")
RESCORED = {"levels", "verdict"}  # all that a new score may change


def keys() -> list[signing.Key]:
    """This portal's keys, the newest first."""
    return [signing.Key(secret) for secret in settings.SIGNING_KEYS]


def evidence(attempt: Attempt) -> dict[str, Any]:
    """Everything that the row says of how the attempt came to its verdict."""
    work = attempt.submission
    return {
        "attempt": attempt.pk,
        "number": attempt.number,
        "requested_by": attempt.requested_by_id,
        "reason": attempt.reason,
        "submission": work.pk,
        "mini_project": work.mini_project_id,
        "team": work.team_id,
        "submitted_by": work.submitted_by_id,
        "submitted_at": _moment(work.created_at),
        "lab": work.lab,
        "repository": work.repository,
        "commit": work.commit,
        "context": work.context,
        "dockerfile": work.dockerfile,
        "worker": attempt.worker,
        "retries": attempt.retries,
        "queued_at": _moment(attempt.queued_at),
        "started_at": _moment(attempt.started_at),
        "finished_at": _moment(attempt.finished_at),
        **{column: getattr(attempt, column) for column in RESULTS},
        "log_sha256": hashlib.sha256(attempt.log_tail.encode()).hexdigest(),
    }


def add(
    attempt_id: int,
    *,
    lab_digest: str | None = None,
    by: User | None = None,
    reason: str = "",
    change: str = "",
) -> Record:
    """Sign what an attempt's row says now. `lab_digest` is that of the run unless given."""
    attempt = Attempt.objects.select_related("submission").get(pk=attempt_id)
    ran_with = str(attempt.provenance.get("lab_digest", ""))
    record = Record(
        attempt=attempt,
        number=attempt.records.count() + 1,
        at=timezone.now(),
        by=by,
        reason=storable(reason)[:500],
        change=storable(change),
        lab_digest=ran_with if lab_digest is None else lab_digest,
    )
    record.body = body(record)
    sealed = signing.sign(record.body, keys())
    record.signature, record.key_id = sealed.value, sealed.key_id
    record.save()
    return record


def body(record: Record) -> str:
    """The text of a record that is about to be signed, from its columns and its attempt's."""
    return signing.canonical(
        {"form": FORM, "record": _envelope(record), "evidence": evidence(record.attempt)}
    )


def signature(record: Record) -> signing.Signature:
    """The signature that stands beside the text."""
    return signing.Signature(record.signature, record.key_id)


def problems(attempt: Attempt) -> list[str]:
    """What does not hold of an attempt's records, in words; nothing when all of it does."""
    records = list(attempt.records.order_by("number"))
    if not records:
        return ["There is no signed record of this attempt."]
    found = [each for record in records for each in _unsigned(record)]
    if found:
        return found  # what the texts say proves nothing then
    contents = [json.loads(record.body) for record in records]
    told = [content["evidence"] for content in contents]
    found = [
        f"Record {record.number}: its row says otherwise than its text about {names}."
        for record, content in zip(records, contents, strict=True)
        if (names := _differing(_envelope(record), content["record"]))
    ]
    if [record.number for record in records] != list(range(1, len(records) + 1)):
        found.append("A record is missing between the others.")
    for older, newer in pairwise(told):
        if names := _differing(older, newer, but=RESCORED):
            found.append(f"A later record says otherwise than an earlier one about {names}.")
    if names := _differing(evidence(attempt), told[-1]):
        found.append(f"The row was changed since it was signed: {names}.")
    return found


def _unsigned(record: Record) -> list[str]:
    sealed = signature(record)
    if signing.key_of(sealed, keys()) is None:
        return [f"Record {record.number} is signed with a key that is not ours ({record.key_id})."]
    if not signing.holds(record.body, sealed, keys()):
        return [f"Record {record.number}: the signature does not fit its text."]
    return []


def _envelope(record: Record) -> dict[str, Any]:
    return {
        "attempt": record.attempt_id,
        "number": record.number,
        "at": _moment(record.at),
        "by": record.by_id,
        "reason": record.reason,
        "change": record.change,
        "lab_digest": record.lab_digest,
    }


def _differing(
    left: dict[str, Any], right: dict[str, Any], but: AbstractSet[str] = frozenset()
) -> str:
    names = sorted({*left, *right} - but)
    return ", ".join(
        name
        for name in names
        if signing.canonical({"": left.get(name)}) != signing.canonical({"": right.get(name)})
    )


def _moment(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat(timespec="microseconds") if moment else None
