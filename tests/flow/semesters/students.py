"""What students do; and the worker, who judges what they hand in."""

from datetime import datetime

from lab_specs.report import CheckResult, Outcome, Report
from lab_specs.schema import LabSpec
from portal.courses import catalog
from portal.courses.models import MiniProject
from portal.deliveries.tasks import take_snapshots
from portal.submissions import domain, lookups, scoring
from portal.submissions.models import Lookup, LookupStatus
from portal.submissions.states import State
from tests.flow.semesters.pages import Page, Person, Refusal
from tests.flow.semesters.play import Actor, Semester, deed


@deed("hands in {item} of {part}")
def hands_in(semester: Semester, actor: Actor, item: str, part: str) -> None:
    project = semester.project(part)
    if item == "code" and project.labs:
        _hands_in_commit(actor, part, project)
        return
    person = Person(actor.person)
    form = person.opens(f"/projects/{project.pk}/deliveries/").form("/deliveries/", item=item)
    words = {"link": f"https://github.com/{actor.person}/mlops", "text": "What we did. " * 60}
    asked = {name: words[name] for name in form.values if name in words}
    person.sends(form, **dict(list(asked.items())[:1]))


def _hands_in_commit(actor: Actor, part: str, project: MiniProject) -> None:
    """A link is looked up by a worker, confirmed, and judged."""
    person = Person(actor.person)
    here = f"/projects/{project.pk}/"
    link = f"https://github.com/{actor.person}/mlops"
    page = person.sends(person.opens(here).form(here), link=link)
    found = Lookup.objects.latest("pk")
    lookups.answer_lookup(lookup_id=found.pk, commit=f"{found.pk:040x}")
    person.sends(person.opens(page.path).form("confirm/"))
    is_judged(actor, part, catalog.shelf()[found.lab])


def is_judged(actor: Actor, part: str, lab: LabSpec) -> None:
    """A worker takes what is next, and records a report in which those levels are reached."""
    claimed = domain.claim_next(worker="bench-1", lease_seconds=60)
    assert claimed is not None
    attempt, token = claimed.attempt_id, claimed.token
    for state in (State.BUILDING, State.RUNNING, State.JUDGING):
        assert domain.advance(attempt_id=attempt, token=token, to_state=state)
    report = report_of(lab, {name: actor.judged(part, name) for name in lab.criteria})
    score = scoring.score(report, lab)
    assert domain.record(
        attempt_id=attempt, token=token, verdict=score.verdict, report=report, levels=score.levels
    )


def report_of(lab: LabSpec, reached: dict[str, str]) -> Report:
    """What a judge says of work that reaches these levels: every check up to them passes."""
    place = lab.file.levels.index
    checks = []
    for check in lab.checks:
        passes = place(check.level) <= place(reached[check.criterion])
        outcome = Outcome.PASSED if passes else Outcome.FAILED
        facts = check.model_dump(include={"id", "title", "criterion", "level"})
        checks.append(CheckResult(**facts, outcome=outcome))
    return Report(checks=tuple(checks))


@deed("books {part} for {day} {clock}")
def books(semester: Semester, actor: Actor, part: str, day: str, clock: str) -> None:
    project, item = semester.shown(part)
    person = Person(actor.person)
    page = person.opens(f"/projects/{project.pk}/slots/{item}/")
    when = f"{datetime.fromisoformat(f'{day} {clock}'):%a %-d %b %Y, %H:%M}"
    row = next((each for each in page.text.split("<tr>") if when in each), "")
    assert row, f"no slot at {when}"
    if "/book/" not in row:  # the page says why it is closed
        raise Refusal(row)
    person.sends(Page(page.path, row).form("/book/"))


@deed("cancels {part}")
def cancels(semester: Semester, actor: Actor, part: str) -> None:
    person, booking = Person(actor.person), semester.booking(actor, part)
    page = person.opens(semester.at("demos/"))
    person.sends(page.form(f"/bookings/{booking.pk}/cancel/"))


@deed("sends a video of {part}")
def sends_a_video(semester: Semester, actor: Actor, part: str) -> None:
    project, item = semester.shown(part)
    person = Person(actor.person)
    page = person.opens(semester.at("demos/"))
    piece = next(each for each in page.text.split("<article") if project.title in each)
    if "/video/" not in piece:  # the page says why it is closed
        raise Refusal(piece)
    form = page.form(f"/projects/{project.pk}/video/{item}/")
    person.sends(form, link=f"https://video.example/{actor.person}/{part}")


@deed("takes part in the resit")
def takes_part(semester: Semester, actor: Actor) -> None:
    person = Person(actor.person)
    person.sends(person.opens(semester.at("my-result/")).form("/resit/"))


@deed("asks to look at {part} again")
def asks_again(semester: Semester, actor: Actor, part: str) -> None:
    person = Person(actor.person)
    form = person.opens(semester.at("my-result/")).form("/my-result/ask/")
    person.sends(form, part=part, words="The demo showed it, I think.")


@deed("asks for the scale {scale}")
def asks_for_scale(semester: Semester, actor: Actor, scale: str) -> None:
    person = Person(actor.person)
    person.sends(person.opens(semester.at("my-result/")).form("/scale/"), scale=scale)


@deed("ticks {items} on the checklist")
def ticks(semester: Semester, actor: Actor, items: str) -> None:
    person = Person(actor.person)
    form = person.opens(semester.at("checklist/")).form("/checklist/")
    assert set(items.split(", ")) <= form.choices["item"].keys()
    person.sends(form, item=items.split(", "))


@deed("takes the default branches, after an hour without power")
def takes_default_branches(semester: Semester, actor: Actor) -> None:
    """The portal asks by itself, a worker looks at each repository, the portal keeps the commit."""
    pushed = {each.name: each.pushed for each in semester.teams()}
    take_snapshots()
    for each in Lookup.objects.filter(status=LookupStatus.WAITING).select_related("team"):
        when = semester.moment(pushed[each.team.name])
        lookups.answer_lookup(lookup_id=each.pk, commit=f"{each.pk:040x}", committed_at=when)
    take_snapshots()
