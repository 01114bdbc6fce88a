"""Documents that a worker reads from a team's repository; this process never runs git.

A reading waits until a worker answers it. One whose announcement was lost, or whose host was
away, is announced again by a round, and given up after some hours.
"""

import posixpath
from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import unquote, urlsplit

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from lab_specs.edition.syllabus import Deliverable
from lab_specs.faults import PLATFORM_CODES, Code
from portal.common.text import storable, storable_json
from portal.courses.dates import Calendar
from portal.deliveries.advice import Advice, advise
from portal.deliveries.models import PROBLEM_LENGTH, Delivery, Reading
from portal.submissions import dispatch

MOST = 100_000  # characters of a text that are kept, as of one that is pasted
LONGEST = 500  # characters of a path
AGAIN_AFTER = timedelta(minutes=3)  # longer than a worker may take for one
GIVE_UP_AFTER = timedelta(hours=3)
A_ROUND = 100  # readings announced at once


def order(delivery: Delivery, repository: str, path: str, *, commit: str = "") -> Reading:
    """Have a document read for a delivery; without a commit, from the default branch now."""
    with transaction.atomic():
        row = Reading.objects.create(
            delivery=delivery,
            repository=repository,
            path=path[:LONGEST],
            commit=commit,
            created_at=timezone.now(),
        )
        transaction.on_commit(partial(_announce, row.pk))
    return row


def wanted(*, reading_id: int) -> Reading | None:
    """A reading that still waits for its answer."""
    return Reading.objects.filter(pk=reading_id, answered_at=None).first()


def answer(
    *, reading_id: int, commit: str, text: str, files: Collection[str] = (), problem: str = ""
) -> bool:
    """Keep the document with advice on it, or why it is none. False when that was done already.

    `files`: the paths of all files of the commit, so that images can be looked for.
    """
    row = wanted(reading_id=reading_id)
    if row is None:
        return False
    return _end(
        reading_id,
        commit=commit,
        text=storable(text[:MOST]),
        advice=[] if problem else [asdict(each) for each in _advice(row, text, files)],
        problem=storable(problem)[:PROBLEM_LENGTH],
        fault="",
        facts={},
    )


def fail(*, reading_id: int, code: Code, facts: Mapping[str, Any]) -> bool:
    """The repository could not be read. A failure of ours is noted, and the reading waits on."""
    said = {"fault": code.value, "facts": storable_json(facts)}
    if code not in PLATFORM_CODES:
        return _end(reading_id, **said)
    return Reading.objects.filter(pk=reading_id, answered_at=None).update(**said) == 1


def ring_again(*, now: datetime) -> int:
    """Announce readings that nobody answered; give up on very old ones."""
    waiting = Reading.objects.filter(answered_at=None)
    old = waiting.filter(created_at__lt=now - GIVE_UP_AFTER)
    for pk, fault in old.values_list("pk", "fault"):
        _end(pk, fault=fault or Code.WORKER_LOST.value)
    unheard = Q(announced_at__isnull=True) | Q(announced_at__lt=now - AGAIN_AFTER)
    announced = 0
    for pk in waiting.filter(unheard).order_by("pk").values_list("pk", flat=True)[:A_ROUND]:
        if not _announce(pk):
            break
        announced += 1
    return announced


def _advice(row: Reading, text: str, files: Collection[str]) -> list[Advice]:
    item = _deliverable(row.delivery)
    if item is None:
        return []
    found = advise(item, text[:MOST], exists=partial(_lies_in, files, row.path))
    if len(text) > MOST:
        found.append(Advice(False, f"{len(text)} characters: only the first {MOST} were read."))
    return found


def _deliverable(delivery: Delivery) -> Deliverable | None:
    project = delivery.mini_project
    part = Calendar.of(project.edition).part(project)
    items = part.deliverables if part else ()
    return next((each for each in items if each.id == delivery.deliverable), None)


def _lies_in(files: Collection[str], path: str, target: str) -> bool:
    """Whether what a document points to, seen from where it lies, is a file of its commit."""
    inside = unquote(urlsplit(target).path)
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), inside)) in files


def _announce(reading_id: int) -> bool:
    rung = dispatch.ring_read(reading_id)
    if rung:
        Reading.objects.filter(pk=reading_id).update(announced_at=timezone.now())
    return rung


def _end(reading_id: int, **columns: Any) -> bool:  # noqa: ANN401 - columns
    waiting = Reading.objects.filter(pk=reading_id, answered_at=None)
    return waiting.update(answered_at=timezone.now(), **columns) == 1
