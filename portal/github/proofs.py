"""A team that proved its repository once may lose it: once a day GitHub is asked who may push."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from lab_specs.troubles import GitHubTrouble
from portal.courses.models import Enrolment
from portal.courses.rules import STAFF
from portal.github import errands, watches
from portal.github.kinds import KINDS, Kind
from portal.github.known import repositories_seen
from portal.github.models import Errand, Room, Watch

KIND = "watch-still"
LAPSED = "GitHub says that nobody of the team may push there any more."
A_DAY = timedelta(days=1)
A_ROUND = 100


def ask_due(*, now: datetime) -> int:
    """Have GitHub say once a day that those who proved theirs may still push. How many were asked.

    What staff or an order of repositories chose needs no proof. What is turned off is asked about
    too, because its repository may still be read for the team.
    """
    staff = Enrolment.objects.filter(
        edition=OuterRef("mini_project__edition"), person=OuterRef("by"), role__in=STAFF
    )
    rooms = Room.objects.filter(team=OuterRef("team"), repository=OuterRef("repository"))
    due = Watch.holding().filter(
        ~Exists(staff),
        ~Exists(rooms),
        Q(asked_at=None) | Q(asked_at__lt=now - A_DAY),
        repository__in=repositories_seen(),
        mini_project__edition__active=True,
    )
    rows = list(due.select_related("repository__installation").order_by("asked_at")[:A_ROUND])
    Watch.objects.filter(pk__in=[watch.pk for watch in rows]).update(asked_at=now)
    for watch in rows:
        told = {"team": watch.team_id, "repository": watch.repository_id}
        errands.ask(KIND, str(watch.pk), told, lane=watch.repository.lane)
    return len(rows)


def _tell_still(errand: Errand) -> dict[str, Any] | None:
    return watches.question(errand.arguments["repository"], errand.arguments["team"])


def _still(errand: Errand, answer: Mapping[str, Any]) -> None:
    """Nobody may push any more: nothing is graded, and nothing read, until somebody may."""
    errands.forget_older(errand)
    if not answer["may_push"]:
        same = Watch.objects.filter(pk=errand.key, repository=errand.arguments["repository"])
        watches.end(same, LAPSED, lapsed_at=timezone.now())


def _not_said(errand: Errand, trouble: GitHubTrouble) -> None:
    """No answer is no reason to take anything away; it is asked again tomorrow."""
    del trouble
    errands.forget_older(errand)


KINDS[KIND] = Kind(prepare=_tell_still, answered=_still, failed=_not_said)
