"""What students of the demonstration handed in: commits with their attempts, reports, updates.

An attempt of the past is written as a row, marked as a generated sample, scored as its lab
counts and signed like any other. Nothing here is part of how the portal comes to a verdict.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import pairwise

from lab_specs.edition.syllabus import Deliverable
from lab_specs.faults import Code
from lab_specs.report import CheckResult, Outcome, Report, Verdict
from lab_specs.schema import CheckSpec, LabSpec
from portal.courses.catalog import shelf
from portal.courses.models import MiniProject, Team
from portal.deliveries.domain import HAND_INS, by_hand, deliver
from portal.people.models import User
from portal.submissions import records, scoring
from portal.submissions.models import Attempt, Submission, Transition
from portal.submissions.states import LIVE, State
from script.tools.semester_cast import Course, clock

SAMPLE = "Generated sample: nothing was run."
HOST = "https://git.example"
EARLY = timedelta(days=9)  # before its deadline nobody thinks of a piece of work
PER_LAB = timedelta(days=2)  # from one lab of a piece of work to the next
TITLES = ("First version that runs", "Answer what the checks asked", "Tidy up and explain")
PHASES = (("fetching", 1.1), ("building", 24.0), ("running", 3.2), ("judging", 8.5))


def hand_in(course: Course) -> None:
    """Everything that was handed in until now."""
    for project in course.projects:
        for team, person in course.owners(project):
            due = course.due(project, team)
            if due - EARLY > course.now or not course.keeps(team):
                continue
            labs = _labs(course, project) if project.labs else []
            last = _when(course, team, due) if labs else due
            for number, lab in enumerate(labs):
                at = max(course.begins, last - PER_LAB * (len(labs) - 1 - number))
                _commits(course, project, team, person, lab=lab, last=at)
            _rest(course, project, team, person)


def _when(course: Course, team: Team, due: datetime) -> datetime:
    """Some days before it is due, or (few) a little late; in the past whatever the dice say."""
    late = course.chance(0.2 * (1 - course.skill_of(team)) ** 2)
    hours = course.dice.uniform(1, 40) if late else -course.dice.uniform(2, 130)
    latest = course.now - timedelta(minutes=course.dice.randint(20, 3000))
    return max(course.begins, min(due + timedelta(hours=hours), latest))


def _labs(course: Course, project: MiniProject) -> list[str]:
    """One of the labs where one counts, else up to three."""
    part = course.calendar.part(project)
    if part is None or (part.counts and part.lab_decides):
        return [course.dice.choice(project.labs)]
    return course.dice.sample(project.labs, course.dice.randint(1, min(3, len(project.labs))))


def _commits(
    course: Course, project: MiniProject, team: Team, person: User, *, lab: str, last: datetime
) -> None:
    """Up to three commits of one lab, each a little better than the one before."""
    tries = course.dice.randint(1, 3)
    for number in range(tries):
        at = max(course.begins, last - timedelta(hours=7 * (tries - 1 - number)))
        work = Submission.objects.create(
            mini_project=project,
            team=team,
            submitted_by=person,
            lab=lab,
            repository=_repository(project, team),
            commit=f"{course.dice.getrandbits(160):040x}",
            commit_title=TITLES[number],
            committed_at=at - timedelta(minutes=12),
            ref="main",
            created_at=at,
        )
        if number == 0 and tries > 1 and course.chance(0.3):
            _rejected(work, at)
        else:
            _judged(course, work, at, shelf()[lab], missed=(tries - 1 - number) * 0.9)


def _judged(course: Course, work: Submission, at: datetime, lab: LabSpec, *, missed: float) -> None:
    top = len(lab.file.levels) - 1
    about = course.skill_of(work.team) * (top + 0.6) - missed
    reached = {
        each: min(top, max(0, round(course.dice.gauss(about, 0.45)))) for each in lab.criteria
    }
    report = Report(checks=tuple(_check(each, lab, reached) for each in lab.checks))
    score = scoring.score(report, lab)
    _write(
        work,
        at,
        phases=len(PHASES),
        verdict=score.verdict,
        levels=dict(score.levels),
        report=report.model_dump(mode="json"),
        provenance={"sample": SAMPLE, "lab_digest": lab.digest},
    )


def _rejected(work: Submission, at: datetime) -> None:
    facts = {"line": 6, "file": "models/weights.pt"}
    _write(
        work,
        at,
        phases=2,
        verdict=Verdict.REJECTED,
        fault=Code.COPY_SOURCE_MISSING.value,
        facts=facts,
        provenance={"sample": SAMPLE},
    )


def _check(check: CheckSpec, lab: LabSpec, reached: Mapping[str, int]) -> CheckResult:
    above = lab.file.levels.index(check.level) - reached[check.criterion]
    outcome = Outcome.PASSED if above <= 0 else Outcome.FAILED if above == 1 else Outcome.SKIPPED
    failed = outcome is Outcome.FAILED
    return CheckResult(
        id=check.id,
        title=check.title,
        criterion=check.criterion,
        level=check.level,
        outcome=outcome,
        expected="what the title says" if failed else "",
        actual="something else, in this generated sample" if failed else "",
        hint="Read the brief's part on this criterion again." if failed else "",
        seconds=0.4,
    )


def _write(work: Submission, at: datetime, *, phases: int, **ended: object) -> None:
    """An attempt that is over, its timeline and its signed record."""
    seconds = sum(length for _, length in PHASES[:phases])
    begun = at + timedelta(seconds=3)
    end = begun + timedelta(seconds=seconds)
    attempt = Attempt.objects.create(
        submission=work,
        number=1,
        state=State.DONE,
        requested_by=work.submitted_by,
        reason=SAMPLE,
        worker="sample",
        queued_at=at,
        started_at=begun,
        finished_at=end,
        log_tail=SAMPLE,
        phases=[{"name": name, "seconds": length} for name, length in PHASES[:phases]],
        **ended,
    )
    steps = [*LIVE[: phases + 1], State.DONE]
    moments = [at, *(begun + (end - begun) * n / phases for n in range(phases)), end]
    rows = [Transition(attempt=attempt, target=State.QUEUED, at=at, by=work.submitted_by)]
    for (source, target), moment in zip(pairwise(steps), moments[1:], strict=True):
        rows.append(Transition(attempt=attempt, source=source, target=target, at=moment))
    Transition.objects.bulk_create(rows)
    with clock(end):
        records.add(attempt.pk)


def _rest(course: Course, project: MiniProject, team: Team, person: User) -> None:
    """What is no code, or code where no lab takes it."""
    part = next(each for each in course.file.mini_projects if each.id == project.slug)
    for item in part.deliverables:
        due = course.due(project, team, item.id)
        if not by_hand(item, project) or item.snapshot or due - EARLY > course.now:
            continue
        if not course.keeps(team):
            continue
        with clock(_when(course, team, due)):
            HAND_INS.clear(person.pk)  # it cannot know that the clock is put back
            link, text = _content(course, project, team, item)
            deliver(mini_project=project, deliverable=item.id, by=person, link=link, text=text)


def _content(
    course: Course, project: MiniProject, team: Team, item: Deliverable
) -> tuple[str, str]:
    """A link, a text, or both: as the deliverable wants it."""
    home = _repository(project, team)
    if item.kind in {"code", "link"}:
        return home, ""
    if item.kind == "presentation":
        return f"{home}/slides.pdf", ""
    words = "We built this step by step, measured what changed, and wrote down what we learnt. "
    headings = item.headings or ("What was done", "What comes next")
    kept = headings[: max(1, round(len(headings) * min(1, course.skill_of(team) + 0.3)))]
    body = "\n\n".join(f"## {each}\n\n{words * course.dice.randint(2, 5)}" for each in kept)
    tasks = "\n".join(f"- [{course.dice.choice('xx ')}] {each}" for each in ("Data", "Model"))
    text = f"# {project.title}\n\nA generated sample.\n\n{body}\n\n{tasks}\n"
    return "reports/README.md" if item.kind == "report" else "", text


def _repository(project: MiniProject, team: Team) -> str:
    return f"{HOST}/sample/{project.edition.pk}-team-{team.pk}"
