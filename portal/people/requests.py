"""The request as views see it: somebody has signed in, and HTMX may have asked."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from portal.people.models import User


class Request(HttpRequest):
    """A request behind `LoginRequiredMiddleware`, which lets nobody else through."""

    user: User
    htmx: HtmxDetails
