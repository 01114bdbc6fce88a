"""The second factor of staff: a code from their phone, or one of ten on paper.

Whoever can change results proves twice who they are, before any page but these is shown.
"""

from collections.abc import Callable
from typing import Any

import segno
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import RedirectURLMixin
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.generic import FormView
from django_htmx.http import HttpResponseClientRefresh
from django_otp import login, verify_token
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from portal.common.errors import TooOften
from portal.people.models import User
from portal.people.requests import Request

DIGITS = 6  # of a code from the phone; those on paper are longer
RECOVERY_CODES = 10
SESSION_SECONDS = 12 * 3600
OPEN = {"login", "logout", "second-factor", "second-factor-new"}
WRONG = (
    "This code does not fit. Each code works once, and codes from the phone change every 30"
    " seconds: wait for the next one, and check the phone's clock."
)


class CodeForm(forms.Form):
    """One code, with or without the blanks that apps show in it."""

    code = forms.CharField(
        label="Code",
        max_length=20,
        widget=forms.TextInput({"autocomplete": "one-time-code", "autofocus": True}),
    )

    def clean_code(self) -> str:
        """The code alone."""
        return "".join(self.cleaned_data["code"].split()).lower()


class StaffSecondFactor:
    """Middleware: leads staff who have not proved their second factor to the page that asks."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on; what counts comes once its view is known."""
        return self.get_response(request)

    def process_view(self, request: Request, *_: object) -> HttpResponse | None:
        """None lets the request through."""
        name = request.resolver_match.view_name if request.resolver_match else ""
        if not settings.STAFF_TWO_FACTOR or name in OPEN or not request.user.is_authenticated:
            return None
        if is_verified(request) or not request.user.teaches:
            return None
        if request.htmx:
            return HttpResponseClientRefresh()
        back = {"next": request.get_full_path()} if request.method == "GET" else {}
        return redirect(f"{reverse('second-factor')}?{urlencode(back)}")


def is_verified(request: HttpRequest) -> bool:
    """Whether this session has proved a second factor."""
    return getattr(request.user, "otp_device", None) is not None


@method_decorator(never_cache, name="dispatch")
class _Page(RedirectURLMixin, FormView):  # type: ignore[type-arg]  # none at run time
    """A page that asks for a code. Students have no second factor, so nothing is here for them."""

    form_class = CodeForm
    next_page = "/"
    request: Request

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401 - Django's
        """Staff alone."""
        if not self.request.user.teaches:
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def prove(self, form: CodeForm, device: TOTPDevice | StaticDevice | None) -> bool:
        """Look at the code; the form says what is wrong with it."""
        why = device.verify_is_allowed()[1] if device else None
        if why:
            wait = why["locked_until"] - timezone.now()
            form.add_error("code", str(TooOften("There were too many wrong codes.", wait)))
            return False
        code = form.cleaned_data["code"]
        if device is None or not verify_token(self.request.user, device.persistent_id, code):
            form.add_error("code", WRONG)
            return False
        login(self.request, device)
        self.request.session.cycle_key()  # whoever knew the session before does not get further
        self.request.session.set_expiry(SESSION_SECONDS)
        return True


class Verify(_Page):
    """Asks for a code of the phone that was set up; without one, leads to setting it up."""

    template_name = "people/second_factor.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401 - Django's
        """There must be a device that could have made the code."""
        user = self.request.user
        if user.teaches and not _device(TOTPDevice, user):
            return redirect(f"{reverse('second-factor-new')}?{self.request.GET.urlencode()}")
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: CodeForm) -> HttpResponse:
        """A code from the phone has six digits; anything else came from paper."""
        kind = TOTPDevice if len(form.cleaned_data["code"]) == DIGITS else StaticDevice
        if not self.prove(form, _device(kind, self.request.user)):
            return self.form_invalid(form)
        return redirect(self.get_success_url())


class SetUp(_Page):
    """Shows a new secret until a code proves that the phone has it; then it replaces the old."""

    template_name = "people/second_factor_new.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401 - Django's
        """Who has a phone already proves it first: a password alone must not replace it."""
        if _device(TOTPDevice, self.request.user) and not is_verified(self.request):
            return redirect("second-factor")
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:  # noqa: ANN401 - Django's
        """The secret as a picture and as letters."""
        device = self._new()
        picture = segno.make(device.config_url, micro=False)
        secret = device.config_url.split("secret=")[1].split("&")[0].rstrip("=")
        groups = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
        qr = picture.svg_data_uri(scale=5, light="#fff")
        return super().get_context_data(qr=qr, secret=groups, **kwargs)

    def form_valid(self, form: CodeForm) -> HttpResponse:
        """The phone has the secret: from now on it is asked for."""
        device = self._new()
        if not self.prove(form, device):
            return self.form_invalid(form)
        with transaction.atomic():
            TOTPDevice.objects.filter(user=self.request.user).exclude(pk=device.pk).delete()
            TOTPDevice.objects.filter(pk=device.pk).update(confirmed=True)
        messages.success(self.request, "From now on you sign in with a code from this phone, too.")
        return redirect("recovery-codes")

    def _new(self) -> TOTPDevice:
        waiting = TOTPDevice.objects.filter(user=self.request.user, confirmed=False)
        return waiting.order_by("pk").first() or TOTPDevice.objects.create(
            user=self.request.user, name="phone", confirmed=False
        )


class RecoveryCodes(_Page):
    """How many codes on paper are left; a POST makes new ones and shows them, this once."""

    template_name = "people/recovery_codes.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401 - Django's
        """Only for a session that has proved its second factor."""
        if self.request.user.teaches and not is_verified(self.request):
            return redirect("second-factor")
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:  # noqa: ANN401 - Django's
        """The number of codes that still work."""
        left = StaticToken.objects.filter(device__user=self.request.user).count()
        return super().get_context_data(left=left, **kwargs)

    def post(self, *_: object, **__: object) -> HttpResponse:
        """Ten new codes; the old ones stop working."""
        with transaction.atomic():
            device, _made = StaticDevice.objects.get_or_create(
                user=self.request.user, defaults={"name": "paper"}
            )
            device.token_set.all().delete()
            codes = [StaticToken.random_token() for _ in range(RECOVERY_CODES)]
            device.token_set.bulk_create(StaticToken(device=device, token=code) for code in codes)
        return self.render_to_response(self.get_context_data(codes=codes))


def _device(
    kind: type[TOTPDevice] | type[StaticDevice], user: User
) -> TOTPDevice | StaticDevice | None:
    return kind.objects.filter(user=user, confirmed=True).order_by("pk").first()
