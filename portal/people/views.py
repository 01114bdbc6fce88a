"""Signing in."""

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import method_decorator
from django_htmx.http import HttpResponseClientRefresh

from portal.people.models import User

SHOWN = 8  # people that a demonstration names, staff first


@method_decorator(login_not_required, name="dispatch")
class SignIn(LoginView):
    """The sign-in page. A demonstration says who can sign in."""

    redirect_authenticated_user = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401 - Django's
        """A page that polls after its session has ended is loaded anew, and so comes here."""
        if request.headers.get("HX-Request") == "true":
            return HttpResponseClientRefresh()
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:  # noqa: ANN401 - Django's
        """The demonstration's people, with their roles."""
        people = []
        if settings.DEMO:
            rows = User.objects.filter(is_active=True, enrolments__isnull=False)
            people = list(
                rows.order_by("enrolments__role", "pk").values_list(
                    "username", "display_name", "enrolments__role"
                )[:SHOWN]
            )
        return super().get_context_data(demo_people=people, **kwargs)
