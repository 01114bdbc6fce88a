"""What staff say about one student: a rule lifted, points moved, presence, an appointment."""

from collections.abc import Callable
from datetime import date

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from portal.assessment import domain
from portal.common.errors import Refused
from portal.common.typed import number
from portal.courses.access import student_of, taught
from portal.courses.models import Edition
from portal.people.models import User
from portal.people.requests import Request

PRESENT = {"yes": True, "no": False, "unknown": None}


@require_POST
def say(request: Request, pk: int, person: int) -> HttpResponse:
    """Take one of the forms of a student's page; `what` says which."""
    edition = taught(request, pk)
    student = student_of(edition, person)
    try:
        take = TAKES.get(request.POST.get("what", ""), _nothing)
        messages.success(request, take(request, edition, student))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("assessment:record", edition.pk, student.pk)


def _lift(request: Request, edition: Edition, student: User) -> str:
    holds = request.POST.get("holds") != "no"
    rule = request.POST.get("rule", "")
    domain.lift(
        edition=edition,
        owner=student,
        rule=rule,
        part=request.POST.get("part", ""),
        reason=request.POST.get("reason", ""),
        by=request.user,
        holds=holds,
    )
    return f"{rule} is lifted." if holds else f"{rule} holds again."


def _move(request: Request, edition: Edition, student: User) -> str:
    text = request.POST.get("points", "")
    points = number(text)
    if points is None:
        raise Refused(f"{text[:40]!r} is not a number.")
    reason = request.POST.get("reason", "")
    domain.move(edition=edition, owner=student, points=points, reason=reason, by=request.user)
    return "The value is moved." if points else "The value is not moved any more."


def _presence(request: Request, edition: Edition, student: User) -> str:
    chosen = request.POST.get("present", "")
    if chosen not in PRESENT:
        raise Refused("Choose present, absent or unknown.")
    domain.note_presence(
        edition=edition,
        event=request.POST.get("event", ""),
        student=student,
        present=PRESENT[chosen],
        reason=request.POST.get("reason", ""),
        by=request.user,
    )
    return "Noted."


def _appoint(request: Request, edition: Edition, student: User) -> str:
    text = request.POST.get("on", "")
    try:
        on = date.fromisoformat(text) if text else None
    except ValueError:
        raise Refused(f"{text[:20]!r} is not a date.") from None
    holds = request.POST.get("holds") != "no"
    domain.appoint(
        edition=edition,
        student=student,
        by=request.user,
        on=on,
        holds=holds,
        reason=request.POST.get("reason", ""),
    )
    return "The appointment is noted." if holds else "The appointment is taken back."


def _nothing(*_: object) -> str:
    raise Refused("Choose what to note.")


TAKES: dict[str, Callable[[Request, Edition, User], str]] = {
    "lift": _lift,
    "move": _move,
    "presence": _presence,
    "appoint": _appoint,
}
