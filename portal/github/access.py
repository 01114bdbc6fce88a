"""Which private repositories a team may have read for it.

The portal's key opens more than a team may see: a link to another team's private repository must
lead nowhere, as it does in the team's own browser.
"""

import re
from dataclasses import dataclass

from django.conf import settings

from portal.github.known import repository_named
from portal.github.models import Installation, Watch
from portal.people.models import User

OWNER_AND_NAME = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Place:
    """A repository of GitHub, and the installation by which it is reached; else by the token."""

    full_name: str
    seen_by: Installation | None = None

    @property
    def installation(self) -> int | None:
        """GitHub's number of the installation."""
        return self.seen_by.number if self.seen_by else None

    @property
    def lane(self) -> str:
        """Whose errands share one rate limit."""
        return self.seen_by.lane if self.seen_by else "token"


def full_name_of(link: str) -> str | None:
    """The owner/name that an address at GitHub names; None when it is none."""
    home = f"{settings.GITHUB_URL}/"
    if not link.lower().startswith(home.lower()):
        return None
    name = link[len(home) :].removesuffix("/").removesuffix(".git")
    return name if OWNER_AND_NAME.fullmatch(name) else None


def private(repository: str) -> Place | None:
    """The place that an address names; None when it is public, elsewhere, or no key opens it."""
    full_name = full_name_of(repository)
    if full_name is None:
        return None
    row = repository_named(full_name)
    if row and not row.private:
        return None
    seen_by = row.seen_by if row else None
    return Place(full_name, seen_by) if seen_by or settings.GITHUB_TOKEN else None


def is_watched(full_name: str, team_id: int) -> bool:
    """Whether this is where the team's work lies, as staff or the portal itself set it up."""
    here = Watch.holding().filter(repository__full_name__iexact=full_name)
    return here.filter(team=team_id).exists()


def proved(team_id: int) -> list[tuple[int, str]]:
    """Number and name at GitHub of each of the team's members who proved theirs by a sign-in."""
    people = User.objects.filter(memberships__team=team_id).exclude(github_id=None)
    named = people.exclude(github_login="").order_by("github_login")
    rows = named.values_list("github_id", "github_login")
    return [(number, login) for number, login in rows if number]
