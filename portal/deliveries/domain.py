"""Handing in what is not code: the only place that does."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

from django.db import transaction
from django.utils import timezone

from lab_specs.edition.syllabus import Deliverable
from portal.common.errors import Refused, TooOften
from portal.common.text import storable
from portal.courses.domain import team_for
from portal.courses.models import MiniProject
from portal.deliveries import readings, snapshots
from portal.deliveries.models import Delivery
from portal.people.limits import Limit
from portal.people.models import User

BY_HAND = ("report", "presentation", "update", "text", "link")  # kinds that are handed in here
LINKS = ("link", "code")  # kinds that are a link, and nothing else
READ = ("report",)  # kinds that are read from the repository, when all they say is a path
WRITTEN = ("update", "text")  # kinds that are a text, whatever else is given
LONGEST = 500  # characters of a link or a path
MOST = 100_000  # characters of a text
PATH = re.compile(r"[\w.@+-][\w.@+ -]*(?:/[\w.@+-][\w.@+ -]*)*")
HAND_INS = Limit("delivery", at_once=30, every=timedelta(seconds=20))


def by_hand(item: Deliverable, mini_project: MiniProject) -> bool:
    """Whether people hand this in here. Code is, where no lab takes it."""
    return item.kind in BY_HAND or (item.kind == "code" and not mini_project.labs)


def deliverable_of(mini_project: MiniProject, name: str) -> Deliverable | None:
    """A deliverable that people hand in by themselves, or None."""
    for part in mini_project.edition.file.mini_projects:
        if part.id == mini_project.slug:
            found = (e for e in part.deliverables if e.id == name and by_hand(e, mini_project))
            return next(found, None)
    return None


def deliver(
    *,
    mini_project: MiniProject,
    deliverable: str,
    by: User,
    link: str = "",
    text: str = "",
) -> Delivery:
    """Hand in one deliverable of the person's team. Earlier ones stay; the newest is read."""
    item = deliverable_of(mini_project, deliverable)
    if item is None:
        raise Refused(f"{mini_project} has nothing of that name to hand in here.")
    team = team_for(person=by, mini_project=mini_project)
    link, text = storable(link).strip(), storable(text).strip()
    _demand_content(item, link, text)
    if wait := HAND_INS.take(by.pk):
        raise TooOften("You handed in often in a short time. Nothing is lost.", wait)
    with transaction.atomic():
        row = Delivery.objects.create(
            mini_project=mini_project,
            team=team,
            deliverable=item.id,
            by=by,
            link=link,
            text=text,
            at=timezone.now(),
        )
        if item.kind in READ and is_path(link) and not text:
            _have_read(row)
    return row


def _have_read(row: Delivery) -> None:
    """Have the worker read what a path names, if anybody said where the repository is."""
    places = snapshots.repositories(row.mini_project.edition)
    if known := places.get((row.mini_project_id, row.team_id)):
        readings.order(row, known.repository, row.link)


def _demand_content(item: Deliverable, link: str, text: str) -> None:
    if item.kind in WRITTEN and not text:
        raise Refused("Write the text first.")
    if item.kind in LINKS and not link:
        raise Refused("Paste the link first.")
    if not (link or text):
        raise Refused("Give a link, a path in your repository, or the text itself.")
    if len(text) > MOST:
        raise Refused(f"The text has {len(text)} characters, and {MOST} fit. Give a link instead.")
    if link and not (is_link(link) or (item.kind not in LINKS and is_path(link))):
        raise Refused(
            "That is no link. Expected one like https://github.com/owner/repository"
            + ("." if item.kind in LINKS else ", or a path like reports/README.md.")
        )


def is_path(text: str) -> bool:
    """Whether this can be a path inside a repository."""
    return len(text) <= LONGEST and ".." not in text.split("/") and bool(PATH.fullmatch(text))


def is_link(text: str) -> bool:
    """Whether this is an address on the web, without a password in it."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    known = parts.scheme in {"http", "https"} and bool(parts.hostname)
    return known and "@" not in parts.netloc and len(text) <= LONGEST and not re.search(r"\s", text)
