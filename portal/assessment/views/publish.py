"""Freeze, publish, open again."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from portal.assessment import domain
from portal.assessment.gradebook import WORDS
from portal.assessment.models import Publication, PublishedResult
from portal.assessment.published import changed, sound, stand_of
from portal.assessment.results import book_of
from portal.common.errors import Refused
from portal.common.typed import whole
from portal.courses.access import taught
from portal.courses.models import Edition
from portal.courses.queries import standing
from portal.courses.rules import is_lecturer
from portal.people.requests import Request

DONE = {
    "freeze": "The results are frozen. Look at them, then publish.",
    "publish": "The results are published: students see them now.",
    "unfreeze": "The results are open again.",
}


@require_http_methods(["GET", "HEAD", "POST"])
def publish(request: Request, pk: int) -> HttpResponse:
    """Where the results are, what would be published, and the steps so far."""
    edition = taught(request, pk)
    lecturer = is_lecturer(standing(request.user), edition=edition.pk)
    if request.method == "POST":
        try:
            messages.success(request, _step(request, edition))
        except Refused as refusal:
            messages.error(request, str(refusal))
        return redirect("assessment:publish", edition.pk)
    book, stand = book_of(edition), stand_of(edition)
    words = [line.word for line in book.lines]
    frozen = list(PublishedResult.objects.filter(publication=stand.freeze)) if stand.freeze else []
    context = {
        "edition": edition,
        "stand": stand,
        "lecturer": lecturer,
        "counts": {word: words.count(word) for word in WORDS if word in words},
        "frozen": {w: sum(r.outcome == w for r in frozen) for w in WORDS},
        "unsound": [row for row in frozen if not sound(row)],
        "differing": len(changed(book, stand)),
        "ruled": book.policy is not None,
        "steps": Publication.objects.filter(edition=edition).select_related("by").order_by("-pk"),
    }
    return render(request, "assessment/publish.html", context)


def _step(request: Request, edition: Edition) -> str:
    kind, reason = request.POST.get("step", ""), request.POST.get("reason", "")
    if kind == "freeze":
        domain.freeze(edition=edition, by=request.user, reason=reason)
    elif kind == "publish":
        seen = whole(request.POST.get("seen", ""))
        domain.publish(edition=edition, by=request.user, seen=seen)
    elif kind == "unfreeze":
        domain.unfreeze(edition=edition, by=request.user, reason=reason)
    else:
        raise Refused("Choose what to do.")
    return DONE[kind]
