"""Signing in with GitHub, and linking an account there to oneself.

allauth speaks OAuth: the state, the proof key, the exchange of the code, the profile. Who somebody
is, the portal says itself: people come from rosters, so nobody becomes one by having an account
at GitHub. No token is kept. This is the one place where a page waits for GitHub, for seconds, and
few pages at once: a GitHub that is slow leaves the other pages their threads.
"""

import functools
import threading
from collections.abc import Callable
from typing import Any

import requests
import structlog
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, get_adapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.base.constants import AuthError, AuthProcess
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from csp.decorators import csp_update
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login as sign_in
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from portal.common.errors import Refused
from portal.people import proofs
from portal.people.limits import TRIES, TRIES_OF_ADDRESS, address_of
from portal.people.proofs import Account
from portal.people.provider import GitHub, Provider
from portal.people.requests import Request
from portal.people.troubles import Trouble, of_answer, page, too_often

log = structlog.get_logger()

View = Callable[..., HttpResponseBase]
AT_GITHUB = threading.BoundedSemaphore(3)  # of a process
PASSWORDS = "django.contrib.auth.backends.ModelBackend"  # who knows people; it keeps the session


class Adapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """What allauth asks a site: which client it is, and what becomes of who arrives."""

    def client(self) -> tuple[str, str] | None:
        """Id and secret that GitHub knows the portal by; None: nobody signs in with GitHub."""
        if settings.GITHUB_CLIENT_ID and settings.GITHUB_CLIENT_SECRET:
            return settings.GITHUB_CLIENT_ID, settings.GITHUB_CLIENT_SECRET
        return None

    def list_apps(
        self,
        request: HttpRequest | None,
        provider: str | None = None,
        client_id: str | None = None,
    ) -> list[SocialApp]:
        """The one client, never stored by allauth."""
        del request, provider, client_id
        found = self.client()
        if found is None:
            return []
        return [SocialApp(provider="github", name="GitHub", client_id=found[0], secret=found[1])]

    def get_requests_session(self) -> requests.Session:
        """Follows no redirect (it would carry the secret along); a status above 399 is raised."""
        session: requests.Session = super().get_requests_session()
        session.max_redirects = 0
        session.hooks["response"].append(lambda answer, **_: answer.raise_for_status())
        return session

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """GitHub said who it is; all else is ours."""
        account = Account(int(sociallogin.account.uid), sociallogin.account.extra_data["login"])
        raise ImmediateHttpResponse(_arrived(request, account, sociallogin.state))

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Provider,
        error: str | None = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        """Say in words what went wrong."""
        del provider
        log.info("github_sign_in", error=str(error), exception=type(exception).__name__)
        if error == AuthError.CANCELLED:
            trouble = Trouble.CANCELLED
        elif exception is not None:
            trouble = of_answer(exception)
        else:
            trouble = Trouble.REFUSED if (extra_context or {}).get("state") else Trouble.STALE
        raise ImmediateHttpResponse(page(request, trouble))


def offered() -> bool:
    """Whether people can sign in with GitHub here."""
    return bool(get_adapter().list_apps(None))


def leads_to_github(view: View) -> View:
    """A view whose forms may end at GitHub: the browser is told so."""

    @functools.wraps(view)
    def wrapped(*args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401 - any view's
        origin = "/".join(settings.GITHUB_URL.split("/")[:3])
        return csp_update({"form-action": [origin]})(view)(*args, **kwargs)

    return wrapped


@never_cache
@login_not_required
@leads_to_github
@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Leave for GitHub, to come back as the person who proved that account."""
    if request.user.is_authenticated:
        return redirect("/")
    if wait := TRIES_OF_ADDRESS.take(address_of(request)):
        return too_often(request, wait)
    return _leave(request, AuthProcess.LOGIN, next_url=_safe(request, request.POST.get("next", "")))


@never_cache
@leads_to_github
@require_POST
def link(request: Request) -> HttpResponse:
    """Leave for GitHub, to prove an account there."""
    if wait := TRIES.take("github", request.user.pk):
        return too_often(request, wait)
    return _leave(request, AuthProcess.CONNECT, data={"person": request.user.pk})


@never_cache
@login_not_required
@leads_to_github
@require_GET
def callback(request: HttpRequest) -> HttpResponse:
    """Where GitHub sends people back to."""
    if not offered():
        raise Http404
    if not AT_GITHUB.acquire(blocking=False):
        return page(request, Trouble.CROWDED)
    try:
        answer: HttpResponse = OAuth2CallbackView.adapter_view(GitHub)(request)
    finally:
        AT_GITHUB.release()
    return answer


@require_POST
def unlink(request: Request) -> HttpResponse:
    """Forget one's account at GitHub."""
    try:
        proofs.unlink(request.user)
    except Refused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "Your account at GitHub is not linked to you any more.")
    return redirect("account")


def _leave(request: HttpRequest, process: str, **kept: object) -> HttpResponse:
    if not offered():
        raise Http404
    away: HttpResponse = (
        GitHub(request).get_provider().redirect(request, process=process, scope=[], **kept)
    )
    return away


def _arrived(request: HttpRequest, account: Account, state: dict[str, Any]) -> HttpResponse:
    if state.get("process") != AuthProcess.CONNECT:
        return _signed_in(request, account, state.get("next") or "/")
    person = request.user
    if not person.is_authenticated or person.pk != state["data"]["person"]:
        return page(request, Trouble.STALE)
    try:
        proofs.prove(person, account)
    except Refused as error:
        messages.error(request, str(error))
    else:
        TRIES.clear("github", person.pk)
        messages.success(request, f"You are {account.login} at GitHub, and can sign in with it.")
    return redirect("account")


def _signed_in(request: HttpRequest, account: Account, wanted: str) -> HttpResponse:
    person = proofs.owner(account)
    if person is None:
        return page(request, Trouble.UNKNOWN, account.login)
    if not person.is_active:
        return page(request, Trouble.CLOSED, account.login)
    sign_in(request, person, backend=PASSWORDS)
    TRIES_OF_ADDRESS.give_back(address_of(request))
    return redirect(_safe(request, wanted) or "/")


def _safe(request: HttpRequest, address: str) -> str:
    """The address if it is one of ours, else nothing."""
    ours = url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return address if ours else ""
