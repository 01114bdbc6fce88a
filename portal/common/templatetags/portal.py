"""Filters for times, durations and the words of `lab_specs.messages`."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from django import template
from django.utils import timezone
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from portal.common import markdown as md

register = template.Library()
Value = TypeVar("Value")

CODE = re.compile(r"`([^`]+)`")
MINUTE, HOUR, DAY = 60, 3_600, 86_400


@register.filter
def coded(text: str) -> SafeString:
    """Plain text whose `backticks` become code."""
    return mark_safe(CODE.sub(r"<code>\1</code>", escape(text)))  # noqa: S308 - escaped first


@register.filter
def markdown(text: str) -> SafeString:
    """Markdown as HTML."""
    return md.render(text)


@register.filter
def at(moment: datetime | None, zone: ZoneInfo) -> str:
    """A moment with its weekday in a zone, as in `Fri 20 Nov 2026, 23:59`."""
    return f"{moment.astimezone(zone):%a %-d %b %Y, %H:%M}" if moment else ""


@register.filter
def short_at(moment: datetime | None, zone: ZoneInfo) -> str:
    """A moment without its year, as in `Fri 20 Nov, 23:59`."""
    return f"{moment.astimezone(zone):%a %-d %b, %H:%M}" if moment else ""


@register.filter
def span(seconds: float | None) -> str:
    """A duration in the one or two units that matter: `0.4 s`, `2 min 5 s`, `3 h`, `4 days`."""
    if seconds is None:
        return ""
    if seconds < MINUTE:
        return f"{seconds:.1f} s" if seconds < 10 and seconds % 1 else f"{seconds:.0f} s"  # noqa: PLR2004
    if seconds < HOUR:
        minutes, rest = divmod(round(seconds), MINUTE)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    if seconds < 2 * DAY:
        hours, rest = divmod(round(seconds / MINUTE), MINUTE)
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    return f"{int(seconds // DAY)} days"


@register.filter
def left(moment: datetime | None) -> str:
    """How long it is until a moment, or how long ago it was."""
    if moment is None:
        return ""
    seconds = (moment - timezone.now()).total_seconds()
    if abs(seconds) < MINUTE:
        return "now"
    rough = abs(seconds) // MINUTE * MINUTE
    return f"{span(rough)} left" if seconds > 0 else f"{span(rough)} ago"


@register.filter
def get(mapping: Mapping[str, Value], key: str) -> Value | None:
    """One value of a mapping; nothing when it is not there."""
    return mapping.get(key)
