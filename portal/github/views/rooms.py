"""Repositories for a roster: ordering them, the dry run, and how far they have come."""

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from portal.common.errors import Refused
from portal.courses.access import led
from portal.courses.models import Edition
from portal.courses.queries import standing
from portal.github import provisions, pulls, rooms, roomtable
from portal.github.crowd import Crowd
from portal.github.forms import OrderForm
from portal.github.models import Provision, RoomStatus
from portal.github.roomwork import THERE
from portal.github.troubles import explained
from portal.people.models import User
from portal.people.requests import Request
from portal.submissions.models import Submission

PAGE = 60
NAMED = 12  # of those without a team, how many a message names


def repositories(request: Request, pk: int) -> HttpResponse:
    """The edition's orders, and a form for another one; a POST plans it and asks GitHub."""
    edition = led(request, pk)
    form = OrderForm(edition, request.POST or None)
    status, refused = 200, ""
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                made = _ordered(edition, form.cleaned_data, request.user)
            except Refused as refusal:
                refused = str(refusal)
            else:
                _tell_alone(request, rooms.look(made, by=request.user))
                return redirect("github:order", edition.pk, made.pk)
    orders = edition.provisions.select_related("installation", "by").annotate(
        count=Count("rooms", distinct=True),
        made=Count("rooms", filter=Q(rooms__status__in=THERE), distinct=True),
        failed=Count("rooms", filter=Q(rooms__status=RoomStatus.FAILED), distinct=True),
    )
    context = {
        "edition": edition,
        "form": form,
        "refused": refused,
        "orders": orders.prefetch_related("mini_projects"),
        "installations": provisions.places(edition).exists(),
    }
    return render(request, "github/repositories.html", context, status=status)


def order(request: Request, pk: int, number: int) -> HttpResponse:
    """One order: what would be done, or has been; a POST does one thing."""
    provision = _order(request, pk, number)
    if request.method != "POST":
        return render(request, "github/order.html", _shown(request, provision))
    do = request.POST.get("do", "")
    try:
        messages.success(request, ACTS.get(do, _nothing)(request, provision))
    except Refused as refusal:
        messages.error(request, str(refusal))
    if not Provision.objects.filter(pk=number).exists():
        return redirect("github:repositories", pk)
    return redirect("github:order", pk, number)


@require_safe
def progress(request: Request, pk: int, number: int) -> HttpResponse:
    """How far it has come; nothing new answers 204."""
    provision = _order(request, pk, number)
    context = _shown(request, provision)
    if request.GET.get("seen") == context["version"]:
        return HttpResponse(status=204)
    return render(request, "github/_order.html", context)


@require_POST
def workflow(request: Request, pk: int) -> HttpResponse:
    """Staff has GitHub asked once more how a submission came about."""
    staffed = standing(request.user).staffed
    rows = Submission.objects.select_related("mini_project__edition")
    submission = get_object_or_404(rows, pk=pk, mini_project__edition__in=staffed)
    if pulls.wanted(submission.mini_project) is None or not pulls.on_github(submission):
        messages.error(request, "The edition asks for no pull requests here, or it is no GitHub.")
    else:
        pulls.look_again(submission, by=request.user)
        messages.success(request, "GitHub is asked again; load the page anew in a moment.")
    attempt = submission.attempts.order_by("-number").first()
    if attempt is None:
        return redirect("dashboards:reviews", submission.mini_project.edition_id)
    return redirect("assessment:review", attempt.pk)


def _nothing(request: Request, provision: Provision) -> str:  # noqa: ARG001 - as the others
    raise Refused("Nothing was done: the form was not complete.")


def _discard(request: Request, provision: Provision) -> str:  # noqa: ARG001 - as the others
    provisions.discard(provision)
    return "The order is forgotten; nothing was done at GitHub."


def _look(request: Request, provision: Provision) -> str:
    _tell_alone(request, rooms.look(provision, by=request.user))
    return "GitHub is asked what is there. Nothing is changed by it."


def _make(request: Request, provision: Provision) -> str:
    count = rooms.make(provision, by=request.user)
    return f"{count} are being made, one after the other. You may leave this page."


def _again(request: Request, provision: Provision) -> str:
    return f"{rooms.again(provision, by=request.user)} are tried again."


def _members(request: Request, provision: Provision) -> str:
    return f"{rooms.update(provision, by=request.user)} are brought up to date."


def _claimed(request: Request, provision: Provision) -> str:  # noqa: ARG001 - as the others
    Provision.objects.filter(pk=provision.pk).update(claimed=not provision.claimed)
    if provision.claimed:
        return "From now on only those are invited who have proved their name on GitHub."
    return "From now on names that nobody has proved are invited, too."


ACTS: Mapping[str, Callable[[Request, Provision], str]] = {
    "look": _look,
    "make": _make,
    "again": _again,
    "members": _members,
    "claimed": _claimed,
    "discard": _discard,
}


def _ordered(edition: Edition, given: Mapping[str, Any], by: User) -> Provision:
    what = {
        name: given[name] for name in ("pattern", "template", "private", "permission", "claimed")
    }
    asked = provisions.Order(
        mini_projects=list(given["mini_projects"]), on_push=given["on_push"], **what
    )
    return provisions.order(edition=edition, installation=given["installation"], order=asked, by=by)


def _shown(request: Request, provision: Provision) -> dict[str, Any]:
    crowd = Crowd.of(provision.edition)
    found = provision.rooms.select_related("team", "repository").order_by("name")
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    far = roomtable.progress(provision, crowd)
    waits = roomtable.look_waits(provision) if far.looking else None
    shown = roomtable.rows(provision, list(page.object_list), crowd)
    troubled = sum(each.trouble is not None for each in shown)
    fault = provision.fault or (waits.fault if waits else "")
    return {
        "edition": provision.edition,
        "zone": provision.edition.zone,
        "order": provision,
        "where": roomtable.address(provision),
        "projects": provision.mini_projects.order_by("order"),
        "page": page,
        "rows": shown,
        "far": far,
        "words": explained(provision) or explained(waits),
        "again_at": waits.next_try if waits else None,
        "version": "-".join(map(str, (far.seen, far.waiting, far.made, far.complete, far.failed)))
        + f"-{troubled}-{fault}",
        "query": "",
    }


def _tell_alone(request: Request, alone: list[str]) -> None:
    if alone:
        named = ", ".join(alone[:NAMED]) + (" and others" if len(alone) > NAMED else "")
        messages.warning(
            request,
            f"{len(alone)} without a team get no repository before they are in one: {named}.",
        )


def _order(request: Request, pk: int, number: int) -> Provision:
    edition = led(request, pk)
    rows = Provision.objects.select_related("installation", "edition__course", "by")
    return get_object_or_404(rows, pk=number, edition=edition)
