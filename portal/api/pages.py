"""A person's tokens: make one, read it once, revoke it."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from portal.api import tokens
from portal.api.models import Scope, Token
from portal.common.errors import Refused
from portal.people.requests import Request

DAYS = [(30, "30 days"), (120, "a semester (120 days)"), (365, "a year")]


class TokenForm(forms.Form):
    """What a new token is for, what it may do, and how long."""

    name = forms.CharField(
        label="What is it for?", max_length=80, help_text="For example: my deployment script."
    )
    scopes = forms.MultipleChoiceField(
        label="What may it do?",
        choices=Scope.choices,
        initial=[Scope.READ],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one thing that the token may do."},
    )
    days = forms.TypedChoiceField(label="How long?", choices=DAYS, coerce=int, initial=120)


@never_cache
def tokens_page(request: Request) -> HttpResponse:
    """The person's living tokens; a POST makes one and shows its secret, this once."""
    form = TokenForm(request.POST or None, label_suffix="")
    secret = ""
    if request.method == "POST" and form.is_valid():
        try:
            _, secret = tokens.issue(person=request.user, **form.cleaned_data)
        except Refused as error:
            form.add_error(None, str(error))
        else:
            form = TokenForm(label_suffix="")
    context = {"form": form, "secret": secret, "tokens": tokens.living(request.user)}
    return render(request, "api/tokens.html", context, status=422 if form.errors else 200)


@require_POST
def revoke(request: Request, pk: int) -> HttpResponse:
    """End one of one's own tokens."""
    token = get_object_or_404(Token, pk=pk, person=request.user)
    if tokens.revoke(token=token):
        messages.success(request, f"The token “{token.name}” opens nothing any more.")
    return redirect("tokens")
