"""What was handed in, for pages of apps that know nothing of deliveries."""

from typing import Any

from django import template
from django.utils import timezone

from portal.courses.models import MiniProject
from portal.courses.queries import place_of
from portal.deliveries import desk
from portal.people.models import User

register = template.Library()


@register.inclusion_tag("deliveries/_summary.html")
def deliveries_of(mini_project: MiniProject, team: int) -> dict[str, Any]:
    """How each deliverable of a team stands, with the newest of it and the advice on that."""
    found = desk.pieces(mini_project, team, now=timezone.now())
    return {
        "mini_project": mini_project,
        "team": team,
        "zone": mini_project.edition.zone,
        "pieces": found,
    }


@register.inclusion_tag("deliveries/_mine.html")
def own_deliveries(person: User, mini_project: MiniProject) -> dict[str, Any]:
    """How the person's own deliverables of a mini-project stand, and where to hand them in."""
    place = place_of(person, mini_project.edition)
    return {
        "mini_project": mini_project,
        "zone": mini_project.edition.zone,
        "items": desk.items_of(mini_project, place, now=timezone.now()),
    }
