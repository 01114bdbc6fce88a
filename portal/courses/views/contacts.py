"""The log of talks with students, for the staff of an edition."""

from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render

from portal.common.errors import Refused
from portal.courses import domain
from portal.courses.access import taught
from portal.courses.models import Contact
from portal.courses.queries import student_called
from portal.people.requests import Request

PAGE = 50


def contacts(request: Request, pk: int) -> HttpResponse:
    """Who spoke with whom, newest first, with `?student=` of one; a POST adds a line."""
    edition = taught(request, pk)
    name = request.GET.get("student", "").strip()[:150]
    student = student_called(edition, name)
    if request.method == "POST":
        says = request.POST.get("says", "")
        try:
            domain.note_contact(edition=edition, username=name, by=request.user, says=says)
            messages.success(request, "Written down.")
        except Refused as error:
            messages.error(request, str(error))
        return redirect(request.get_full_path())
    rows = Contact.objects.filter(edition=edition).select_related("student", "by")
    if name:
        rows = rows.filter(student=student)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context: dict[str, Any] = {"edition": edition, "staff": True, "name": name, "student": student}
    context |= {"page": page, "query": f"student={quote(name)}&" if name else ""}
    return render(request, "courses/contacts.html", context)
