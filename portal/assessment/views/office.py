"""What staff settle besides: resits, requests to look again, the coverage of outcomes."""

from collections import Counter

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from lab_specs.edition.file import EditionFile
from portal.assessment import domain
from portal.assessment.models import ReviewRequest
from portal.assessment.results import book_of, resit_of
from portal.common.errors import Refused
from portal.courses.access import taught
from portal.people.requests import Request

PAGE = 50


@require_safe
def resits(request: Request, pk: int) -> HttpResponse:
    """Who has to redo what, and whether it is arranged."""
    edition = taught(request, pk)
    book = book_of(edition)
    due = [(line.student, resit) for line in book.lines if (resit := resit_of(book, line))]
    status = request.GET.get("status", "")
    counts = Counter(resit.status.value for _, resit in due)
    shown = [each for each in due if status in {"", each[1].status.value}]
    titles = {each.id: each.title for each in edition.file.mini_projects}
    page = Paginator(shown, PAGE).get_page(request.GET.get("page"))
    rows = [
        (student, resit, [titles[part] for part in resit.parts])
        for student, resit in page.object_list
    ]
    context = {
        "edition": edition,
        "page": page,
        "rows": rows,
        "counts": dict(counts),
        "status": status,
        "query": f"status={status}&" if status in counts else "",
        "titles": titles,
    }
    return render(request, "assessment/resits.html", context)


@require_safe
def requests(request: Request, pk: int) -> HttpResponse:
    """Requests to look again: those that wait first, the oldest first."""
    edition = taught(request, pk)
    found = ReviewRequest.objects.filter(edition=edition).select_related("student", "answer__by")
    waiting = found.filter(answer=None).order_by("pk")
    answered = found.exclude(answer=None).order_by("-pk")
    page = Paginator([*waiting, *answered], PAGE).get_page(request.GET.get("page"))
    titles = {each.id: each.title for each in edition.file.mini_projects}
    titles |= {each.id: each.title for each in edition.file.marks}
    context = {"edition": edition, "page": page, "titles": titles, "waiting": len(waiting)}
    return render(request, "assessment/requests.html", context)


@require_POST
def answer(request: Request, pk: int, number: int) -> HttpResponse:
    """Answer a request, on the record."""
    edition = taught(request, pk)
    found = get_object_or_404(ReviewRequest, pk=number, edition=edition)
    try:
        domain.answer(
            request=found,
            words=request.POST.get("words", ""),
            changed=request.POST.get("changed") == "yes",
            by=request.user,
        )
        messages.success(request, "Your answer is on the record; the student reads it.")
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("assessment:requests", edition.pk)


@require_safe
def outcomes(request: Request, pk: int) -> HttpResponse:
    """Which learning outcomes each mini-project serves, and which nothing serves."""
    edition = taught(request, pk)
    return render(
        request, "assessment/outcomes.html", {"edition": edition, **coverage(edition.file)}
    )


def coverage(file: EditionFile) -> dict[str, object]:
    """Outcomes by mini-projects and activities; the competences that each outcome leans on."""
    titles = [each.title for each in file.mini_projects]
    rows = []
    for outcome in file.outcomes:
        served = [outcome.id in each.outcomes for each in file.mini_projects]
        activities = [each.title for each in file.activities if outcome.id in each.objectives]
        text = outcome.text.get(file.language) or next(iter(outcome.text.values()))
        rows.append((outcome, text, served, activities, any(served) or bool(activities)))
    return {"columns": titles, "rows": rows, "uncovered": sum(not row[-1] for row in rows)}
