"""Talks: who presents which article, in which order, and who asked whom."""

from typing import Any, NoReturn

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from portal.common.errors import Refused
from portal.common.typed import whole
from portal.courses.access import taught
from portal.courses.models import Edition
from portal.courses.queries import standing
from portal.courses.rules import is_staff
from portal.demos import domain
from portal.demos.models import Article, Talk
from portal.demos.talking import programme
from portal.people.models import User
from portal.people.requests import Request


@require_safe
def talks(request: Request, pk: int) -> HttpResponse:
    """The programme, for everybody in the edition; its staff can change it."""
    who = standing(request.user)
    rows = Edition.objects.select_related("course")
    edition = get_object_or_404(rows, pk=pk, pk__in=list(who.roles))
    context = {
        "edition": edition,
        "zone": edition.zone,
        "staff": is_staff(who, edition=edition.pk),
        **programme(edition),
    }
    return render(request, "demos/talks.html", context)


@require_POST
def change(request: Request, pk: int) -> HttpResponse:
    """One change of the articles, of who presents them, or of their order."""
    edition = taught(request, pk)
    deed = CHANGES.get(request.POST.get("deed", ""), _nothing)
    try:
        messages.success(request, deed(request, edition))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("demos:talks", edition.pk)


@require_POST
def question(request: Request, pk: int) -> HttpResponse:
    """Note who asked a question at a talk, or take that back."""
    talk = get_object_or_404(
        Talk.objects.select_related("edition__course", "student"),
        pk=pk,
        edition__in=standing(request.user).staffed,
    )
    holds = "back" not in request.POST
    try:
        student = _student(request, talk.edition) or _nobody()
        domain.note_question(talk=talk, student=student, by=request.user, holds=holds)
        words = f"asked {talk.student.name} a question." if holds else "did not ask, then."
        messages.success(request, f"{student.name} {words}")
    except Refused as refusal:
        messages.error(request, str(refusal))
    response = redirect("demos:talks", talk.edition_id)
    response["Location"] += f"#talk-{talk.pk}"
    return response


def _nobody() -> NoReturn:
    raise Refused("Choose who asked.")


def _nothing(*_: object) -> str:
    raise Refused("Choose what to change.")


def _add(request: Request, edition: Edition) -> str:
    found = domain.add_articles(
        edition=edition, lines=request.POST.get("lines", ""), by=request.user
    )
    return f"{len(found)} articles added."


def _assign(request: Request, edition: Edition) -> str:
    article = _article(request, edition)
    student = _student(request, edition)
    domain.assign(article=article, student=student, by=request.user)
    return f"{student.name} presents it." if student else "Nobody presents it now."


def _remove(request: Request, edition: Edition) -> str:
    domain.remove_article(article=_article(request, edition), by=request.user)
    return "Removed."


def _draw(request: Request, edition: Edition) -> str:
    return f"{domain.assign_rest(edition=edition, by=request.user)} students got an article."


def _order(request: Request, edition: Edition) -> str:
    places: dict[int, int] = {}
    for name, value in request.POST.items():
        talk, place = whole(name.removeprefix("place-")), whole(str(value))
        if name.startswith("place-") and talk is not None:
            if place is None:
                raise Refused("A place is a number from 1.")
            places[talk] = place
    ordered = sorted(places, key=lambda talk: (places[talk], talk))
    domain.reorder(edition=edition, talks=ordered, by=request.user)
    return "The order is saved."


def _article(request: Request, edition: Edition) -> Article:
    pk = whole(request.POST.get("article", "")) or 0
    found = Article.objects.filter(edition=edition, pk=pk).first()
    if found is None:
        raise Refused("This article is not on the list any more.")
    found.edition = edition
    return found


def _student(request: Request, edition: Edition) -> User | None:
    """Whom the form names: by key, or by the sign-in name that somebody typed."""
    key, name = request.POST.get("student", ""), request.POST.get("who", "").strip()
    people = User.objects.filter(enrolments__edition=edition)
    if name:
        typed = people.filter(username=name).first()
        if typed is None:
            raise Refused(f"Nobody here signs in as {name[:60]!r}. Choose from the list.")
        return typed
    if not key:
        return None
    found = people.filter(pk=whole(key) or 0).first()
    if found is None:
        raise Http404
    return found


CHANGES: dict[str, Any] = {
    "add": _add,
    "assign": _assign,
    "remove": _remove,
    "draw": _draw,
    "order": _order,
}
