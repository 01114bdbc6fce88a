"""A person's calendar: the page that shows its address, and the calendar itself."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from portal.common.errors import Refused
from portal.demos import feed
from portal.people.requests import Request


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def address(request: Request) -> HttpResponse:
    """Show one's own address; a POST renews it."""
    if request.method == "POST":
        feed.renew(request.user)
        messages.success(request, "Here is another address. The old one shows nothing any more.")
        return redirect("demos:calendar")
    path = reverse("demos:feed", args=[feed.address_of(request.user)])
    return render(request, "demos/calendar.html", {"address": request.build_absolute_uri(path)})


@login_not_required
@never_cache
@require_safe
def show(request: HttpRequest, key: str) -> HttpResponse:
    """The calendar. Programs that read it cannot sign in: the address itself is the secret."""
    try:
        person = feed.reader(key)
    except Refused:
        raise Http404 from None
    body = feed.calendar_of(person, host=request.get_host(), now=timezone.now())
    answer = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="demos.ics"'
    return answer
