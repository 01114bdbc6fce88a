"""A student's own result: what counts, what is missing, and what would change it."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.assessment import domain
from portal.assessment.models import ReviewRequest, Tick
from portal.assessment.policy.engine import evaluate
from portal.assessment.policy.facts import Contradiction
from portal.assessment.policy.results import ResitStatus
from portal.assessment.published import shown_to, stand_of
from portal.assessment.results import Book, Line, book_of, exchanged
from portal.assessment.told import grouped, told
from portal.common.errors import Refused
from portal.common.typed import number
from portal.courses import domain as courses
from portal.courses.access import studied
from portal.courses.models import Enrolment, Team
from portal.people.requests import Request


@require_safe
def mine(request: Request, pk: int) -> HttpResponse:
    """The published result, or how it stands now; and what-if, as a fragment too."""
    edition = studied(request, pk)
    stand = stand_of(edition)
    shown = shown_to(edition, request.user, stand)
    context: dict[str, Any] = {"edition": edition, "stand": stand, "shown": shown}
    if shown:
        content = shown.content
    else:
        book = book_of(edition, people=[request.user.pk])
        content = told(book, book.lines[0])
        supposed = what_if(book, book.lines[0], request.GET)
        context |= {"what_if": supposed, "asked": bool(request.GET), "given": request.GET}
    if request.htmx:
        return render(request, "assessment/_what_if.html", context)
    resit = content.get("resit") or {}
    context |= {
        "told": content,
        "groups": grouped(content.get("reasons", ())),
        "requests": ReviewRequest.objects.filter(
            edition=edition, student=request.user
        ).select_related("answer__by"),
        "enrolment": Enrolment.objects.get(edition=edition, person=request.user),
        "can_appoint": resit.get("status") == ResitStatus.OPEN,
        "appointed": resit.get("status") == ResitStatus.APPOINTED,
        "titles": {each.id: each.title for each in edition.file.mini_projects}
        | {each.id: each.title for each in edition.file.marks},
    }
    return render(request, "assessment/mine.html", context)


def what_if(book: Book, line: Line, given: QueryDict) -> dict[str, Any] | None:
    """The result if these levels and marks were so; None when nothing was supposed.

    `level:<part>:<criterion>` and `mark:<mark>` name what is supposed; what the edition does not
    know is left out.
    """
    if line.result is None or book.policy is None:
        return None
    levels: dict[tuple[str, str], tuple[str, int]] = {}
    for standing in line.result.standings.values():
        for each in standing.reached:
            chosen = given.get(f"level:{standing.part}:{each.criterion}", "")
            if chosen in each.levels and chosen != each.level:
                chance = 2 if standing.lost else getattr(each.fact, "chance", 1)
                levels[standing.part, each.criterion] = (chosen, chance)
    marks = {
        mark.id: (points, _last_chance(line, mark.id))
        for mark in book.edition.file.marks
        if (points := number(given.get(f"mark:{mark.id}", ""))) is not None
        and 0 <= points <= mark.highest
    }
    if not levels and not marks:
        return None
    supposed = exchanged(line.facts, levels=levels, marks=marks)
    try:
        result = evaluate(book.policy, supposed, as_of=book.as_of)
    except Contradiction:
        return None
    return told(book, Line(line.student, supposed, result))


def _last_chance(line: Line, mark: str) -> int:
    given = [getattr(f, "chance", 1) for f in line.facts if getattr(f, "mark", "") == mark]
    return max(given, default=1)


@require_POST
def ask(request: Request, pk: int) -> HttpResponse:
    """Ask staff to look again."""
    edition = studied(request, pk)
    try:
        domain.ask_again(
            edition=edition,
            student=request.user,
            words=request.POST.get("words", ""),
            part=request.POST.get("part", ""),
        )
        messages.success(request, "Your request is on the record; the answer will stand here.")
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("assessment:mine", edition.pk)


@require_POST
def scale(request: Request, pk: int) -> HttpResponse:
    """Ask for a grade on another scale of the edition."""
    edition = studied(request, pk)
    try:
        courses.ask_scale(
            edition=edition, student=request.user, scale=request.POST.get("scale", "")
        )
        messages.success(request, "Noted, with today's date. Whoever examines you gives the grade.")
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("assessment:mine", edition.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def checklist(request: Request, pk: int) -> HttpResponse:
    """What a team has done of the edition's checklist; a POST says all that it has done now."""
    edition = studied(request, pk)
    team = Team.objects.filter(
        edition=edition, solo=False, memberships__person=request.user
    ).first()
    done = _ticked(team)
    if request.method == "POST":
        sent = set(request.POST.getlist("item"))
        for each in edition.file.checklist if team else ():
            if (each.id in sent) is not (each.id in done) and team:
                domain.tick(team=team, item=each.id, ticked=each.id in sent, by=request.user)
        messages.success(request, "Kept. Your lecturers see it, too.")
        return redirect("assessment:checklist", edition.pk)
    items = [(each, each.id in done) for each in edition.file.checklist]
    context = {"edition": edition, "team": team, "items": items, "done": sum(d for _, d in items)}
    return render(request, "assessment/checklist.html", context)


def _ticked(team: Team | None) -> set[str]:
    """The items that the newest word on them ticks."""
    rows = Tick.objects.filter(team=team).order_by("pk").values_list("item", "ticked")
    return {item for item, ticked in dict(rows).items() if ticked}


@require_POST
def appoint(request: Request, pk: int) -> HttpResponse:
    """Make an appointment for the resit, before its last day, or take it back."""
    edition = studied(request, pk)
    holds = request.POST.get("holds") != "no"
    try:
        domain.take_part(edition=edition, student=request.user, holds=holds)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        words = "You take part in the resit." if holds else "Your appointment is taken back."
        messages.success(request, words)
    return redirect("assessment:mine", edition.pk)
