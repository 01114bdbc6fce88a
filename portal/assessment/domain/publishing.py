"""Freezing, publishing and opening again the results of an edition."""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from portal.assessment.domain.people import demand_lecturer, demand_reason
from portal.assessment.models import Publication, PublishedResult
from portal.assessment.models.given import REASON
from portal.assessment.models.published import Step
from portal.assessment.published import Stand, signed, stand_of
from portal.assessment.results import Book, book_of
from portal.common.errors import Refused
from portal.common.text import storable
from portal.courses.models import Edition
from portal.people.models import User

MEANWHILE = "Somebody else did this meanwhile. Look at the page again."


def freeze(*, edition: Edition, by: User, reason: str = "") -> Publication:
    """Keep everybody's result as it is now, signed. Students see nothing of it yet."""
    demand_lecturer(by, edition)
    stand = stand_of(edition)
    if stand.word != "open":
        raise Refused(f"The results are {stand.word} already. Unfreeze them first, with a reason.")
    book = book_of(edition)
    if book.policy is None:
        raise Refused("This edition has no rules, so it has no results: load its file first.")
    if not book.lines:
        raise Refused("Nobody is enrolled, so there is nothing to freeze.")
    with transaction.atomic():
        publication = _step(edition, stand, book, Step.FREEZE, by=by, reason=reason)
        PublishedResult.objects.bulk_create(signed(book, publication), batch_size=100)
    return publication


def publish(*, edition: Edition, by: User, seen: int | None = None) -> Publication:
    """Show the frozen results to the students: these, whatever has changed since.

    `seen`: the number of the last step that `by` had before them, if they say it. Nothing is
    published if others opened and froze the results again since.
    """
    demand_lecturer(by, edition)
    stand = stand_of(edition)
    if seen is not None and stand.last is not None and stand.last.number != seen:
        raise Refused(MEANWHILE)
    if stand.word != "frozen":
        words = "published already" if stand.word == "published" else "not frozen yet"
        raise Refused(f"The results are {words}.")
    return _step(edition, stand, None, Step.PUBLISH, by=by)


def unfreeze(*, edition: Edition, by: User, reason: str) -> Publication:
    """Take frozen or published results back, with a reason that the students read."""
    demand_lecturer(by, edition)
    demand_reason(reason)
    stand = stand_of(edition)
    if stand.word == "open":
        raise Refused("The results are not frozen.")
    return _step(edition, stand, None, Step.UNFREEZE, by=by, reason=reason)


def _step(
    edition: Edition, stand: Stand, book: Book | None, kind: Step, *, by: User, reason: str = ""
) -> Publication:
    values: dict[str, Any] = {"by": by, "at": timezone.now(), "kind": kind}
    version = book.policy.edition.rules_version if book and book.policy else None
    if version is None and stand.freeze is not None:
        version = stand.freeze.rules_version
    try:
        with transaction.atomic():
            return Publication.objects.create(
                edition=edition,
                number=stand.last.number + 1 if stand.last else 1,
                of=None if kind is Step.FREEZE else stand.freeze,
                reason=storable(reason).strip()[:REASON],
                rules_version=version or 0,
                **values,
            )
    except IntegrityError:
        raise Refused(MEANWHILE) from None
