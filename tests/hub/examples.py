"""GitHub's own examples of webhooks: a field that all of them have is not left out by us."""

import json
from functools import cache
from typing import Any

from tests.hub.description import FOLDER

# Which permissions an app has differs from app to app; the description has new names for some.
FREE = ("permissions",)


@cache
def every() -> dict[str, list[dict[str, Any]]]:
    """Event → its examples."""
    listed = json.loads((FOLDER / "webhooks.json").read_bytes())
    return {one["name"]: one["examples"] for one in listed}


def missing(event: str, action: str | None, payload: dict[str, Any]) -> list[str]:
    """The fields that `payload` lacks, and no example of this event and action does."""
    matching = [one for one in every().get(event, []) if one.get("action") == action]
    return lacking(matching, payload, "")


def lacking(examples: list[Any], value: object, where: str) -> list[str]:
    if isinstance(value, list):
        inner = [one for example in examples if isinstance(example, list) for one in example]
        return [name for one in value for name in lacking(inner, one, f"{where}[]")]
    objects = [one for one in examples if isinstance(one, dict)]
    if not isinstance(value, dict) or not objects:
        return []
    common = set.intersection(*(set(one) for one in objects))
    found = [f"{where}.{name}" for name in sorted(common - value.keys())]
    for name in value.keys() - set(FREE):
        inner = [one[name] for one in objects if name in one]
        found += lacking(inner, value[name], f"{where}.{name}")
    return found
