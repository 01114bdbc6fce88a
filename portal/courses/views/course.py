"""Rules and dates of an edition: everybody reads them, staff change what may be changed."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render

from portal.common.errors import Refused
from portal.courses import domain, forms
from portal.courses.coursepage import course_page
from portal.courses.dates import Calendar
from portal.courses.models import Edition
from portal.courses.queries import standing
from portal.courses.rules import is_staff
from portal.people.requests import Request


def course(request: Request, pk: int) -> HttpResponse:
    """The page; a POST moves a session, answers a setting or gives more time."""
    who = standing(request.user)
    found = get_object_or_404(Edition.objects.select_related("course"), pk=pk, pk__in=who.roles)
    staff = is_staff(who, edition=found.pk)
    if request.method == "POST":
        if not staff:
            raise PermissionDenied
        try:
            messages.success(request, change(found, request))
        except Refused as error:
            messages.error(request, str(error))
        return redirect("courses:course", found.pk)
    context = course_page(found, request.user, staff=staff)
    return render(request, "courses/course.html", {"edition": found, "staff": staff, **context})


def change(edition: Edition, request: Request) -> str:
    """Do what a form asks; what was done, in words. Raises `Refused`."""
    sent = request.POST
    deeds = {"move": _move, "answer": _answer, "extend": _extend}
    deed = deeds.get(sent.get("do", ""))
    if deed is None:
        raise Refused("Nothing was changed: the form was not complete.")
    return deed(edition, request, sent)


def _move(edition: Edition, request: Request, sent: QueryDict) -> str:
    on = forms.day(sent.get("on", ""))
    domain.move_session(
        edition=edition,
        session=sent.get("session", ""),
        on=on,
        by=request.user,
        reason=sent.get("reason", ""),
    )
    return f"Moved to {on:%a %-d %b %Y}, and what is due after it with it. Students are told."


def _answer(edition: Edition, request: Request, sent: QueryDict) -> str:
    name = sent.get("setting", "")
    setting = next((each for each in edition.file.settings if each.id == name), None)
    if setting is None:
        raise Refused("This edition has no such setting.")
    domain.answer(
        edition=edition,
        setting=name,
        value=forms.value(setting, sent.get("value", "")),
        by=request.user,
        reason=sent.get("reason", ""),
    )
    return "Settled. Results that waited for it are worked out with it from now on."


def _extend(edition: Edition, request: Request, sent: QueryDict) -> str:
    slug, _, item = sent.get("item", "").partition("/")
    project = edition.mini_projects.filter(slug=slug).first()
    if project is None:
        raise Refused("Choose for which work there is more time.")
    part = Calendar.of(edition).part(project)
    alone_too = bool(part and part.alone_or_team)
    try:
        team = forms.owner(project, sent.get("who", ""), shared=project.by_team or alone_too)
    except Refused:
        if not alone_too:
            raise
        team = forms.owner(project, sent.get("who", ""), shared=False)
    until = forms.moment(sent.get("until", ""), edition)
    domain.extend(
        mini_project=project,
        team=team,
        deliverable=item,
        until=until,
        by=request.user,
        reason=sent.get("reason", ""),
    )
    return f"{team} has until {until:%a %-d %b, %H:%M} for {project}."
