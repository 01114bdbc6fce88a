"""Signing in."""

import math
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView, redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.decorators import method_decorator
from django_htmx.http import HttpResponseClientRefresh

from portal.common.errors import in_words
from portal.people.limits import TRIES, TRIES_OF_ADDRESS, address_of
from portal.people.models import User
from portal.people.with_github import leads_to_github, offered

SHOWN = 8  # people that a demonstration names, as they were made: staff first


@method_decorator([login_not_required, leads_to_github], name="dispatch")
class SignIn(LoginView):
    """The sign-in page. A demonstration says who can sign in."""

    redirect_authenticated_user = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401 - Django's
        """A page that polls after its session has ended is loaded anew, and so comes here."""
        if request.headers.get("HX-Request") == "true":
            return HttpResponseClientRefresh()
        return super().dispatch(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:  # noqa: ANN401 - Django's
        """Look at the password, unless there were too many wrong ones just now."""
        name, address = request.POST.get("username", "").casefold(), address_of(request)
        if wait := TRIES.take(name, address) or TRIES_OF_ADDRESS.take(address):
            return self._slow_down(wait)
        response = super().post(request, *args, **kwargs)
        if request.user.is_authenticated:
            TRIES.clear(name, address)
            TRIES_OF_ADDRESS.give_back(address)
        return response

    def _slow_down(self, wait: timedelta) -> HttpResponse:
        seconds = math.ceil(wait.total_seconds())
        # Not bound: a bound form would look at the password after all.
        form = self.form_class(
            self.request, initial={"username": self.request.POST.get("username", "")}
        )
        context = self.get_context_data(form=form, wait=in_words(seconds))
        return self.render_to_response(context, status=429, headers={"Retry-After": str(seconds)})

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:  # noqa: ANN401 - Django's
        """The demonstration's people, with their roles; whether GitHub can be asked."""
        people = []
        if settings.DEMO:
            rows = User.objects.filter(is_active=True, enrolments__isnull=False)
            people = list(
                rows.order_by("pk")
                .values_list("username", "display_name", "enrolments__role")
                .distinct()[:SHOWN]
            )
        return super().get_context_data(demo_people=people, github=offered(), **kwargs)


@login_not_required
def admin_sign_in(request: HttpRequest) -> HttpResponse:
    """The admin's sign-in page is the portal's; who signed in and gets here has no admin."""
    if request.user.is_authenticated:
        raise Http404
    return redirect_to_login(request.GET.get("next", "/admin/"))
