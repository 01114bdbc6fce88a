"""How a submission came about on GitHub, for pages of apps that know nothing of it."""

from typing import Any

from django import template

from portal.github import evidence, pulls
from portal.github.models import Workflow
from portal.github.troubles import explained
from portal.submissions.models import Submission

register = template.Library()


@register.inclusion_tag("github/_workflow.html", takes_context=True)
def workflow_of(
    context: template.Context,
    submission: Submission,
    staff: bool = False,  # noqa: FBT001, FBT002 - a template says it by name
) -> dict[str, Any]:
    """What was found, where the edition asks for it; one query, and none where it does not."""
    asked = pulls.wanted(submission.mini_project)
    if asked is None:
        return {"asked": None}
    row = Workflow.objects.filter(submission=submission).first()
    seen = bool(row and row.told)
    return {
        "asked": asked,
        "row": row,
        "lines": evidence.lines(asked, row.told) if row and seen else [],
        "words": explained(row),
        "elsewhere": not pulls.on_github(submission),
        "submission": submission,
        "staff": staff,
        "zone": submission.mini_project.edition.zone,
        "csrf_token": context.get("csrf_token"),
    }
