"""What a person types to hand in work, and how a fault finds its field."""

from django import forms
from django.http import QueryDict

from lab_specs.faults import Code
from portal.submissions.models import Lookup

# The field that a fault is about, when it is about one
FIELDS = {
    Code.LINK_INVALID: "link",
    Code.HOST_NOT_ALLOWED: "link",
    Code.REPOSITORY_NOT_FOUND: "link",
    Code.REF_NOT_FOUND: "ref",
    Code.CONTEXT_MISSING: "context",
    Code.DOCKERFILE_MISSING: "dockerfile",
}


class SubmitForm(forms.Form):
    """A lab, a link to a repository, and what the link alone may not say."""

    link = forms.CharField(
        label="Link to the repository",
        max_length=500,
        help_text="For example https://github.com/owner/repository; a link to a branch or a"
        " folder works too.",
        error_messages={"required": "Paste the link to your repository here."},
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    ref = forms.CharField(
        label="Branch, tag or commit",
        max_length=200,
        required=False,
        help_text="Empty: the default branch.",
    )
    context = forms.CharField(
        label="Context folder",
        max_length=300,
        required=False,
        help_text="The folder that the Dockerfile is built in. Empty: the root.",
    )
    dockerfile = forms.CharField(
        label="Path of the Dockerfile",
        max_length=300,
        required=False,
        help_text="From the root of the repository. Empty: Dockerfile in the context folder.",
    )

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        labs: list[tuple[str, str]],
        initial: dict[str, str] | None = None,
    ) -> None:
        first = {"lab": labs[0][0] if labs else ""}
        super().__init__(data, initial=first | (initial or {}), label_suffix="")
        widget = forms.Select if len(labs) > 1 else forms.HiddenInput
        self.fields["lab"] = forms.ChoiceField(label="Lab", choices=labs, widget=widget)

    @property
    def unfolded(self) -> bool:
        """Whether the optional fields are to be seen at once: something stands in them."""
        names = ("ref", "context", "dockerfile")
        return any(self[name].value() or self[name].errors for name in names)


def typed(lookup: Lookup) -> dict[str, str]:
    """What the person typed for a lookup, for the form to show it again."""
    return {
        "lab": lookup.lab,
        "link": lookup.repository,
        "ref": lookup.ref,
        "context": "" if lookup.context == "." else lookup.context,
        "dockerfile": lookup.dockerfile,
    }
