"""Evidence of how submissions came about, where the edition's file asks for it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from lab_specs.edition.syllabus import PullRequests
from lab_specs.troubles import GitHubTrouble
from portal.courses.models import Edition, MiniProject
from portal.github import errands
from portal.github.kinds import KINDS, Kind
from portal.github.models import Errand, Installation, Repository, Workflow
from portal.people.models import User
from portal.submissions.models import Submission

PULLS = "pulls"
NEEDS = ("contents", "pull_requests", "actions")
A_ROUND = 50  # submissions that one round asks about
RUNNING = timedelta(minutes=5)  # until Actions that still run are looked at again
PATIENCE = timedelta(hours=6)  # how long that goes on


def wanted(mini_project: MiniProject) -> PullRequests | None:
    """What the edition's file asks of this mini-project."""
    parts = mini_project.edition.file.mini_projects
    found = next((each for each in parts if each.id == mini_project.slug), None)
    return found.pull_requests if found else None


def ask_due(*, now: datetime) -> int:
    """Ask about submissions that nobody has asked about yet. How many."""
    asked = 0
    for edition in Edition.objects.filter(active=True).select_related("course"):
        slugs = [part.id for part in edition.file.mini_projects if part.pull_requests]
        if slugs:
            new = Submission.objects.filter(
                mini_project__edition=edition, mini_project__slug__in=slugs, workflow=None
            )
            for submission in new.order_by("-pk")[:A_ROUND]:
                asked += _begin(submission, now=now)
    return asked


def look_again(submission: Submission, *, by: User) -> None:
    """Have GitHub asked once more: reviews come late, and Actions take their time."""
    Workflow.objects.filter(submission=submission).update(asked_at=timezone.now())
    _ask(submission, by=by)


def on_github(submission: Submission) -> str:
    """The owner/name of a submission's repository; "" when it lies elsewhere."""
    home = f"{settings.GITHUB_URL}/"
    link = submission.repository
    return link[len(home) :] if link.lower().startswith(home.lower()) else ""


def _begin(submission: Submission, *, now: datetime) -> bool:
    _, made = Workflow.objects.get_or_create(submission=submission, defaults={"asked_at": now})
    if made and on_github(submission):
        _ask(submission)
    return made


def _ask(
    submission: Submission, *, by: User | None = None, after: timedelta = timedelta(0)
) -> None:
    seeing = _seeing(on_github(submission))
    lane = seeing.lane if seeing else ""
    errands.ask(PULLS, str(submission.pk), person=by, lane=lane, after=after)


def _seeing(full_name: str) -> Installation | None:
    """The installation that sees a repository, if one is known to."""
    row = Repository.objects.filter(full_name__iexact=full_name, removed_at=None).first()
    return Installation.alive().filter(repositories=row).first() if row else None


def _prepare(errand: Errand) -> dict[str, Any] | None:
    submission = Submission.objects.filter(pk=errand.key).first()
    if submission is None or not on_github(submission):
        return None
    full_name = on_github(submission)
    seeing = _seeing(full_name)
    had = seeing.permissions if seeing else {}
    return {
        "repository": full_name,
        "commit": submission.commit,
        "installation": seeing.number if seeing else None,
        "permissions": {"metadata": "read"} | {name: "read" for name in NEEDS if name in had},
    }


def _answered(errand: Errand, told: Mapping[str, Any]) -> None:
    now = timezone.now()
    rows = Workflow.objects.filter(submission_id=int(errand.key))
    rows.update(told=dict(told), looked_at=now, fault="", facts={})
    workflow = rows.select_related("submission").first()
    running = told["actions"].get("outcome") == "running"
    if workflow and running and now < workflow.asked_at + PATIENCE:
        _ask(workflow.submission, after=RUNNING)


def _failed(errand: Errand, trouble: GitHubTrouble) -> None:
    rows = Workflow.objects.filter(submission_id=int(errand.key))
    rows.update(fault=trouble.code.value, facts=trouble.facts, looked_at=timezone.now())


KINDS[PULLS] = Kind(prepare=_prepare, answered=_answered, failed=_failed)
