"""Turns down a NUL before any page reads it: PostgreSQL takes none, not even to look for."""

from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.http import HttpRequest
from django.http.response import HttpResponseBase

NUL = "\x00"


class PlainText:
    """No browser sends such a character; whoever does reads that it makes no sense (400)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The page."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], *_: object
    ) -> None:
        """Look through the address and the form."""
        if getattr(view, "csrf_exempt", False):
            return  # no page of a browser: the API looks at its fields itself
        for form in (request.GET, request.POST):
            if any(
                NUL in text for name, texts in form.lists() for text in (name, *map(str, texts))
            ):
                raise BadRequest("a NUL")
