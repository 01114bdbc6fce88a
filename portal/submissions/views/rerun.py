"""All newest work of a mini-project once more: asked for on one page, which then shows how far."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseStopPolling

from portal.common.errors import Refused
from portal.courses.models import MiniProject
from portal.courses.queries import mini_projects_of, standing
from portal.people.requests import Request
from portal.submissions import domain, reruns, rules


@require_http_methods(["GET", "HEAD", "POST"])
def rerun_all(request: Request, pk: int) -> HttpResponse:
    """Show what a mass re-run would do and how far the last one is; a POST begins one."""
    mini_project = get_object_or_404(mini_projects_of(request.user), pk=pk)
    if not rules.may_rerun(standing(request.user), edition=mini_project.edition_id):
        raise Http404
    if request.method == "POST":
        return _begin(request, mini_project)
    context = _shown(mini_project)
    if not request.htmx:
        return render(request, "submissions/rerun.html", context)
    answer = render(request, "submissions/_rerun.html", context)
    under_way = context["progress"] and context["progress"].live
    return answer if under_way else HttpResponseStopPolling(answer.content)


def _begin(request: Request, mini_project: MiniProject) -> HttpResponse:
    try:
        _, queued = domain.rerun_all(
            mini_project=mini_project,
            by=request.user,
            reason=request.POST.get("reason", ""),
            anew="continue" not in request.POST,
        )
    except Refused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{queued} queued, behind what students hand in now.")
    return redirect("submissions:rerun-all", mini_project.pk)


def _shown(mini_project: MiniProject) -> dict[str, Any]:
    return {
        "mini_project": mini_project,
        "edition": mini_project.edition,
        "zone": mini_project.edition.zone,
        "staff": True,
        "deeper": True,
        "progress": reruns.progress(mini_project),
        "count": reruns.to_queue(mini_project, since=timezone.now()).count(),
        "on_its_way": reruns.on_its_way(mini_project),
    }
