"""Staff have the groups of a mini-project compared, and look at what that shows."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseStopPolling

from lab_specs.faults import Code, StudentFault
from lab_specs.messages import Explanation, explain
from portal.common.errors import Refused
from portal.courses.models import MiniProject
from portal.courses.queries import standing
from portal.people.requests import Request
from portal.similarity import domain
from portal.similarity.models import Comparison, Pair, Part

EARLIER = 10  # comparisons that are listed


@require_http_methods(["GET", "HEAD", "POST"])
def project(request: Request, pk: int) -> HttpResponse:
    """The comparisons of a mini-project; a POST asks for a new one."""
    rows = MiniProject.objects.select_related("edition__course")
    mini_project = get_object_or_404(rows, pk=pk, edition__in=standing(request.user).staffed)
    trouble: dict[str, Any] = {}
    if request.method == "POST":
        try:
            row = domain.begin(
                mini_project=mini_project,
                by=request.user,
                template=request.POST.get("template", ""),
                ref=request.POST.get("ref", ""),
                now=timezone.now(),
            )
        except Refused as refusal:
            trouble = {"refused": str(refusal)}
        except StudentFault as fault:
            trouble = {"fault": explain(fault.code, fault.facts)}
        else:
            return redirect("similarity:comparison", row.pk)
    context = {
        **_placed(mini_project),
        **trouble,
        "typed": request.POST,
        "teams": len(domain.newest(mini_project)),
        "least": domain.LEAST_TEAMS,
        "most": domain.MOST_TEAMS,
        "earlier": mini_project.comparisons.select_related("by")[:EARLIER],
    }
    return render(request, "similarity/project.html", context, status=422 if trouble else 200)


@require_safe
def comparison(request: Request, pk: int) -> HttpResponse:
    """How far a comparison is, and what it found."""
    row = _comparison(request, pk)
    parts = list(row.parts.select_related("submission__team").order_by("submission__team"))
    context = {
        **_placed(row.mini_project),
        "row": row,
        "live": row.finished_at is None,
        "parts": parts,
        "read": [part for part in parts if part.read_at],
        "unread": [(part, _words(part)) for part in parts if part.fault],
        "cut": [part for part in parts if part.left_out or not part.whole],
        "fault": _words(row),
        "pairs": row.pairs.select_related("left__submission__team", "right__submission__team"),
    }
    if not request.htmx:
        return render(request, "similarity/comparison.html", context)
    answer = render(request, "similarity/_comparison.html", context)
    return answer if context["live"] else HttpResponseStopPolling(answer.content)


@require_safe
def pair(request: Request, pk: int, number: int) -> HttpResponse:
    """Two teams' work side by side: what exactly they have in common."""
    row = _comparison(request, pk)
    rows = Pair.objects.select_related("left__submission__team", "right__submission__team")
    found = get_object_or_404(rows, comparison=row, number=number)
    context = {**_placed(row.mini_project), "row": row, "pair": found}
    return render(request, "similarity/pair.html", context)


def _comparison(request: Request, pk: int) -> Comparison:
    rows = Comparison.objects.select_related("mini_project__edition__course", "by")
    staffed = standing(request.user).staffed
    return get_object_or_404(rows, pk=pk, mini_project__edition__in=staffed)


def _placed(mini_project: MiniProject) -> dict[str, Any]:
    edition = mini_project.edition
    return {"mini_project": mini_project, "edition": edition, "zone": edition.zone, "staff": True}


def _words(row: Comparison | Part) -> Explanation | None:
    return explain(Code(row.fault), row.facts) if row.fault else None
