"""Who asks, for what, and how often: what stands before every address of the API."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.permissions import BasePermission
from rest_framework.throttling import BaseThrottle

from portal.api import tokens
from portal.api.models import Scope, Token
from portal.people.limits import Limit, address_of
from portal.people.models import User

if TYPE_CHECKING:  # the framework reads this module while it makes its views
    from django.http import HttpRequest
    from rest_framework.request import Request
    from rest_framework.views import APIView

WORD = "Bearer"
ASKED = Limit("api", at_once=240, every=timedelta(seconds=0.25))
GUESSED = Limit("api-guess", at_once=30, every=timedelta(seconds=10))


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer mlops_…`. A session of a browser opens nothing here."""

    def authenticate(self, request: Request) -> tuple[User, Token] | None:
        """The person and the token; None when no token was sent."""
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != WORD.lower().encode():
            return None
        try:
            (secret,) = (word.decode("ascii") for word in words[1:])
        except (UnicodeDecodeError, ValueError):
            raise AuthenticationFailed("Send one token: Authorization: Bearer mlops_…") from None
        token = tokens.find(secret)
        if token is None:
            _slow_down(request)
            raise AuthenticationFailed("This token is not known, has ended or was revoked.")
        return token.person, token

    def authenticate_header(self, request: Request) -> str:
        """Makes the answer without a token 401, not 403."""
        del request
        return WORD


def _slow_down(request: Request) -> None:
    asker: HttpRequest = request._request  # noqa: SLF001 - Django's own request is meant
    if wait := GUESSED.take(address_of(asker)):
        raise Throttled(wait=wait.total_seconds())


class HasScope(BasePermission):
    """The token's scopes hold the one that the view needs for this method."""

    message = "This token may not be used for that. Make one with the right scope on your page."

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Reading needs `read`; what else a view does, it says in `scope`."""
        if not isinstance(request.auth, Token):
            return False
        reading = request.method in {"GET", "HEAD", "OPTIONS"}
        needed = Scope.READ if reading else getattr(view, "scope", Scope.TEACH)
        return needed in request.auth.scopes


class PerPerson(BaseThrottle):
    """Nobody's script keeps the others waiting."""

    rate: ClassVar[Limit] = ASKED

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Whether one more is granted."""
        del view
        if not isinstance(request.user, User):
            return True
        self._wait = self.rate.take(request.user.pk)
        return not self._wait

    def wait(self) -> float | None:
        """Seconds until the next one is."""
        return self._wait.total_seconds()
