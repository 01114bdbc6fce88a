"""Pushes of a team, for pages of apps that know nothing of GitHub."""

from typing import Any

from django import template
from django.conf import settings
from django.template import RequestContext
from django.urls import reverse

from portal.courses.dates import Calendar
from portal.courses.models import MiniProject, Team
from portal.courses.queries import place_of
from portal.github import watches
from portal.github.models import Push, PushStatus
from portal.people.models import User

register = template.Library()

TONES = {PushStatus.WAITING: "live", PushStatus.TAKEN: "good"}
WORDS = {
    PushStatus.WAITING: "About to be graded",
    PushStatus.TAKEN: "Handed in",
    PushStatus.SUPERSEDED: "Replaced",
    PushStatus.IGNORED: "Not graded",
}


@register.inclusion_tag("github/_pushes.html", takes_context=True)
def own_pushes(context: RequestContext, person: User, mini_project: MiniProject) -> dict[str, Any]:
    """Whether the person's own pushes are graded, and what became of the last ones."""
    place = place_of(person, mini_project.edition)
    dates = Calendar.of(mini_project.edition)
    number = dates.owner(mini_project, shared=place.shared, solo=place.solo)
    team = Team.objects.filter(pk=number).first() if number else None
    return _shown(context, mini_project, team)


@register.inclusion_tag("github/_pushes.html", takes_context=True)
def pushes_of(context: RequestContext, mini_project: MiniProject, team: Team) -> dict[str, Any]:
    """Whether a team's pushes are graded, and what became of the last ones."""
    return _shown(context, mini_project, team)


@register.filter
def push_tone(push: Push) -> str:
    """The class of a push's pill."""
    return TONES.get(PushStatus(push.status), "")


@register.filter
def push_word(push: Push) -> str:
    """What became of a push, in a word or two."""
    return WORDS[PushStatus(push.status)]


def _shown(context: RequestContext, mini_project: MiniProject, team: Team | None) -> dict[str, Any]:
    found = watches.offer(mini_project, team) if team and mini_project.labs else None
    badge = ""
    if found and found.watch:
        path = reverse("github:badge", args=[found.watch.badge])
        badge = (
            settings.PUBLIC_URL + path
            if settings.PUBLIC_URL
            else context["request"].build_absolute_uri(path)
        )
    return {
        "offer": found,
        "badge": badge,
        "zone": mini_project.edition.zone,
        "csrf_token": context.get("csrf_token"),
        "mini_project": mini_project,
    }
