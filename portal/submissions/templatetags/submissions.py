"""Pills for attempts, links to commits, marks for checks."""

from typing import Any, Protocol

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from lab_specs.faults import Code
from lab_specs.messages import explain
from lab_specs.report import Outcome
from portal.courses.dates import Calendar
from portal.submissions import histories, messages
from portal.submissions.contributors import shares
from portal.submissions.models import History, Place, Submission

register = template.Library()

MARKS = {
    Outcome.PASSED: ("✔", "passed"),
    Outcome.FAILED: ("✘", "failed"),
    Outcome.SKIPPED: ("–", "not run"),  # noqa: RUF001 - a dash is meant
    Outcome.ERROR: ("!", "failed on our side"),
}


class Told(Protocol):
    """Anything that has a state and a verdict."""

    state: str
    verdict: str | None


@register.filter
def badge(attempt: Told) -> SafeString:
    """The pill of an attempt, or of a cell of the class table."""
    words = messages.words(attempt.state, attempt.verdict)
    return format_html('<span class="pill {}">{}</span>', words.tone, words.label)


@register.filter
def late(work: Submission, dates: Calendar) -> bool:
    """Whether work came after its deadline."""
    return dates.late(work.mini_project, work.team_id, work.created_at)


@register.filter
def mark(outcome: Outcome) -> SafeString:
    """How a check ended, as a sign and as a word."""
    sign, word = MARKS[outcome]
    return format_html(
        '<span class="mark" aria-hidden="true">{}</span><span class="hidden">{}: </span>',
        sign,
        word,
    )


@register.filter
def commit_link(place: Place) -> SafeString:
    """The short commit, as a link where the repository has a page for it."""
    shown = format_html('<code title="{}">{}</code>', place.commit, place.short_commit)
    if not place.repository.startswith("https://"):
        return shown
    return format_html(
        '<a href="{}/commit/{}" rel="noreferrer">{}</a>', place.repository, place.commit, shown
    )


@register.filter
def repository_link(place: Place) -> SafeString:
    """The repository, as a link where it has a page."""
    if not place.repository.startswith("https://"):
        return format_html("<code>{}</code>", place.repository)
    short = place.repository.removeprefix("https://")
    return format_html('<a href="{}" rel="noreferrer">{}</a>', place.repository, short)


@register.inclusion_tag("submissions/_contributors.html")
def contributors_of(work: Submission) -> dict[str, Any]:
    """Who made the commits that lead to the work, as far as a worker has read them. For staff."""
    row = History.objects.filter(submission=work).first()
    told = row.told if row else None
    return {
        "row": row,
        "told": told,
        "shares": shares(told["contributors"], histories.members_of(work)) if told else (),
        "fault": explain(Code(row.fault), row.facts) if row and row.fault else None,
    }
