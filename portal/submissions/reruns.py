"""How far a mass re-run is, and whose work one would queue."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet

from lab_specs.report import Verdict
from portal.courses.models import MiniProject
from portal.submissions.models import Attempt, Rerun, Submission
from portal.submissions.states import LIVE

GRADED = (Verdict.PASSED, Verdict.FAILED, Verdict.REJECTED)  # a crash of ours graded nothing


@dataclass(frozen=True, slots=True)
class Progress:
    """The newest mass re-run of a mini-project: teams whose work it queued, and how they stand."""

    rerun: Rerun
    total: int
    live: int
    left: int  # teams whose newest work it has not graded, and nobody is about to

    @property
    def done(self) -> int:
        """Teams whose work is not on its way any more."""
        return self.total - self.live


def to_queue(mini_project: MiniProject, *, since: datetime) -> QuerySet[Submission]:
    """The newest work of every team that is neither on its way nor graded since then."""
    newest = (
        Submission.objects.filter(mini_project=mini_project)
        .values("team")
        .annotate(newest=Max("pk"))
        .values("newest")
    )
    cared_for = Attempt.objects.filter(
        Q(state__in=LIVE) | Q(queued_at__gte=since, verdict__in=GRADED), submission=OuterRef("pk")
    )
    return Submission.objects.filter(~Exists(cared_for), pk__in=newest).order_by("pk")


def on_its_way(mini_project: MiniProject) -> int:
    """Teams with work of this mini-project that is waiting or running."""
    live = Submission.objects.filter(mini_project=mini_project, attempts__state__in=LIVE)
    return live.values("team").distinct().count()


def progress(mini_project: MiniProject) -> Progress | None:
    """How far the newest mass re-run is, with those that continued it; None without one."""
    rerun = mini_project.reruns.select_related("by").order_by("-pk").first()
    if rerun is None:
        return None
    queued = Attempt.objects.filter(
        rerun__mini_project=mini_project, rerun__since=rerun.since
    ).aggregate(
        total=Count("submission__team", distinct=True),
        live=Count("submission__team", filter=Q(state__in=LIVE), distinct=True),
    )
    left = to_queue(mini_project, since=rerun.since).count()
    return Progress(rerun, total=queued["total"], live=queued["live"], left=left)
