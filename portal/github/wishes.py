"""What the portal's App asks for on GitHub, and what each of it is for. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

LEVELS = {"": 0, "read": 1, "write": 2, "admin": 3}
NAME_LENGTH = 34  # of an App, as GitHub has it


@dataclass(frozen=True, slots=True)
class Wish:
    """A permission. `optional`: the portal does without, as `without` says."""

    name: str
    title: str  # as GitHub's page of permissions calls it
    level: str
    why: str
    without: str = ""

    @property
    def optional(self) -> bool:
        """Whether it may be left out."""
        return bool(self.without)

    def granted(self, permissions: Mapping[str, str]) -> bool:
        """Whether it is among them."""
        return LEVELS.get(permissions.get(self.name, ""), 0) >= LEVELS[self.level]


WISHES = (
    Wish(
        "contents",
        "Contents",
        "read",
        "It fetches the commits that are handed in, also from private repositories.",
    ),
    Wish(
        "metadata",
        "Metadata",
        "read",
        "It finds repositories again when they are renamed; GitHub grants it to every App.",
    ),
    Wish(
        "checks",
        "Checks",
        "write",
        "It writes the verdict beside the commit, by criterion, with a button to run it again.",
        "verdicts stand in the portal alone",
    ),
    Wish(
        "pull_requests",
        "Pull requests",
        "read",
        "It counts reviews where a course asks for work by pull requests.",
        "reviews are not counted",
    ),
    Wish(
        "actions",
        "Actions",
        "read",
        "It shows whether the workflows of the commit that is handed in went well.",
        "runs of workflows are not shown",
    ),
    Wish(
        "administration",
        "Administration",
        "write",
        "It makes a course's repositories from a template, and lets their teams in.",
        "lecturers make the repositories themselves",
    ),
)
EVENTS = {  # each with the permission that it comes with
    "push": "contents",
    "repository": "metadata",
    "check_run": "checks",
    "check_suite": "checks",
}


def manifest(
    *, name: str, home: str, hook: str, back: str, callbacks: Collection[str], left_out: set[str]
) -> dict[str, Any]:
    """What GitHub makes an App of. `hook`: where it sends messages to; "" for nowhere."""
    wished = [wish for wish in WISHES if not (wish.optional and wish.name in left_out)]
    names = {wish.name for wish in wished}
    found: dict[str, Any] = {
        "name": name,
        "url": home,
        "redirect_url": back,
        "callback_urls": list(callbacks),
        "public": False,
        "default_permissions": {wish.name: wish.level for wish in wished},
    }
    if hook:
        found["hook_attributes"] = {"url": hook, "active": True}
        found["default_events"] = [name for name, comes in EVENTS.items() if comes in names]
    return found
