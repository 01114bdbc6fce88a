"""An assessor reads the evidence and decides, criterion by criterion."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from portal.assessment import domain
from portal.assessment.desk import Desk, Judged, desk_of, judged
from portal.assessment.models.decisions import FIRST, RESIT
from portal.assessment.queries import Line, review_queue, shuffled
from portal.common.errors import Refused
from portal.common.typed import whole
from portal.courses.access import student_of, taught
from portal.courses.domain import team_for
from portal.courses.models import Level, MiniProject, Team
from portal.courses.queries import standing
from portal.people.requests import Request
from portal.submissions.figures import grids_of
from portal.submissions.messages import words_of
from portal.submissions.queries import attempts_visible_to


@require_safe
def review(request: Request, pk: int) -> HttpResponse:
    """All criteria of an attempt's work, beside the evidence."""
    return _page(request, _of_attempt(request, pk))


@require_safe
def assess(request: Request, pk: int, team: int) -> HttpResponse:
    """The same for a team's work for a mini-project, whether anything was handed in or not."""
    return _page(request, _of_team(request, pk, team))


@require_POST
def decide(request: Request, pk: int, criterion: int) -> HttpResponse:
    """Take the decision on one criterion of an attempt's work."""
    return _decide(request, _of_attempt(request, pk), criterion)


@require_POST
def assess_one(request: Request, pk: int, team: int, criterion: int) -> HttpResponse:
    """Take the decision on one criterion of a team's work."""
    return _decide(request, _of_team(request, pk, team), criterion)


@require_POST
def draft(request: Request, pk: int, criterion: int) -> HttpResponse:
    """Keep what the assessor has typed so far; it decides nothing."""
    return _draft(request, _of_attempt(request, pk), criterion)


@require_POST
def assess_draft(request: Request, pk: int, team: int, criterion: int) -> HttpResponse:
    """The same, of a team's work."""
    return _draft(request, _of_team(request, pk, team), criterion)


@require_POST
def open_desk(request: Request, pk: int, person: int) -> HttpResponse:
    """Go to the assessment of a student's work, whose team is made if there is none yet."""
    edition = taught(request, pk)
    student = student_of(edition, person)
    mini_project = get_object_or_404(MiniProject, edition=edition, slug=request.POST.get("part"))
    try:
        team = team_for(person=student, mini_project=mini_project)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("assessment:record", edition.pk, student.pk)
    return redirect("assessment:assess", mini_project.pk, team.pk)


def _page(request: Request, desk: Desk) -> HttpResponse:
    lines, outcomes = desk.lines(), desk.outcomes()
    context = _shown(desk, lines) | {
        "judged": [judged(line, outcomes) for line in lines],
        "demos": desk.demos(),
        "beside": desk.beside(),
        **_neighbours(desk),
    }
    if desk.attempt is not None:
        context["transitions"] = desk.attempt.transitions.select_related("by")
        context["figures"] = grids_of(desk.attempt)
    return render(request, "assessment/review.html", context)


def _decide(request: Request, desk: Desk, criterion: int) -> HttpResponse:
    line = _line(desk, criterion)
    level, comment = request.POST.get("level", ""), request.POST.get("comment", "")
    seen = whole(request.POST.get("seen", "")) or 0
    error = ""
    try:
        domain.decide(
            team=desk.team,
            criterion=line.criterion,
            level=_level(line, level),
            by=request.user,
            attempt=desk.attempt,
            comment=comment,
            seen=seen,
            chance=desk.chance,
        )
    except Refused as refusal:
        error = str(refusal)
    if not request.htmx:
        if error:
            messages.error(request, f"{line.criterion.title}: {error}")
        else:
            messages.success(request, f"{line.criterion.title}: saved.")
        return redirect(f"{desk.here}{desk.query}#criterion-{line.criterion.pk}")
    lines = desk.lines()
    fresh = next(each for each in lines if each.criterion.pk == criterion)
    shown = judged(fresh, desk.outcomes())
    if error:
        theirs = fresh.assessment if shown.seen != seen else None
        shown = Judged(
            fresh, shown.outcome, chosen=level, comment=comment, error=error, theirs=theirs
        )
    context = _shown(desk, lines) | {"each": shown, "saved": not error}
    status = 422 if error else 200
    return render(request, "assessment/_criterion.html", context, status=status)


def _draft(request: Request, desk: Desk, criterion: int) -> HttpResponse:
    line = _line(desk, criterion)
    chosen = [each for each in line.levels if str(each.pk) == request.POST.get("level", "")]
    kept = domain.keep_draft(
        team=desk.team,
        criterion=line.criterion,
        level=chosen[0] if chosen else None,
        comment=request.POST.get("comment", ""),
        by=request.user,
        chance=desk.chance,
    )
    return render(request, "assessment/_draft.html", {"kept": kept})


def _of_attempt(request: Request, pk: int) -> Desk:
    """The attempt's work, for the staff of its edition; nothing is here for anybody else."""
    attempt = get_object_or_404(
        attempts_visible_to(request.user),
        pk=pk,
        submission__mini_project__edition__in=standing(request.user).staffed,
    )
    work = attempt.submission
    return Desk(work.team, work.mini_project, attempt, _chance(request), request.user, True)


def _of_team(request: Request, pk: int, team: int) -> Desk:
    staffed = standing(request.user).staffed
    mini_project = get_object_or_404(
        MiniProject.objects.select_related("edition__course"), pk=pk, edition__in=staffed
    )
    found = get_object_or_404(Team, pk=team, edition=mini_project.edition)
    return desk_of(mini_project, found, request.user, _chance(request))


def _chance(request: Request) -> int:
    return RESIT if request.GET.get("chance") == str(RESIT) else FIRST


def _line(desk: Desk, criterion: int) -> Line:
    for line in desk.lines():
        if line.criterion.pk == criterion:
            return line
    raise Http404


def _level(line: Line, pk: str) -> Level:
    for level in line.levels:
        if str(level.pk) == pk:
            return level
    raise Refused("Choose one of the levels first.")


def _shown(desk: Desk, lines: Sequence[Line]) -> dict[str, Any]:
    edition = desk.mini_project.edition
    return {
        "desk": desk,
        "attempt": desk.attempt,
        "work": desk.attempt.submission if desk.attempt else None,
        "team": desk.team,
        "mini_project": desk.mini_project,
        "edition": edition,
        "zone": edition.zone,
        "words": words_of(desk.attempt) if desk.attempt else None,
        "resit": desk.chance == RESIT,
        "decided": sum(line.assessment is not None for line in lines),
        "criteria": len(lines),
    }


def _neighbours(desk: Desk) -> dict[str, Any]:
    """The queue around this attempt, in the person's own order; from outside, to its first."""
    edition = desk.mini_project.edition
    queue = [each.attempt.pk for each in shuffled(review_queue(edition), edition, desk.person)]
    own = desk.attempt.pk if desk.attempt else None
    others = [pk for pk in queue if pk != own]
    here = queue.index(own) if own in queue else 0
    return {
        "before": queue[here - 1] if here > 0 else None,
        "after": others[here] if here < len(others) else None,
        "waiting": len(others),
    }
