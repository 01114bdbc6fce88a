"""What a lecturer fills in to order repositories."""

from typing import Any, cast

from django import forms

from portal.courses.models import Edition, MiniProject
from portal.github.models import Installation, Permission
from portal.github.provisions import DEFAULT_PATTERN


class OrderForm(forms.Form):
    """What a lecturer asks for."""

    installation = forms.ModelChoiceField(
        Installation.objects.none(), label="Organisation", empty_label=None
    )
    mini_projects = forms.ModelMultipleChoiceField(
        MiniProject.objects.none(),
        label="For these mini-projects",
        widget=forms.CheckboxSelectMultiple,
    )
    template = forms.CharField(
        label="Template repository",
        required=False,
        max_length=140,
        help_text="owner/name of a repository that GitHub knows as a template; empty for an empty"
        " one.",
        widget=forms.TextInput({"autocapitalize": "none", "spellcheck": "false"}),
    )
    pattern = forms.CharField(
        label="Names",
        max_length=100,
        initial=DEFAULT_PATTERN,
        help_text="{course}, {edition}, {team} and {login} are filled in; {login} is the name to"
        " sign in of a student who works alone.",
        widget=forms.TextInput({"autocapitalize": "none", "spellcheck": "false"}),
    )
    permission = forms.ChoiceField(label="Members may", choices=Permission.choices)
    private = forms.BooleanField(label="Private", required=False, initial=True)
    claimed = forms.BooleanField(
        label="Invite names that nobody has proved, too",
        required=False,
        help_text="A name that only the roster says may belong to somebody else.",
    )
    on_push = forms.BooleanField(label="Grade each push to the default branch", required=False)

    def __init__(self, edition: Edition, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        chosen = {
            "installation": Installation.alive(),
            "mini_projects": edition.mini_projects.order_by("order"),
        }
        for name, rows in chosen.items():
            cast("forms.ModelChoiceField[Any]", self.fields[name]).queryset = rows
