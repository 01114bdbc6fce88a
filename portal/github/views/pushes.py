"""Turning “grade every push” on and off, and the badge for a README."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import condition, require_POST, require_safe

from portal.common.errors import Refused
from portal.courses.models import Team
from portal.courses.queries import mini_projects_of, standing
from portal.courses.rules import is_member
from portal.github import badges, watches
from portal.github.models import Watch
from portal.people.requests import Request

FRESH = 60  # seconds for which a badge may be shown without asking again


@require_POST
def on_push(request: Request, pk: int, team_pk: int) -> HttpResponse:
    """Turn it on or off, for a team's work."""
    mini_project = get_object_or_404(mini_projects_of(request.user), pk=pk)
    who = standing(request.user)
    mine = is_member(who, team=team_pk)
    rows = Team.objects.filter(edition=mini_project.edition_id)
    if not mine:
        rows = rows.filter(edition__in=who.staffed)
    team = get_object_or_404(rows, pk=team_pk)
    if request.POST.get("on") == "1":
        try:
            done = watches.turn_on(mini_project=mini_project, team=team, by=request.user)
        except Refused as error:
            messages.error(request, str(error))
        else:
            words = "Every push is graded from now on." if done else "GitHub is being asked."
            messages.success(request, words)
    else:
        watches.turn_off(mini_project=mini_project, team=team)
        messages.success(request, "Pushes are graded no more. Hand in by a link as before.")
    if mine:
        return redirect("submissions:project", mini_project.pk)
    return redirect("deliveries:work", mini_project.pk, team.pk)


def _etag(request: HttpRequest, slug: str) -> str | None:
    del request
    watch = Watch.objects.select_related("mini_project").filter(badge=slug).first()
    return badges.of(watch).etag if watch else None


@login_not_required
@require_safe
@condition(etag_func=_etag)
def badge(request: HttpRequest, slug: str) -> HttpResponse:
    """The newest attempt as a picture, for whoever has its address."""
    watch = get_object_or_404(Watch.objects.select_related("mini_project"), badge=slug)
    shown = {"badge": badges.of(watch)}
    answer = render(request, "github/badge.svg", shown, content_type="image/svg+xml")
    answer.headers["Cache-Control"] = f"public, max-age={FRESH}"
    return answer
