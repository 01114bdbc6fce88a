"""The sheet beside a demo or a video: all that a lecturer needs, on one page."""

from collections import Counter
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from portal.assessment.queries import rubric
from portal.common.errors import Refused
from portal.common.typed import whole
from portal.courses.models import Enrolment
from portal.courses.queries import standing
from portal.demos import domain
from portal.demos.forms import filled
from portal.demos.models import Booking, DemoNote, VideoLink
from portal.demos.offers import Status
from portal.demos.queries import desk_of
from portal.people.requests import Request
from portal.submissions.models import Attempt, Submission
from portal.submissions.outcome import outcome_of

Shown = Booking | VideoLink


@require_safe
def of_booking(request: Request, pk: int) -> HttpResponse:
    """The sheet of a booking."""
    return render(request, "demos/sheet.html", _context(_booking(request, pk)))


@require_safe
def of_video(request: Request, pk: int) -> HttpResponse:
    """The sheet of a video."""
    return render(request, "demos/sheet.html", _context(_video(request, pk)))


@require_POST
def save_booking(request: Request, pk: int) -> HttpResponse:
    """Keep what stands on the sheet of a booking; and finish it, if so asked."""
    return _save(request, _booking(request, pk))


@require_POST
def save_video(request: Request, pk: int) -> HttpResponse:
    """Keep what stands on the sheet of a video; and finish it, if so asked."""
    return _save(request, _video(request, pk))


def _booking(request: Request, pk: int) -> Booking:
    return get_object_or_404(
        Booking.objects.select_related("slot__by", "mini_project__edition__course", "team"),
        pk=pk,
        mini_project__edition__in=standing(request.user).staffed,
    )


def _video(request: Request, pk: int) -> VideoLink:
    return get_object_or_404(
        VideoLink.objects.select_related("mini_project__edition__course", "team", "by"),
        pk=pk,
        mini_project__edition__in=standing(request.user).staffed,
    )


def _save(request: Request, of: Shown) -> HttpResponse:
    sheet, error = None, ""
    seen = whole(request.POST.get("seen", "")) or 0
    finishes = "finish" in request.POST and not request.htmx
    try:
        sheet = domain.save_sheet(of=of, filled=filled(request.POST), by=request.user, seen=seen)
        if finishes:
            domain.finish(sheet=sheet, by=request.user, reason=request.POST.get("reason", ""))
    except Refused as refusal:
        error = str(refusal)
    if request.htmx:
        context = {"sheet": sheet, "error": error, "zone": of.mini_project.edition.zone}
        return render(request, "demos/_saved.html", context, status=422 if error else 200)
    if error:
        messages.error(request, error)
    else:
        messages.success(request, "Finished." if finishes else "Saved.")
    name = "video-sheet" if isinstance(of, VideoLink) else "sheet"
    return redirect(reverse(f"demos:{name}", args=[of.pk]))


def _context(of: Shown) -> dict[str, Any]:
    project, team = of.mini_project, of.team
    edition = project.edition
    desk = desk_of(edition)
    occasion = desk.terms.occasion(project.slug, of.item)
    part = next((each for each in edition.file.mini_projects if each.id == project.slug), None)
    attempt = _newest(of)
    sheet = (
        DemoNote.objects.filter(booking=of)
        if isinstance(of, Booking)
        else (DemoNote.objects.filter(video=of))
    )
    note = sheet.select_related("by").first()
    return {
        "of": of,
        "video": of if isinstance(of, VideoLink) else None,
        "booking": of if isinstance(of, Booking) else None,
        "over": isinstance(of, Booking) and of.status == Status.CANCELLED,
        "history": of.events.select_related("by") if isinstance(of, Booking) else (),
        "edition": edition,
        "zone": edition.zone,
        "project": project,
        "title": occasion.title if occasion else project.title,
        "due": desk.calendar.due(project, team.pk, of.item),
        "part": part,
        "sheet": note,
        "attempt": attempt,
        "outcome": outcome_of(attempt) if attempt else (),
        "members": _members(of),
        "lines": [
            {
                "line": line,
                "level": (note.levels if note else {}).get(str(line.criterion.pk)),
                "shown": (note.shown if note else {}).get(str(line.criterion.pk)),
            }
            for line in rubric(mini_project=project, team=team, attempt=attempt)
        ],
    }


def _newest(of: Shown) -> Attempt | None:
    attempts = Attempt.objects.filter(
        submission__team=of.team, submission__mini_project=of.mini_project
    )
    rows = attempts.select_related("submission__mini_project__edition", "submission__team")
    return rows.order_by("-submission", "-number").first()


def _members(of: Shown) -> list[dict[str, Any]]:
    """Each member with their track, and how often they handed in: information, no measure."""
    edition = of.mini_project.edition
    titles = {each.id: each.title for each in edition.file.tracks}
    people = Enrolment.objects.filter(edition=edition, person__memberships__team=of.team)
    handed = Counter(
        Submission.objects.filter(team=of.team, mini_project=of.mini_project).values_list(
            "submitted_by_id", flat=True
        )
    )
    return [
        {
            "person": row.person,
            "track": titles.get(row.track, row.track),
            "lecturer": row.lecturer,
            "handed": handed[row.person_id],
        }
        for row in people.select_related("person", "lecturer").order_by("person__display_name")
    ]
