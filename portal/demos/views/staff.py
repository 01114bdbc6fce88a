"""Staff publish slots, see a day, book for a team, and note who did not come."""

from contextlib import suppress
from datetime import date

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.common.errors import Refused
from portal.common.typed import near, whole
from portal.courses.access import taught
from portal.courses.models import Team
from portal.courses.queries import standing
from portal.demos import domain
from portal.demos.day import day_of, films
from portal.demos.forms import PublishForm
from portal.demos.models import Booking, Slot
from portal.demos.offers import Kind, Status
from portal.demos.queries import desk_of
from portal.people.requests import Request

PAGE = 50


@require_safe
def day(request: Request, pk: int) -> HttpResponse:
    """The slots of a day with who booked them, and the videos to review."""
    edition = taught(request, pk)
    desk = desk_of(edition)
    on: date | None = None
    with suppress(ValueError):
        asked = date.fromisoformat(request.GET.get("on", ""))
        on = asked if near(asked) else None
    context = {
        "edition": edition,
        "zone": edition.zone,
        "day": day_of(desk, on, now=timezone.now()),
        "films": Paginator(films(desk), PAGE).get_page(request.GET.get("page")),
        "work": [(f"{p.slug} {o.item}", o.title) for p, o in desk.occasions()],
        "teams": Team.objects.filter(edition=edition).order_by("name").values_list("pk", "name"),
        "now": timezone.now(),
    }
    return render(request, "demos/day.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def publish(request: Request, pk: int) -> HttpResponse:
    """The form for new slots."""
    edition = taught(request, pk)
    form = PublishForm(request.POST or None, terms=desk_of(edition).terms)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            slots = domain.publish(
                edition=edition,
                by=request.user,
                kind=Kind(given["kind"]),
                starts=form.starts(edition.zone),
                minutes=given["minutes"],
                place=given["place"],
                tracks=given.get("tracks", ()),
                parts=given["parts"],
                item=given["item"],
                capacity=given["capacity"],
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"{len(slots)} slots published.")
            return redirect(_day(slots[0]))
    status = 422 if form.errors else 200
    context = {"edition": edition, "form": form}
    return render(request, "demos/publish.html", context, status=status)


@require_POST
def withdraw(request: Request, pk: int) -> HttpResponse:
    """Take a slot back."""
    slot = _slot(request, pk)
    try:
        told = domain.withdraw(slot=slot, by=request.user, reason=request.POST.get("reason", ""))
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        more = " Those who had booked it read your reason." if told else ""
        messages.info(request, f"The slot is taken back.{more}")
    return redirect(_day(slot))


@require_POST
def book_for(request: Request, pk: int) -> HttpResponse:
    """Book for a team; against the rules, with a reason."""
    slot = _slot(request, pk)
    slug, _, item = request.POST.get("work", "").partition(" ")
    team = slot.edition.teams.filter(pk=whole(request.POST.get("team", "")) or 0).first()
    project = slot.edition.mini_projects.filter(slug=slug[:60]).first()
    if team is None or project is None:
        messages.error(request, "Choose a team and what it shows.")
        return redirect(_day(slot))
    project.edition = slot.edition
    try:
        domain.book_for(
            slot=slot,
            mini_project=project,
            item=item[:60],
            team=team,
            by=request.user,
            reason=request.POST.get("reason", ""),
        )
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"Booked for {team.name}.")
    return redirect(_day(slot))


@require_POST
def absent(request: Request, pk: int) -> HttpResponse:
    """Note that nobody came."""
    booking = get_object_or_404(
        Booking.objects.select_related("slot__edition", "mini_project", "team"),
        pk=pk,
        slot__edition__in=standing(request.user).staffed,
    )
    reason = request.POST.get("reason", "")
    try:
        domain.note_outcome(booking=booking, status=Status.ABSENT, by=request.user, reason=reason)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.info(request, f"Noted: {booking.team.name} did not come.")
    return redirect(_day(booking.slot))


def _slot(request: Request, pk: int) -> Slot:
    rows = Slot.objects.select_related("edition__course")
    return get_object_or_404(rows, pk=pk, edition__in=standing(request.user).staffed)


def _day(slot: Slot) -> str:
    on = slot.starts_at.astimezone(slot.edition.zone).date()
    return f"{reverse('demos:day', args=[slot.edition_id])}?on={on}"
