"""Filters for results: words of reasons, tones of outcomes; the pages' own navigation."""

import re
from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from portal.assessment.gradebook import TONES
from portal.assessment.models import Mark, MarkEvent, Override
from portal.assessment.policy.values import told as number_told
from portal.courses.models import Edition

register = template.Library()
STRESSED = re.compile(r"\*([^*]+)\*")
PAGES = (
    ("assessment:book", "Gradebook"),
    ("assessment:marks", "Marks"),
    ("assessment:resits", "Resits"),
    ("assessment:requests", "Requests"),
    ("assessment:outcomes", "Outcomes"),
    ("assessment:publish", "Publish"),
)


@register.filter
def stressed(text: str) -> SafeString:
    """Plain text whose *stars* become emphasis."""
    return mark_safe(STRESSED.sub(r"<em>\1</em>", escape(text)))  # noqa: S308 - escaped first


@register.filter
def tone(word: str) -> str:
    """The tone of an outcome's pill."""
    return TONES.get(word, "")


@register.filter
def points(mark: Mark | MarkEvent | Override | None) -> str:
    """Points as a person writes them: 12, 12.5."""
    return number_told(mark.points) if mark and mark.points is not None else ""


@register.inclusion_tag("assessment/_subtabs.html")
def subtabs(edition: Edition, here: str) -> dict[str, Any]:
    """The pages of the results, and which of them this is."""
    return {"edition": edition, "here": here, "pages": PAGES}


@register.simple_tag
def what_if_name(part: Mapping[str, Any], level: Mapping[str, Any]) -> str:
    """The field of a what-if about one criterion."""
    return f"level:{part['part']}:{level['criterion']}"


@register.simple_tag
def what_if_mark(given: Mapping[str, str], mark: Mapping[str, Any]) -> str:
    """What was supposed about a mark."""
    return given.get(f"mark:{mark['mark']}", "")
