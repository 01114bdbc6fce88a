"""Pages on which work that is not code is handed in, and read."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from portal.common.errors import Refused, TooOften
from portal.courses.access import taught
from portal.courses.dates import Calendar
from portal.courses.models import Edition, MiniProject, Team
from portal.courses.queries import place_of, standing
from portal.courses.rules import Role
from portal.deliveries import desk, domain
from portal.people.requests import Request

PAGE = 60


@require_safe
def own(request: Request, pk: int) -> HttpResponse:
    """All that a student hands in: what is due when, why then, and how it stands."""
    rows = Edition.objects.select_related("course")
    edition = get_object_or_404(rows, pk=pk, pk__in=_studied(request))
    items = desk.dues(edition, request.user, now=timezone.now())
    return render(request, "deliveries/own.html", {"edition": edition, "items": items})


def project(request: Request, pk: int) -> HttpResponse:
    """What is asked beside code in one mini-project; a POST hands one item in."""
    rows = MiniProject.objects.select_related("edition__course")
    mini_project = get_object_or_404(rows, pk=pk, edition__in=_studied(request))
    status, refused, wait = 200, "", 0
    if request.method == "POST":
        try:
            row = domain.deliver(
                mini_project=mini_project,
                deliverable=request.POST.get("item", "")[:60],
                by=request.user,
                link=request.POST.get("link", ""),
                text=request.POST.get("text", ""),
            )
        except Refused as refusal:
            refused, status = str(refusal), 422
            if isinstance(refusal, TooOften):
                status, wait = 429, refusal.seconds
        else:
            messages.success(request, "It has arrived. Hand in again whenever you improve it.")
            response = redirect("deliveries:project", pk)
            response["Location"] += f"#{row.deliverable}"
            return response
    place, calendar = (
        place_of(request.user, mini_project.edition),
        Calendar.of(mini_project.edition),
    )
    team = calendar.owner(mini_project, shared=place.shared, solo=place.solo)
    context = _shown(mini_project, team, track=place.track) | {
        "refused": refused,
        "known": domain.deliverable_of(mini_project, request.POST.get("item", "")),
        "typed": request.POST,
        "mine": True,
    }
    answer = render(request, "deliveries/project.html", context, status=status)
    if wait:
        answer.headers["Retry-After"] = str(wait)
    return answer


@require_safe
def work(request: Request, pk: int, team: int) -> HttpResponse:
    """The same for the staff: what one team handed in."""
    rows = MiniProject.objects.select_related("edition__course")
    mini_project = get_object_or_404(rows, pk=pk, edition__in=standing(request.user).staffed)
    whose = get_object_or_404(Team, pk=team, edition=mini_project.edition_id)
    context = _shown(mini_project, team) | {"team": whose, "staff": True}
    return render(request, "deliveries/project.html", context)


@require_safe
def everybody(request: Request, pk: int) -> HttpResponse:
    """The whole class: what is there, what came late, what is missing."""
    edition = taught(request, pk)
    projects = list(edition.mini_projects.order_by("order"))
    wanted = request.GET.get("project", "")
    full = {each.id for each in edition.file.mini_projects if each.deliverables}
    first = next((each for each in projects if each.slug in full), next(iter(projects), None))
    chosen = next((each for each in projects if str(each.pk) == wanted), first)
    context = {"edition": edition, "projects": projects, "project": chosen, "staff": True}
    if chosen:
        rows = desk.table(edition, chosen, now=timezone.now())
        context |= {
            "page": Paginator(rows, PAGE).get_page(request.GET.get("page")),
            "query": f"project={chosen.pk}&",
            "heads": [item.deliverable for item in rows[0][2]] if rows else [],
        }
    return render(request, "deliveries/everybody.html", context)


def _shown(mini_project: MiniProject, team: int | None, track: str = "") -> dict[str, object]:
    return {
        "mini_project": mini_project,
        "edition": mini_project.edition,
        "zone": mini_project.edition.zone,
        "pieces": desk.pieces(mini_project, team, now=timezone.now(), track=track),
    }


def _studied(request: Request) -> list[int]:
    roles = standing(request.user).roles
    return [edition for edition, role in roles.items() if role is Role.STUDENT]
