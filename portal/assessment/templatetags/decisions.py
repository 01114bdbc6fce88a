"""What lecturers decided, for pages of apps that know nothing of assessment."""

from typing import Any

from django import template

from portal.assessment.models import Assessment
from portal.courses.models import MiniProject
from portal.people.models import User

register = template.Library()


@register.inclusion_tag("assessment/_decisions.html")
def own_decisions(person: User, mini_project: MiniProject) -> dict[str, Any]:
    """The levels that count for the person's own work: those on which assessors are settled."""
    held = Assessment.objects.filter(
        mini_project=mini_project, team__memberships__person=person, settled=True
    ).select_related("criterion", "level", "assessor")
    return {"decisions": held.order_by("criterion__order")}
