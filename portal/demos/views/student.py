"""Students choose a slot, read why one is closed, cancel, wait, or send a video."""

from collections.abc import Callable

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from portal.common.errors import Refused
from portal.courses.models import Edition, MiniProject
from portal.courses.queries import standing
from portal.courses.rules import Role
from portal.demos import domain
from portal.demos.choosing import choices, pieces, student_at
from portal.demos.models import Booking, Slot, Waiting
from portal.people.requests import Request

PAGE = 40
GONE = "This work is not there any more. Look at the list again."


@require_safe
def own(request: Request, pk: int) -> HttpResponse:
    """All that the student can show, and how far that is."""
    edition = get_object_or_404(
        Edition.objects.select_related("course"), pk=pk, pk__in=_studied(request)
    )
    student = student_at(edition, request.user)
    context = {
        "edition": edition,
        "zone": edition.zone,
        "pieces": pieces(student, now=timezone.now()),
        "demos": edition.file.demos,
    }
    return render(request, "demos/own.html", context)


@require_safe
def slots(request: Request, pk: int, item: str) -> HttpResponse:
    """The slots for one piece of work, each with its button or with what closes it."""
    project = _project(request, pk)
    edition = project.edition
    student = student_at(edition, request.user)
    occasion = student.desk.terms.occasion(project.slug, item)
    if occasion is None:
        raise Http404
    found = choices(student, project, occasion, now=timezone.now())
    context = {
        "edition": edition,
        "zone": edition.zone,
        "project": project,
        "occasion": occasion,
        "crew": student.crew(project),
        "page": Paginator(found, PAGE).get_page(request.GET.get("page")),
        "open": sum(each.answer == "open" for each in found),
    }
    return render(request, "demos/slots.html", context)


@require_POST
def book(request: Request, pk: int) -> HttpResponse:
    """Take a slot for the work that the form names."""
    return _with_slot(request, pk, domain.book, "Booked. It is in your calendar, too.")


@require_POST
def wait(request: Request, pk: int) -> HttpResponse:
    """Join the waiting list of a slot."""
    words = "You are on the waiting list. If you move up, this page says so."
    return _with_slot(request, pk, domain.wait_for, words)


@require_POST
def leave(request: Request, pk: int) -> HttpResponse:
    """Leave a waiting list."""
    waiting = get_object_or_404(
        Waiting.objects.select_related("slot"), pk=pk, team__in=standing(request.user).teams
    )
    edition = waiting.slot.edition_id
    domain.leave_waiting_list(waiting=waiting, by=request.user)
    messages.info(request, "You left the waiting list.")
    return redirect("demos:own", edition)


@require_POST
def send_video(request: Request, pk: int, item: str) -> HttpResponse:
    """Send the link of a recording."""
    project = _project(request, pk)
    try:
        domain.send_video(
            mini_project=project,
            item=item,
            link=request.POST.get("link", ""),
            by=request.user,
        )
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "Your video has arrived. Your lecturer reviews it.")
    return redirect("demos:own", project.edition_id)


@require_POST
def cancel(request: Request, pk: int) -> HttpResponse:
    """Give a booked slot back: its team, or staff with a reason."""
    who = standing(request.user)
    booking = get_object_or_404(Booking.objects.select_related("slot__edition"), pk=pk)
    edition = booking.slot.edition_id
    teaches = edition in who.staffed
    if not teaches and booking.team_id not in who.teams:
        raise Http404
    try:
        reason = request.POST.get("reason", "")
        moved = domain.cancel(booking=booking, by=request.user, reason=reason)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        more = f" {moved.team.name} moved up." if moved and teaches else ""
        messages.info(request, f"Cancelled. The slot is free for others.{more}")
    if teaches:
        day = booking.slot.starts_at.astimezone(booking.slot.edition.zone).date()
        response = redirect("demos:day", edition)
        response["Location"] += f"?on={day}"
        return response
    return redirect("demos:own", edition)


def _studied(request: Request) -> list[int]:
    roles = standing(request.user).roles
    return [edition for edition, role in roles.items() if role is Role.STUDENT]


def _project(request: Request, pk: int) -> MiniProject:
    rows = MiniProject.objects.select_related("edition__course")
    return get_object_or_404(rows, pk=pk, edition__in=_studied(request))


def _with_slot(request: Request, pk: int, deed: Callable[..., object], words: str) -> HttpResponse:
    slot = get_object_or_404(
        Slot.objects.select_related("edition"), pk=pk, edition__in=_studied(request)
    )
    slug, item = request.POST.get("part", "")[:60], request.POST.get("item", "")[:60]
    project = MiniProject.objects.filter(edition=slot.edition, slug=slug).first()
    if project is None:
        messages.error(request, GONE)
        return redirect("demos:own", slot.edition_id)
    project.edition = slot.edition
    try:
        deed(slot=slot, mini_project=project, item=item, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, words)
    return redirect("demos:own", slot.edition_id)
