"""A comparison is asked for, taken by a worker, and finished: the only writer of its rows.

The bell says that there is one; a worker takes it and shows with each part that it lives. When it
does not, another takes the comparison up from its beginning, and what the first says is dropped.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import F, Max, QuerySet

from lab_specs import link as links
from lab_specs.faults import Code
from portal.common.errors import Refused
from portal.common.text import storable_json
from portal.courses.models import MiniProject
from portal.courses.queries import standing
from portal.courses.rules import is_staff
from portal.people.models import User
from portal.similarity.models import Comparison, Pair, Part
from portal.submissions import dispatch
from portal.submissions.models import Submission

MOST_TEAMS = 120
LEAST_TEAMS = 2
LEASE = timedelta(minutes=3)  # longer than a worker takes for one repository, or for all pairs
MOST_TRIES = 3


def newest(mini_project: MiniProject) -> list[Submission]:
    """The newest work of every team, by team."""
    rows = Submission.objects.filter(mini_project=mini_project)
    last = rows.values("team").annotate(newest=Max("pk")).values("newest")
    return list(rows.filter(pk__in=last).order_by("team"))


def begin(
    *, mini_project: MiniProject, by: User, template: str = "", ref: str = "", now: datetime
) -> Comparison:
    """Have the newest work of all teams compared. StudentFault for a template's link that is none.

    Refused with fewer than two teams, with too many, and while another comparison is under way.
    """
    if not is_staff(standing(by), edition=mini_project.edition_id):
        raise PermissionDenied
    place = _template(template, ref)
    work = newest(mini_project)
    if not LEAST_TEAMS <= len(work) <= MOST_TEAMS:
        raise Refused(
            f"{len(work)} team{'' if len(work) == 1 else 's'} of this mini-project handed in code. "
            f"A comparison takes {LEAST_TEAMS} to {MOST_TEAMS} of them."
        )
    try:
        with transaction.atomic():
            row = Comparison.objects.create(
                mini_project=mini_project,
                by=by,
                asked_at=now,
                next_try=now,
                template=place.repository,
                template_ref=place.ref,
            )
            Part.objects.bulk_create(Part(comparison=row, submission=each) for each in work)
            transaction.on_commit(partial(dispatch.ring_compare))
    except IntegrityError:
        raise Refused("A comparison is under way already. Wait until it is finished.") from None
    return row


def take(*, now: datetime) -> Comparison | None:
    """The comparison that has waited longest, from its beginning. Nobody else gets it now."""
    waiting = Comparison.objects.filter(finished_at=None, next_try__lte=now, tries__lt=MOST_TRIES)
    for row in waiting.order_by("next_try", "pk")[:MOST_TRIES]:
        mine = Comparison.objects.filter(pk=row.pk, finished_at=None, tries=row.tries)
        if mine.update(tries=F("tries") + 1, next_try=now + LEASE):
            row.refresh_from_db()
            row.parts.update(read_at=None, fault="", facts={})
            return row
    return None


def note(row: Comparison, part: Part, *, now: datetime, **columns: Any) -> bool:  # noqa: ANN401 - columns
    """A part was read, or could not be. False when the comparison is another worker's by now."""
    if not _held(row).update(next_try=now + LEASE):
        return False
    facts = {"facts": storable_json(columns.pop("facts", {}))}
    Part.objects.filter(pk=part.pk).update(read_at=now, **columns, **facts)
    return True


def finish(
    row: Comparison,
    pairs: Sequence[Mapping[str, Any]],
    *,
    said: Mapping[str, Any],
    template_commit: str,
    now: datetime,
) -> bool:
    """Keep the pairs, as `grader/comparing.py` tells them. False when it is another worker's."""
    parts = {part.submission.team_id: part for part in row.parts.select_related("submission")}
    with transaction.atomic():
        ended = {"finished_at": now, "said": said, "template_commit": template_commit}
        if not _held(row).update(**ended):
            return False
        Pair.objects.bulk_create(
            Pair(
                comparison=row,
                number=number,
                left=parts[each["left"]],
                right=parts[each["right"]],
                percent=each["percent"],
                shared=each["shared"],
                commits=each["commits"],
                evidence=storable_json(each["evidence"]),
            )
            for number, each in enumerate(pairs, 1)
        )
    return True


def fail(row: Comparison, code: Code, facts: Mapping[str, Any], *, now: datetime) -> bool:
    """It cannot be done, for this reason: the template cannot be read, say."""
    said = {"fault": code.value, "facts": storable_json(facts)}
    return _held(row).update(finished_at=now, **said) == 1


def ring_again(*, now: datetime) -> bool:
    """Ring for what no worker holds; end what has been tried often enough."""
    waiting = Comparison.objects.filter(finished_at=None, next_try__lte=now)
    lost = waiting.filter(tries__gte=MOST_TRIES)
    lost.update(finished_at=now, fault=Code.WORKER_LOST.value)
    return waiting.exists() and dispatch.ring_compare()


def _held(row: Comparison) -> QuerySet[Comparison]:
    return Comparison.objects.filter(pk=row.pk, tries=row.tries, finished_at=None)


def _template(link: str, ref: str) -> links.Link:
    if not link.strip():
        return links.Link("")
    found = links.parse(link, hosts=settings.GIT_HOSTS, local=settings.LOCAL_REPOSITORIES)
    return links.Link(found.repository, links.clean_ref(ref) or found.ref)
