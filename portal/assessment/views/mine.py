"""A student's own result: what counts, what is missing, and what would change it."""

from decimal import Decimal, InvalidOperation
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from portal.assessment import domain
from portal.assessment.models import ReviewRequest
from portal.assessment.policy.engine import evaluate
from portal.assessment.policy.facts import Contradiction
from portal.assessment.policy.results import ResitStatus
from portal.assessment.published import shown_to, stand_of
from portal.assessment.results import Book, Line, book_of, exchanged, result_of
from portal.assessment.told import grouped, told
from portal.assessment.views.people import studied
from portal.common.errors import Refused
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
    context |= {
        "told": content,
        "groups": grouped(content.get("reasons", ())),
        "requests": ReviewRequest.objects.filter(
            edition=edition, student=request.user
        ).select_related("answer__by"),
        "can_appoint": content.get("resit", {}).get("status") == ResitStatus.OPEN,
        "appointed": content.get("resit", {}).get("status") == ResitStatus.APPOINTED,
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
    marks: dict[str, tuple[Decimal, int]] = {}
    for mark in book.edition.file.marks:
        points = _points(given.get(f"mark:{mark.id}", ""))
        if points is not None and 0 <= points <= mark.highest:
            marks[mark.id] = (points, _last_chance(line, mark.id))
    if not levels and not marks:
        return None
    supposed = exchanged(line.facts, levels=levels, marks=marks)
    try:
        result = evaluate(book.policy, supposed, as_of=book.as_of)
    except Contradiction:
        return None
    return told(book, Line(line.student, supposed, result))


def _points(text: str) -> Decimal | None:
    try:
        number = Decimal(text.replace(",", "."))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


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
def appoint(request: Request, pk: int) -> HttpResponse:
    """Make an appointment for the resit, before its last day, or take it back."""
    edition = studied(request, pk)
    line = result_of(edition, request.user)
    status = line.result.resit.status if line and line.result else ResitStatus.UNKNOWN
    holds = request.POST.get("holds") != "no"
    if status is not (ResitStatus.OPEN if holds else ResitStatus.APPOINTED):
        messages.error(request, f"That cannot be done now: the resit is {status.value}.")
        return redirect("assessment:mine", edition.pk)
    domain.appoint(edition=edition, student=request.user, by=request.user, holds=holds)
    words = "You take part in the resit." if holds else "Your appointment is taken back."
    messages.success(request, words)
    return redirect("assessment:mine", edition.pk)
