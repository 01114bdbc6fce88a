"""What a lecturer fills in to order repositories, and who may do so where."""

from typing import Any, cast

from django import forms

from portal.courses.models import Course, Edition, MiniProject
from portal.github.models import Installation, Permission
from portal.github.provisions import DEFAULT_PATTERN, places


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
            "installation": places(edition),
            "mini_projects": edition.mini_projects.order_by("order"),
        }
        for name, rows in chosen.items():
            cast("forms.ModelChoiceField[Any]", self.fields[name]).queryset = rows


class CoursesForm(forms.Form):
    """Which courses may make repositories, a field for each installation that answers."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        rows = Installation.alive().prefetch_related("courses")
        self.installations = {f"courses-{each.pk}": each for each in rows}
        for name, each in self.installations.items():
            self.fields[name] = forms.ModelMultipleChoiceField(
                Course.objects.order_by("title", "code"),
                label=each.account,
                required=False,
                initial=each.courses.all(),
                widget=forms.CheckboxSelectMultiple,
            )

    def save(self) -> None:
        """Let these courses, and no others."""
        for name, each in self.installations.items():
            each.courses.set(self.cleaned_data[name])
