"""Offers and wishes for tests, in the real editions' files."""

from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from lab_specs.edition.file import EditionFile
from lab_specs.loader import load_edition
from portal.demos.offers import Booked, Closed, Kind, Offer, Status, Wish
from portal.demos.rules import why_closed
from portal.demos.terms import Occasion, Terms

COURSES = Path(__file__).parents[3] / "lab_specs" / "courses"
NOW = datetime(2024, 9, 20, 8, tzinfo=UTC)  # a Friday before HOGENT's first week
DOCKER = Occasion(part="docker", item="demo", title="Lab 1")
ALICE, BOB = 1, 2


@cache
def file_of(name: str) -> EditionFile:
    return load_edition(COURSES / f"{name}.yaml")


def terms(
    name: str = "hogent-2024-25", held: dict[str, date] | None = None, **answers: Any
) -> Terms:
    return Terms(file=file_of(name), held=held or {}, answers=answers)


def local(year: int, month: int, day: int, hour: int = 10, minute: int = 0) -> datetime:
    """A moment by the clock in Brussels."""
    zone = file_of("hogent-2024-25").zone
    return datetime(year, month, day, hour, minute, tzinfo=zone).astimezone(UTC)


def offer(at: datetime, **kwargs: Any) -> Offer:
    return Offer(**{"kind": Kind.CONTACT, "starts_at": at, "minutes": 10} | kwargs)


def wish(part: str = "docker", **kwargs: Any) -> Wish:
    given = {
        "occasion": replace(DOCKER, part=part),
        "people": frozenset({ALICE}),
        "team": frozenset({ALICE}),
        "tracks": frozenset({"gent"}),
    }
    return Wish(**given | kwargs)


def booked(at: datetime, part: str = "docker", **kwargs: Any) -> Booked:
    given = {
        "kind": Kind.CONTACT,
        "status": Status.BOOKED,
        "part": part,
        "item": "demo",
        "starts_at": at,
        "minutes": 10,
        "people": frozenset({ALICE}),
    }
    return Booked(**given | kwargs)


def asked(
    slot: Offer, *own: Booked, by: Wish | None = None, to: Terms | None = None, now: datetime = NOW
) -> tuple[Closed, ...]:
    return why_closed(slot, by or wish(), own, to or terms(), now=now)


def cited(reasons: tuple[Closed, ...]) -> list[str]:
    """The deciding rule of each reason; "" where no rule says it."""
    return [reason.cites[0] if reason.cites else "" for reason in reasons]
