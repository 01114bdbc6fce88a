"""The App's page: for whoever runs the portal. Making it, testing it, forgetting it."""

import json
import re
import secrets
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

import structlog
from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from portal.common.errors import Refused
from portal.github import setup
from portal.github.credentials import keys
from portal.github.forms import CoursesForm
from portal.github.models import App, ErrandStatus
from portal.github.troubles import explained
from portal.github.wishes import NAME_LENGTH, WISHES, manifest
from portal.people.requests import Request
from portal.people.with_github import leads_to_github

log = structlog.get_logger()

STATE = "github_app_state"
STATE_SECONDS = 3600  # GitHub's code holds as long
OPTIONAL = [(wish.name, f"{wish.title}, {wish.level}") for wish in WISHES if wish.optional]

View = Callable[..., HttpResponseBase]


class NewApp(forms.Form):
    """Whose the App will be, its name, and which permissions it asks for beside the needed."""

    organisation = forms.CharField(
        label="Organisation at GitHub",
        max_length=39,
        required=False,
        help_text="Its name as in its address, github.com/NAME. Empty: your own account there.",
        widget=forms.TextInput({"autocapitalize": "none", "spellcheck": "false"}),
    )
    name = forms.CharField(
        label="Name of the App",
        max_length=NAME_LENGTH,
        help_text="Nobody else at GitHub may have it. Students see it beside their commits.",
    )
    wanted = forms.MultipleChoiceField(
        label="Beside what is needed", choices=OPTIONAL, required=False
    )

    def clean_organisation(self) -> str:
        """A name that can stand in an address."""
        name = str(self.cleaned_data["organisation"]).strip()
        if name and not re.fullmatch(setup.LOGIN, name):
            raise forms.ValidationError(
                "This cannot be a name at GitHub: expected are letters, digits and hyphens."
            )
        return name


def of_superusers(view: View) -> View:
    """Nobody else sees that there is such a page."""

    @wraps(view)
    def wrapped(request: Request, *args: object, **kwargs: object) -> HttpResponseBase:
        if not request.user.is_superuser:
            raise Http404
        return view(request, *args, **kwargs)

    return wrapped


@never_cache
@of_superusers
@require_GET
def app_page(request: Request) -> HttpResponse:
    """How the App stands; without one, the way to make one."""
    name = f"Course portal {request.get_host().partition(':')[0]}"[:NAME_LENGTH].strip()
    initial = {"name": name, "wanted": [name for name, _ in OPTIONAL]}
    return _page(request, NewApp(initial=initial, label_suffix=""))


@never_cache
@of_superusers
@leads_to_github
@require_POST
def begin(request: Request) -> HttpResponse:
    """Show what GitHub will be asked for, with the button that leads there."""
    form = NewApp(request.POST, label_suffix="")
    if App.objects.exists():
        messages.error(request, "This portal has an App already. Forget that first.")
        return redirect("github:app")
    if not form.is_valid():
        return _page(request, form, status=422)
    state = secrets.token_urlsafe(24)
    request.session[STATE] = [state, time.time()]
    chosen = form.cleaned_data
    left_out = {name for name, _ in OPTIONAL if name not in chosen["wanted"]}
    own, callback = request.build_absolute_uri("/")[:-1], reverse("github_callback")
    asked = manifest(
        name=chosen["name"],
        home=settings.PUBLIC_URL or own,
        hook=setup.hook_address(),
        back=own + reverse("github:made"),
        callbacks=list(
            dict.fromkeys(home + callback for home in (settings.PUBLIC_URL, own) if home)
        ),
        left_out=left_out,
    )
    context = {
        "manifest": json.dumps(asked),
        "address": setup.new_app_page(chosen["organisation"], state),
        "name": chosen["name"],
        "organisation": chosen["organisation"],
        "wishes": [wish for wish in WISHES if wish.name in asked["default_permissions"]],
        "hook": setup.hook_address(),
        "github": settings.GITHUB_URL,
    }
    return render(request, "github/begin.html", context)


@never_cache
@of_superusers
@require_GET
def made(request: Request) -> HttpResponse:
    """Where GitHub sends the browser back to, with a code for the App's keys."""
    state, at = request.session.pop(STATE, ["", 0.0])
    told, code = request.GET.get("state", ""), request.GET.get("code", "")
    if not (state and constant_time_compare(state, told)) or time.time() - at > STATE_SECONDS:
        messages.error(
            request,
            "What came back from GitHub does not belong to a start in this browser within the last"
            " hour. If GitHub has made an App, delete it there, and start again here.",
        )
    elif not re.fullmatch(r"[0-9A-Za-z_-]{1,200}", code):
        messages.error(request, "GitHub sent no code, so no App was made. Start again here.")
    else:
        try:
            setup.made_at_github(code, by=request.user)
        except Refused as error:
            messages.error(request, str(error))
    return redirect("github:app")


@of_superusers
@require_POST
def check(request: Request) -> HttpResponse:
    """Ask for the self-test."""
    if App.objects.exists():
        setup.look_over(by=request.user)
    return redirect("github:app")


@of_superusers
@require_POST
def allow(request: Request) -> HttpResponse:
    """Say which courses may make repositories where."""
    form = CoursesForm(request.POST)
    if form.is_valid():
        form.save()
        log.info("github_courses_allowed", person=request.user.pk)
        messages.success(request, "Kept: lecturers of these courses may make repositories there.")
    else:
        messages.error(request, "Nothing was changed: one of these courses is gone. Choose anew.")
    return redirect("github:app")


@of_superusers
@require_POST
def forget(request: Request) -> HttpResponse:
    """Remove the App's keys; whoever does it types its name."""
    app = App.objects.first()
    if app is None or request.POST.get("name", "").strip() != app.name:
        messages.error(request, "Type the App's name as it stands here; nothing was forgotten.")
        return redirect("github:app")
    setup.forget(by=request.user)
    messages.success(
        request, f"{app.name} is forgotten here. At GitHub it is still there: delete it there, too."
    )
    return redirect("github:app")


def _page(request: Request, form: NewApp, status: int = 200) -> HttpResponse:
    app = App.objects.first()
    kind = "selftest" if app else "manifest"
    errand = setup.newest(kind)
    context: dict[str, Any] = {
        "app": app,
        "form": form,
        "wishes": WISHES,
        "wanted": form["wanted"].value() or [],
        "errand": errand,
        "working": errand is not None and errand.status == ErrandStatus.WAITING,
        "fault": explained(errand),
        "hook": setup.hook_address(),
        "unreadable": app is not None and keys() is None,
        "page": setup.app_page(app) if app else "",
        "install": f"{setup.app_page(app)}/installations/new" if app else "",
        "courses": CoursesForm(),
        "open": sum(each["ok"] is False for each in app.findings) if app else 0,
    }
    return render(request, "github/app.html", context, status=status)
