"""The gradebook to take away, and evaluation cards."""

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from portal.assessment import card as cards
from portal.assessment.export import as_csv, as_excel
from portal.assessment.gradebook import table
from portal.assessment.published import Shown, changed, shown_to, stand_of
from portal.assessment.results import book_of
from portal.assessment.told import told
from portal.assessment.views.book import filters_of
from portal.courses.access import student_of, studied, taught
from portal.courses.models import Edition, Enrolment
from portal.people.models import User
from portal.people.requests import Request

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
KINDS = {"csv": ("text/csv; charset=utf-8", as_csv), "xlsx": (EXCEL, as_excel)}


@require_safe
def export(request: Request, pk: int, kind: str) -> HttpResponse:
    """The gradebook, filtered as the page is, whole."""
    edition = taught(request, pk)
    if kind not in KINDS:
        raise Http404
    content_type, write = KINDS[kind]
    book = book_of(edition)
    shown = table(book, filters_of(request), changed=changed(book, stand_of(edition)))
    name = f"{slugify(str(edition))}-results.{kind}"
    return _file(write(shown), content_type, name)


@require_safe
def card(request: Request, pk: int, person: int) -> HttpResponse:
    """A student's evaluation card for staff: the published result, else as it stands now."""
    edition = taught(request, pk)
    return _card(edition, student_of(edition, person))


@require_safe
def my_card(request: Request, pk: int) -> HttpResponse:
    """A student's own card."""
    return _card(studied(request, pk), request.user)


def _card(edition: Edition, person: User) -> HttpResponse:
    number = Enrolment.objects.values_list("number", flat=True).get(edition=edition, person=person)
    shown = shown_to(edition, person)
    book = book_of(edition, people=[person.pk])
    if shown is None and not book.lines:
        raise Http404
    pdf = cards.card(
        student={"name": person.name, "number": number},
        edition=str(edition),
        content=shown.content if shown else told(book, book.lines[0]),
        status=_status(edition, shown),
    )
    return _file(pdf, "application/pdf", f"{slugify(str(edition))}-{slugify(person.username)}.pdf")


def _status(edition: Edition, shown: Shown | None) -> str:
    now = f"{timezone.now().astimezone(edition.zone):%-d %B %Y, %H:%M}"
    if shown is None:
        return f"Not final: nothing is published yet. As it stood on {now}."
    row = shown.row
    at = f"{shown.published_at.astimezone(edition.zone):%-d %B %Y, %H:%M}"
    if not shown.sound:
        return "The signature of this result does not hold. Do not use this card."
    return f"Published on {at}. Signature {row.signature[:16]}, key {row.key_id}."


def _file(content: bytes, content_type: str, name: str) -> HttpResponse:
    return HttpResponse(
        content,
        content_type=content_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
