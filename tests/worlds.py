"""Whole editions in rows, as pages show them: one with little in it, and a crowded one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle, islice, pairwise
from pathlib import Path

from django.utils import timezone

from lab_specs.faults import Code
from lab_specs.loader import load_shelf
from lab_specs.report import CheckResult, Outcome, Report, Verdict
from lab_specs.schema import CheckSpec
from portal.courses.models import Criterion, Edition, MiniProject, Team
from portal.courses.names import people as invented
from portal.courses.rules import Role
from portal.people.models import User
from portal.submissions.models import Attempt, Submission, Transition
from portal.submissions.states import LIVE, State
from tests.factories import (
    LEVELS,
    AttemptFactory,
    CriterionFactory,
    EditionFactory,
    EnrolmentFactory,
    MiniProjectFactory,
    SubmissionFactory,
    TeamFactory,
    UserFactory,
)

PASSWORD = "a quiet word"
CRITERIA = ("interface", "predictions", "care")
SHELF = [Path(__file__).parent / "pages_shelf"]  # a lab whose container nobody starts
LOG = "\n".join(f"#{step} [{step}/9] RUN step {step} … done in 0.{step} s" for step in range(1, 10))


@dataclass(frozen=True)
class World:
    """An edition with the people that tests sign in as."""

    edition: Edition
    mini_projects: list[MiniProject]
    students: list[User]
    teams: list[Team]
    lecturer: User


def person(username: str, name: str) -> User:
    """Somebody who can sign in."""
    user = UserFactory(username=username, display_name=name)
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    return user


def make_world(*, students: int, mini_projects: int, lab: str = "serving") -> World:
    """An edition with its rubric and people, and nothing handed in."""
    edition = EditionFactory(course__title="Machine Learning Operations")
    lecturer = person("tina", "Tina Verstraete")
    EnrolmentFactory(edition=edition, person=lecturer, role=Role.LECTURER)
    projects = []
    for order in range(mini_projects):
        title = ("Serve it", "Train it", "Watch it", "Ship it")[order % 4]
        project = MiniProjectFactory(
            edition=edition,
            slug=f"project-{order}",
            title=title if order < 4 else f"{title} again ({order})",
            order=order,
            labs=[lab],
            deadline=timezone.now() + timedelta(days=9 * order - 4, hours=5),
        )
        _rubric(project, lab)
        CriterionFactory(
            mini_project=project, lab="", slug="report", title="Report", order=9, technical=False
        )
        projects.append(project)
    names = [("alice", "Alice Mertens"), ("bob", "Bob Wouters"), ("charlie", "Charlie Dupont")]
    names += [
        (f"student{n:04}", name) for n, name in zip(range(students), invented(7), strict=False)
    ]
    people = [person(*each) if n < 3 else _quiet(*each) for n, each in enumerate(names[:students])]
    teams = []
    for user in people:
        EnrolmentFactory(edition=edition, person=user)
    for number, start in enumerate(range(0, len(people), 2)):
        members = people[start : start + 2]
        teams.append(TeamFactory(edition=edition, name=f"Team {number + 1}", people=members))
    return World(edition, projects, people, teams, lecturer)


def _rubric(project: MiniProject, lab: str) -> None:
    for row, each in enumerate(load_shelf(SHELF)[lab].file.criteria):
        criterion = CriterionFactory(
            mini_project=project, lab=lab, slug=each.id, title=each.title, order=row
        )
        for level in criterion.levels.all():
            level.descriptor = each.descriptors[level.name]
            level.save(update_fields=["descriptor"])


def _quiet(username: str, name: str) -> User:
    """Somebody who never signs in: no password to be hashed."""
    return UserFactory(username=username, display_name=name)


def report(reached: Mapping[str, int]) -> Report:
    """A report of the serving lab in which each criterion reaches the level of that order."""
    return Report(
        checks=tuple(_result(check, reached) for check in load_shelf(SHELF)["serving"].checks)
    )


def _result(check: CheckSpec, reached: Mapping[str, int]) -> CheckResult:
    above = LEVELS.index(check.level) - reached[check.criterion]
    facts = {
        "id": check.id,
        "title": check.title,
        "criterion": check.criterion,
        "level": check.level,
    }
    if above <= 0:
        return CheckResult(**facts, outcome=Outcome.PASSED, seconds=0.2)
    if above > 1:
        return CheckResult(**facts, outcome=Outcome.SKIPPED)
    return CheckResult(
        **facts,
        outcome=Outcome.FAILED,
        expected="status 200 and `predictions` of length 64",
        actual="status 500: Internal Server Error",
        hint="Loop over `instances`; do not read only the first.",
        seconds=0.2,
    )


def levels(reached: Mapping[str, int]) -> dict[str, str]:
    """The levels that go with such a report."""
    return {slug: LEVELS[order] for slug, order in reached.items()}


PHASES = [
    {"name": "fetching", "seconds": 0.8},
    {"name": "building", "seconds": 21.4},
    {"name": "running", "seconds": 2.1},
    {"name": "judging", "seconds": 6.3},
]
PROVENANCE = {
    "lab_digest": "5d" * 32,
    "image": "sha256:" + "1f" * 32,
    "judge_image": "sha256:" + "0e" * 32,
    "seed": "the edition",
    "limits": {"memory_mb": 1024, "cpus": 1.0, "pids": 256},
    "stand_ins": ["python:3.11-slim"],
    "source": {"context": ".", "dockerfile": "Dockerfile", "manifest_used": True},
}


def judged(work: Submission, *, number: int = 1, at: datetime | None = None) -> Attempt:
    """An attempt on which all checks ran; what it reached depends on the team."""
    moment = at or timezone.now() - timedelta(hours=work.pk % 40)
    reached = {slug: (work.team_id + place) % 4 for place, slug in enumerate(CRITERIA)}
    enough = min(reached.values()) > 0
    attempt = AttemptFactory(
        submission=work,
        number=number,
        state=State.DONE,
        verdict=Verdict.PASSED if enough else Verdict.FAILED,
        report=report(reached).model_dump(mode="json"),
        levels=levels(reached),
        phases=PHASES,
        provenance=PROVENANCE,
        log_tail=LOG,
        queued_at=moment,
        started_at=moment + timedelta(seconds=4),
        finished_at=moment + timedelta(seconds=35),
        worker="bench-1",
    )
    Transition.objects.create(attempt=attempt, target=State.QUEUED, at=moment, by=work.submitted_by)
    for second, (source, target) in enumerate(pairwise([*LIVE, State.DONE]), start=1):
        Transition.objects.create(
            attempt=attempt, source=source, target=target, at=moment + timedelta(seconds=7 * second)
        )
    return attempt


def rejected(work: Submission) -> Attempt:
    """An attempt that ended in the build."""
    return AttemptFactory(
        submission=work,
        state=State.DONE,
        verdict=Verdict.REJECTED,
        fault=Code.COPY_SOURCE_MISSING.value,
        facts={"line": 6, "file": "models/digits.pt", "ignored_by": ".gitignore", "log": LOG},
        phases=PHASES[:2],
        log_tail=LOG,
        queued_at=work.created_at,
        started_at=work.created_at + timedelta(seconds=3),
        finished_at=work.created_at + timedelta(seconds=21),
    )


def hand_in(world: World, team: Team, project: MiniProject, *, days_ago: float = 1) -> Submission:
    """A submission of this team."""
    first = team.members.order_by("pk")[0]
    return SubmissionFactory(
        mini_project=project,
        team=team,
        submitted_by=first,
        lab=project.labs[0],
        commit=f"{team.pk:08x}{project.pk:08x}".ljust(40, "7"),
        commit_title="Load the model once, not per request",
        ref="main",
        created_at=timezone.now() - timedelta(days=days_ago),
    )


def crowd(world: World) -> None:
    """Every team has work of some kind in every mini-project but the last."""
    kinds = cycle(("judged", "judged", "rejected", "judged", "queued", "judging", "nothing"))
    for project in world.mini_projects[:-1] or world.mini_projects:
        for team, kind in zip(world.teams, islice(kinds, len(world.teams)), strict=True):
            if kind == "nothing":
                continue
            work = hand_in(world, team, project)
            if kind == "judged":
                judged(work)
            elif kind == "rejected":
                rejected(work)
            else:
                state = State.QUEUED if kind == "queued" else State.JUDGING
                AttemptFactory(submission=work, state=state, queued_at=timezone.now())


def criterion_of(project: MiniProject, slug: str) -> Criterion:
    """One criterion of a mini-project."""
    return project.criteria.get(slug=slug)
