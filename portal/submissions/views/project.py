"""A mini-project: what is asked, how it is judged, and the form to hand it in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from lab_specs.edition.file import MiniProjectFile
from lab_specs.faults import Code, StudentFault
from lab_specs.loader import SpecError
from lab_specs.messages import Explanation, explain
from lab_specs.schema import LabSpec
from portal.common.errors import Refused, TooOften
from portal.courses import catalog
from portal.courses.dates import Calendar
from portal.courses.deadlines import Due
from portal.courses.models import Criterion, Level, MiniProject
from portal.courses.queries import mini_projects_of, place_of, standing
from portal.courses.rules import is_staff
from portal.people.models import User
from portal.people.requests import Request
from portal.submissions import lookups
from portal.submissions.forms import FIELDS, SubmitForm
from portal.submissions.models import Attempt, Submission
from portal.submissions.queries import HEAVY, attempts_visible_to


@dataclass(frozen=True, slots=True)
class RubricTable:
    """A rubric as a table: one column per level, one row per criterion."""

    levels: Sequence[str]
    rows: Sequence[tuple[Criterion, Sequence[tuple[Level, Sequence[str]]]]]


@dataclass(frozen=True, slots=True)
class LabPage:
    """A lab as its mini-project shows it. `spec` is None when the shelf lost the lab.

    `newest`: the last attempt of those who look; `chosen`: they named it or took it last.
    """

    id: str
    spec: LabSpec | None
    rubric: RubricTable
    newest: Attempt | None
    chosen: bool


def project(request: Request, pk: int) -> HttpResponse:
    """Show a mini-project; a POST asks for a link to be looked up."""
    mini_project = get_object_or_404(mini_projects_of(request.user), pk=pk)
    first = begin_with(mini_project, request.user, request.GET.get("lab", ""))
    form = SubmitForm(request.POST or None, labs=lab_choices(mini_project), initial=first)
    chosen = request.POST.get("lab", first.get("lab", ""))
    fault: Explanation | None = None
    wait = 0
    if request.method == "POST" and form.is_valid():
        try:
            lookup = lookups.ask(
                mini_project=mini_project, person=request.user, **form.cleaned_data
            )
        except Refused as error:
            form.add_error(None, str(error))
            if isinstance(error, TooOften):
                wait = error.seconds
        except StudentFault as error:
            fault = blame(form, error.code, error.facts)
        else:
            return redirect("submissions:lookup", lookup.pk)
    context = page(request, mini_project, form, chosen=chosen) | {"fault": fault}
    status = 429 if wait else 422 if form.errors else 200
    answer = render(request, "submissions/project.html", context, status=status)
    if wait:
        answer.headers["Retry-After"] = str(wait)
    return answer


def page(
    request: Request, mini_project: MiniProject, form: SubmitForm, *, chosen: str
) -> dict[str, Any]:
    """What the page of a mini-project shows. `chosen`: the lab whose brief is open."""
    who = standing(request.user)
    dates = Calendar.of(mini_project.edition)
    shelf, problem = known_labs()
    attempts = list(
        attempts_visible_to(request.user)
        .filter(submission__mini_project=mini_project, submission__team__in=who.teams)
        .defer(*HEAVY)
        .order_by("-submission", "-number")
    )
    return {
        "mini_project": mini_project,
        "edition": mini_project.edition,
        "dates": dates,
        "due": due_for(request.user, mini_project, dates),
        "labs": lab_pages(mini_project, shelf, attempts, chosen=chosen),
        "how": how_labs_count(dates.part(mini_project), len(mini_project.labs)),
        "broken": problem,
        "own": rubric_table(mini_project, "", {}),
        "form": form,
        "staff": is_staff(who, edition=mini_project.edition_id),
        "attempts": attempts,
    }


def due_for(person: User, mini_project: MiniProject, dates: Calendar) -> Due:
    """The deadline as it holds for a student; for staff, as it holds for everybody."""
    place = place_of(person, mini_project.edition)
    team = dates.owner(mini_project, shared=place.shared, solo=place.solo)
    return dates.code_due(mini_project, team, place.track)


def blame(form: SubmitForm, code: Code, facts: Mapping[str, Any]) -> Explanation:
    """Explain a fault, and mark the field that it is about."""
    words = explain(code, facts)
    name = FIELDS.get(code)
    if code is Code.UNSAFE_PATH:
        typed = str(form["dockerfile"].value() or "").strip()
        name = "dockerfile" if typed and typed == facts.get("path") else "context"
    if form.is_bound:
        form.add_error(name, words.happened.replace("`", ""))
    return words


def known_labs() -> tuple[Mapping[str, LabSpec], str]:
    """The shelf; when a lab on it cannot be read, nothing, and which file, line and field."""
    try:
        return catalog.shelf(), ""
    except SpecError as error:
        return {}, str(error)


def lab_choices(mini_project: MiniProject) -> list[tuple[str, str]]:
    """The labs that may be handed in, by id, with their titles."""
    shelf, _ = known_labs()
    return [(lab, shelf[lab].file.title if lab in shelf else lab) for lab in mini_project.labs]


def begin_with(mini_project: MiniProject, person: User, named: str) -> dict[str, str]:
    """The lab that the form starts with: the one that a link names, else what was taken last."""
    if len(mini_project.labs) > 1 and named not in mini_project.labs:
        work = Submission.objects.filter(
            mini_project=mini_project, team__in=standing(person).teams
        ).order_by("-pk")
        named = work.values_list("lab", flat=True).first() or ""
    return {"lab": named} if named in mini_project.labs else {}


def how_labs_count(part: MiniProjectFile | None, labs: int) -> str:
    """What handing in comes to here, where it is not one lab whose levels count."""
    several = f"There are {labs} labs here. " if labs > 1 else ""
    if labs and part and not part.counts:
        says = "Do any of them, in any order. " if several else ""
        return f"{several}{says}Nothing here counts for your result; it is for feedback."
    if labs and part and not part.lab_decides:
        says = "Hand in any of them, or several. " if several else ""
        return (
            f"{several}{says}What the checks find is evidence: your lecturer decides,"
            " by the criteria at the end of this page."
        )
    if several:
        return f"Choose one of {labs} labs. Should you hand in another one later, that one counts."
    return ""


def lab_pages(
    mini_project: MiniProject,
    shelf: Mapping[str, LabSpec],
    attempts: Sequence[Attempt],
    *,
    chosen: str,
) -> list[LabPage]:
    """Every lab of a mini-project with its brief and its rubric. `attempts`: newest first."""
    newest = {each.submission.lab: each for each in reversed(attempts)}
    pages = []
    for lab in mini_project.labs:
        spec = shelf.get(lab)
        titles: dict[tuple[str, str], list[str]] = {}
        for check in spec.checks if spec else ():
            titles.setdefault((check.criterion, check.level), []).append(check.title)
        rubric = rubric_table(mini_project, lab, titles)
        pages.append(LabPage(lab, spec, rubric, newest.get(lab), chosen=lab == chosen))
    return pages


def rubric_table(
    mini_project: MiniProject, lab: str, titles: Mapping[tuple[str, str], Sequence[str]]
) -> RubricTable:
    """The rubric of one lab, or (lab "") of what is judged whichever lab was taken."""
    criteria = list(mini_project.criteria.filter(lab=lab).prefetch_related("levels"))
    rows = [
        (
            criterion,
            [
                (cell, titles.get((criterion.slug, cell.name), ()))
                for cell in criterion.levels.all()
            ],
        )
        for criterion in criteria
    ]
    return RubricTable([level.name for level, _ in rows[0][1]] if rows else [], rows)
