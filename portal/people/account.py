"""A person's own page: how they sign in."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.signals import user_logged_in
from django.contrib.auth.views import PasswordChangeView
from django.dispatch import receiver
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from portal.common.errors import TooOften
from portal.people.limits import TRIES
from portal.people.models import User
from portal.people.requests import Request
from portal.people.with_github import leads_to_github, offered


@never_cache
@leads_to_github
@require_GET
def account_page(request: Request) -> HttpResponse:
    """Who one is here, and what proves it."""
    context = {"person": request.user, "github": offered()}
    return render(request, "people/account.html", context)


@method_decorator(never_cache, name="dispatch")
class ChangePassword(PasswordChangeView):
    """The old password, and twice a new one; other sessions of the person end."""

    template_name = "people/password.html"
    success_url = reverse_lazy("account")
    request: Request

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401 - Django's
        """Only for who has one: whoever signs in elsewhere has none to change."""
        if not self.request.user.has_usable_password():
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:  # noqa: ANN401 - Django's
        """Guesses at the old password are slowed down, as at the sign-in."""
        if wait := TRIES.take("password", self.request.user.pk):
            return self._refused("There were too many tries.", wait)
        return super().post(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        """Labels as on all pages."""
        return super().get_form_kwargs() | {"label_suffix": ""}

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        """It is changed; this session goes on."""
        TRIES.clear("password", self.request.user.pk)
        messages.success(self.request, "From now on you sign in with your new password.")
        return super().form_valid(form)

    def form_invalid(self, form: forms.Form) -> HttpResponse:
        """The page again, with what is wrong."""
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def _refused(self, words: str, wait: timedelta) -> HttpResponse:
        trouble = TooOften(words, wait)
        # Not bound: a bound form would look at the password after all.
        form = self.form_class(self.request.user, label_suffix="")
        context = self.get_context_data(form=form, problem=str(trouble))
        headers = {"Retry-After": str(trouble.seconds)}
        return self.render_to_response(context, status=429, headers=headers)


@receiver(user_logged_in, dispatch_uid="github name lost")
def tell_who_lost_a_name(request: HttpRequest, user: User, **_: object) -> None:
    """Whoever's name of the roster was proved by somebody else hears of it when they sign in."""
    if user.github_lost:
        messages.warning(
            request,
            f"A course's list says that you are {user.github_lost} at GitHub, but somebody else has"
            " signed in with that account. Link your own on the page “Account”.",
            fail_silently=True,
        )
