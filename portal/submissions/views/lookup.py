"""A link that was looked up, for its owner to confirm before anything counts."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseStopPolling

from lab_specs.faults import PLATFORM_CODES, Code
from lab_specs.messages import explain, last_lines
from portal.common.errors import Refused
from portal.courses.dates import Calendar
from portal.courses.deadlines import late
from portal.people.requests import Request
from portal.submissions import lookups
from portal.submissions.forms import SubmitForm, typed
from portal.submissions.models import Attempt, Lookup, LookupStatus
from portal.submissions.queries import lookups_of
from portal.submissions.states import LIVE
from portal.submissions.views.project import due_for, lab_choices


@require_safe
def lookup(request: Request, pk: int) -> HttpResponse:
    """The whole page; one that has been confirmed leads to its attempt."""
    found = get_object_or_404(lookups_of(request.user), pk=pk)
    if found.submission is not None:
        return redirect("submissions:attempt", found.submission.attempts.order_by("-number")[0].pk)
    return render(request, "submissions/lookup.html", _shown(found))


@require_safe
def poll(request: Request, pk: int) -> HttpResponse:
    """Nothing new yet (204), or the answer and the end of polling (286)."""
    found = get_object_or_404(lookups_of(request.user), pk=pk)
    if found.status == LookupStatus.WAITING:
        return HttpResponse(status=204)
    page = render(request, "submissions/_lookup.html", _shown(found))
    return HttpResponseStopPolling(page.content)


@require_POST
def confirm(request: Request, pk: int) -> HttpResponse:
    """Hand in the commit that was found."""
    found = get_object_or_404(lookups_of(request.user), pk=pk)
    try:
        submitted = lookups.confirm(lookup=found, person=request.user)
    except Refused as error:
        messages.error(request, str(error))
        return redirect("submissions:lookup", found.pk)
    if submitted.superseded:
        messages.info(
            request, "Handed in. Your older attempt was still live: this one replaces it."
        )
    else:
        messages.success(request, "Handed in.")
    return redirect("submissions:attempt", submitted.attempt.pk)


def _shown(found: Lookup) -> dict[str, Any]:
    code = Code(found.fault) if found.fault else None
    due = due_for(found.person, found.mini_project, Calendar.of(found.mini_project.edition))
    return {
        "due": due,
        "passed": late(timezone.now(), due.moment),
        "lookup": found,
        "mini_project": found.mini_project,
        "edition": found.mini_project.edition,
        "waiting": found.status == LookupStatus.WAITING,
        "replaces": Attempt.objects.filter(
            submission__mini_project=found.mini_project,
            submission__team=found.team,
            submission__lab=found.lab,
            state__in=LIVE,
        ).first(),
        "fault": explain(code, found.facts) if code else None,
        "ours": code in PLATFORM_CODES,
        "log": last_lines(found.facts),
        "form": SubmitForm(initial=typed(found), labs=lab_choices(found.mini_project)),
    }
