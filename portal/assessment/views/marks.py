"""Marks by hand: one after the other, or from a file."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lab_specs.edition.syllabus import MarkFile
from portal.assessment import domain, marksheet
from portal.assessment.domain.people import Owner
from portal.assessment.models import Mark, MarkEvent
from portal.assessment.models.decisions import FIRST, RESIT
from portal.common.errors import Refused
from portal.common.typed import number, whole
from portal.courses import sheets
from portal.courses.access import student_of, taught
from portal.courses.models import Edition, Team
from portal.people.requests import Request

PAGE = 50


@require_safe
def marks(request: Request, pk: int) -> HttpResponse:
    """The marks of an edition, and how many of each are given."""
    edition = taught(request, pk)
    given = list(
        Mark.objects.filter(edition=edition, points__isnull=False).values_list("mark", "chance")
    )
    rows = [
        (each, given.count((each.id, FIRST)), given.count((each.id, RESIT)))
        for each in edition.file.marks
    ]
    return render(request, "assessment/marks.html", {"edition": edition, "rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
def mark(request: Request, pk: int, mark: str) -> HttpResponse:
    """Everybody's mark of one kind; saving one of them."""
    edition = taught(request, pk)
    file, chance = _mark(edition, mark), _chance(request)
    context: dict[str, Any] = {"edition": edition, "mark": file, "chance": chance, "resit": RESIT}
    if request.method == "POST":
        return _save(request, edition, file, chance, context)
    owners = marksheet.owners_of(edition, file)
    name = request.GET.get("name", "").strip()[:100]
    owners = [each for each in owners if name.casefold() in str(each.name).casefold()]
    page = Paginator(owners, PAGE).get_page(request.GET.get("page"))
    held = {
        marksheet.key_of(each): each
        for each in Mark.objects.filter(**_place(edition, file, chance))
    }
    context |= {
        "page": page,
        "name": name,
        "query": f"name={name}&chance={chance}&" if name or chance != FIRST else "",
        "rows": [(owner, held.get(marksheet.owner_key(owner))) for owner in page.object_list],
        "events": MarkEvent.objects.filter(**_place(edition, file, chance))
        .select_related("by", "student", "team")
        .order_by("-pk")[:PAGE],
    }
    return render(request, "assessment/mark.html", context)


@require_POST
def upload(request: Request, pk: int, mark: str) -> HttpResponse:
    """Preview a file of marks; with the preview's own digest, store it."""
    edition = taught(request, pk)
    file, chance = _mark(edition, mark), _chance(request)
    here = f"{reverse('assessment:mark', args=[edition.pk, file.id])}?chance={chance}"
    given = request.FILES.get("file")
    try:
        typed = request.POST.get("table", "").encode()
        data = typed if given is None else given.read(sheets.MAX_BYTES + 1)
        sheet = sheets.read(data)
        found = marksheet.plan(edition, file.id, sheet, chance=chance)
        if request.POST.get("digest") == found.digest:
            stored = marksheet.store(found, edition=edition, by=request.user)
            messages.success(request, f"{stored} marks stored.")
            return redirect(here)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect(here)
    if request.POST.get("digest"):
        messages.warning(request, "Something changed meanwhile. Look at the preview again.")
    context = {
        "edition": edition,
        "mark": file,
        "chance": chance,
        "plan": found,
        "notes": sheet.notes,
        "table": marksheet.as_csv(sheet),
    }
    return render(request, "assessment/upload.html", context, status=422 if found.problems else 200)


def _save(
    request: Request, edition: Edition, file: MarkFile, chance: int, context: dict[str, Any]
) -> HttpResponse:
    """One mark, from its own small form."""
    owner = _owner(edition, file, request.POST.get("owner", ""))
    error, text = "", request.POST.get("points", "").strip()
    try:
        domain.give_mark(
            edition=edition,
            mark=file.id,
            owner=owner,
            points=_points(text),
            by=request.user,
            reason=request.POST.get("reason", ""),
            chance=chance,
            seen=whole(request.POST.get("seen", "")) or 0,
        )
    except Refused as refusal:
        error = str(refusal)
    if not request.htmx:
        if error:
            messages.error(request, f"{owner.name}: {error}")
        else:
            messages.success(request, f"{owner.name}: saved.")
        return redirect(f"{request.path}?chance={chance}")
    column = {"team": owner} if isinstance(owner, Team) else {"student": owner}
    held = Mark.objects.filter(**_place(edition, file, chance), **column).first()
    context |= {"owner": owner, "held": held, "error": error, "typed": text, "saved": not error}
    return render(request, "assessment/_mark.html", context, status=422 if error else 200)


def _points(text: str) -> Decimal | None:
    if not text:
        return None
    points = number(text)
    if points is None:
        raise Refused(f"{text[:40]!r} is not a number.")
    return points


def _mark(edition: Edition, name: str) -> MarkFile:
    found = next((each for each in edition.file.marks if each.id == name), None)
    if found is None:
        raise Http404
    return found


def _chance(request: Request) -> int:
    both = (request.POST.get("chance"), request.GET.get("chance"))
    return RESIT if str(RESIT) in both else FIRST


def _place(edition: Edition, file: MarkFile, chance: int) -> dict[str, Any]:
    return {"edition": edition, "mark": file.id, "chance": chance}


def _owner(edition: Edition, file: MarkFile, key: str) -> Owner:
    pk = whole(key) or 0
    if file.by == "student":
        return student_of(edition, pk)
    team = Team.objects.filter(edition=edition, solo=False, pk=pk).first()
    if team is None:
        raise Http404
    return team
