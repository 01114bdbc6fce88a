"""Evidence of how submissions came about, where the edition's file asks for it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max
from django.utils import timezone

from lab_specs.edition.syllabus import PullRequests
from lab_specs.troubles import GitHubTrouble
from portal.courses.models import Edition, MiniProject
from portal.github import errands
from portal.github.access import full_name_of
from portal.github.kinds import KINDS, Kind
from portal.github.known import repository_named
from portal.github.models import Errand, ErrandStatus, Installation, Workflow
from portal.github.troubles import columns
from portal.people.models import User
from portal.submissions.models import Submission

PULLS = "pulls"
NEEDS = ("contents", "pull_requests", "actions")
A_ROUND = 50  # submissions that one round asks about
# Until Actions that still run are looked at again, each time
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (5, 10, 20, 40, 80, 160))


def wanted(mini_project: MiniProject) -> PullRequests | None:
    """What the edition's file asks of this mini-project."""
    parts = mini_project.edition.file.mini_projects
    found = next((each for each in parts if each.id == mini_project.slug), None)
    return found.pull_requests if found else None


def ask_due(*, now: datetime) -> int:
    """Ask about the newest submissions, where nobody has asked about them yet. How many."""
    asked = 0
    for edition in Edition.objects.filter(active=True).select_related("course"):
        slugs = [part.id for part in edition.file.mini_projects if part.pull_requests]
        if slugs:
            of_them = Submission.objects.filter(
                mini_project__edition=edition, mini_project__slug__in=slugs
            )
            each_newest = of_them.values("mini_project", "team", "lab").annotate(newest=Max("pk"))
            new = Submission.objects.filter(pk__in=each_newest.values("newest"), workflow=None)
            for submission in new.order_by("-pk")[:A_ROUND]:
                asked += _begin(submission, now=now)
    return asked


def look_again(submission: Submission, *, by: User) -> None:
    """Have GitHub asked once more: reviews come late, and Actions take their time."""
    now = timezone.now()
    Workflow.objects.update_or_create(submission=submission, defaults={"asked_at": now})
    resting = Errand.objects.filter(kind=PULLS, key=str(submission.pk), status=ErrandStatus.WAITING)
    resting.filter(fault="", next_try__gt=now).update(next_try=now)  # nobody asked it to wait
    _ask(submission, by=by)


def on_github(submission: Submission) -> str:
    """The owner/name of a submission's repository; "" when it lies elsewhere."""
    return full_name_of(submission.repository) or ""


def _begin(submission: Submission, *, now: datetime) -> bool:
    _, made = Workflow.objects.get_or_create(submission=submission, defaults={"asked_at": now})
    if made and on_github(submission):
        _ask(submission)
    return made


def _ask(submission: Submission, *, by: User | None = None, looks: int = 0) -> None:
    """`looks`: how often it was looked at before, only Actions having still to end."""
    seeing = _seeing(on_github(submission))
    # A lane of its own: what is only evidence holds back nothing else
    lane = f"pulls of {seeing.lane}" if seeing else ""
    after = PAUSES[looks - 1] if looks else timedelta(0)
    errands.ask(PULLS, str(submission.pk), {"looks": looks}, person=by, lane=lane, after=after)


def _seeing(full_name: str) -> Installation | None:
    """The installation that sees a repository, if one is known to."""
    row = repository_named(full_name)
    return row.seen_by if row else None


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
        "actions_only": bool(errand.arguments.get("looks")),
    }


def _answered(errand: Errand, told: Mapping[str, Any]) -> None:
    rows = Workflow.objects.filter(submission_id=int(errand.key))
    workflow = rows.select_related("submission").first()
    if workflow is None:
        return
    rows.update(told=workflow.told | told, looked_at=timezone.now(), fault="", facts={})
    running = told["actions"].get("outcome") == "running"
    looks = errand.arguments.get("looks", 0) + 1
    if running and looks <= len(PAUSES) and _is_newest(workflow.submission):
        _ask(workflow.submission, looks=looks)


def _is_newest(submission: Submission) -> bool:
    """Whether the team has handed in nothing since, for this lab."""
    return not Submission.objects.filter(
        mini_project=submission.mini_project_id,
        team=submission.team_id,
        lab=submission.lab,
        pk__gt=submission.pk,
    ).exists()


def _failed(errand: Errand, trouble: GitHubTrouble) -> None:
    rows = Workflow.objects.filter(submission_id=int(errand.key))
    rows.update(looked_at=timezone.now(), **columns(trouble))


KINDS[PULLS] = Kind(prepare=_prepare, answered=_answered, failed=_failed)
