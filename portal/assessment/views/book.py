"""The gradebook of a class, and one student's result with its reasons, for staff."""

from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal.assessment.domain.given import bonus_of, events, liftable
from portal.assessment.gradebook import DIFFERS, Filters, table
from portal.assessment.models import Appointment, MarkEvent, Override, Presence, ReviewRequest
from portal.assessment.published import changed, stand_of
from portal.assessment.results import book_of
from portal.assessment.told import grouped, told
from portal.common.errors import Refused
from portal.courses.access import student_of, taught
from portal.courses.models import Edition, Membership
from portal.courses.queries import standing
from portal.courses.rules import is_lecturer
from portal.people.models import User
from portal.people.requests import Request

PAGE = 50
LONGEST_FILTER = 100


def filters_of(request: Request) -> Filters:
    """What the address asks for."""
    names = ("name", "group", "track", "lecturer", "outcome")
    return Filters(**{n: request.GET.get(n, "").strip()[:LONGEST_FILTER] for n in names})


@require_safe
def book(request: Request, pk: int) -> HttpResponse:
    """Every student, every component, the result; filtered, a page at a time."""
    edition = taught(request, pk)
    filters = filters_of(request)
    found = book_of(edition)
    stand = stand_of(edition)
    differing = changed(found, stand)
    shown = table(found, filters, changed=differing)
    page = Paginator(shown.rows, PAGE).get_page(request.GET.get("page"))
    chosen = {name: getattr(filters, name) for name in Filters.__dataclass_fields__}
    chosen = {name: value for name, value in chosen.items() if value}
    context = {
        "edition": edition,
        "ruled": found.policy is not None,
        "table": shown,
        "page": page,
        "filters": filters,
        "query": f"{urlencode(chosen)}&" if chosen else "",
        "stand": stand,
        "differing": len(differing),
        "differs": DIFFERS,
        "columns": len(shown.columns) + 3,
    }
    return render(request, "assessment/book.html", context)


@require_safe
def record(request: Request, pk: int, person: int) -> HttpResponse:
    """One student's result with all reasons; as a fragment for the gradebook's row."""
    edition = taught(request, pk)
    student = student_of(edition, person)
    content = result_context(edition, student)
    if request.htmx:
        return render(request, "assessment/_why.html", content)
    content |= {
        "lecturer": is_lecturer(standing(request.user), edition=edition.pk),
        "liftable": liftable(edition),
        "bonus": _bonus(edition),
        "events": events(edition),
        "presents": (("yes", "present"), ("no", "absent"), ("unknown", "unknown")),
        **history(edition, student),
    }
    return render(request, "assessment/record.html", content)


def result_context(edition: Edition, student: User) -> dict[str, Any]:
    """What a page says of a student's result as it is now."""
    found = book_of(edition, people=[student.pk])
    stand = stand_of(edition)
    context: dict[str, Any] = {"edition": edition, "student": student, "stand": stand}
    if not found.lines:  # withdrawn
        return context | {"told": {"word": "unclear", "problem": "Takes part no more."}}
    line = found.lines[0]
    content = told(found, line)
    return context | {
        "line": line,
        "told": content,
        "groups": grouped(content.get("reasons", ())),
        "differs": student.pk in changed(found, stand, people=[student.pk]),
    }


def _bonus(edition: Edition) -> Decimal | None:
    try:
        return bonus_of(edition)[1]
    except Refused:
        return None


def history(edition: Edition, student: User) -> dict[str, Any]:
    """All that was said of a student by hand, newest first."""
    own = Membership.objects.filter(edition=edition, person=student).values("team")
    of_both: list[dict[str, Any]] = [
        {"edition": edition, "student": student},
        {"edition": edition, "team__in": own},
    ]
    marks = [MarkEvent.objects.filter(**each).select_related("by") for each in of_both]
    overrides = [Override.objects.filter(**each).select_related("by") for each in of_both]
    single = {"edition": edition, "student": student}
    return {
        "marks": sorted((m for each in marks for m in each), key=lambda m: -m.pk),
        "overrides": sorted((o for each in overrides for o in each), key=lambda o: -o.pk),
        "presences": Presence.objects.filter(**single).select_related("by").order_by("-pk"),
        "appointments": Appointment.objects.filter(**single).select_related("by").order_by("-pk"),
        "requests": ReviewRequest.objects.filter(**single).select_related("answer__by"),
    }
