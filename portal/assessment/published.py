"""What was frozen, signed and published; and what students see of it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.assessment.models import Publication, PublishedResult
from portal.assessment.models.published import Step
from portal.assessment.results import Book
from portal.assessment.told import differs, told
from portal.courses.models import Edition
from portal.people.models import User
from portal.submissions import signing
from portal.submissions.records import keys

UNSOUND = {
    "word": "unclear",
    "problem": "What is stored of this result was changed since it was signed.",
}


@dataclass(frozen=True, slots=True)
class Stand:
    """How far the publishing of an edition's results is: its last step, and the freeze of it."""

    last: Publication | None
    freeze: Publication | None

    @property
    def word(self) -> str:
        """Open, frozen or published."""
        if self.last is None or self.last.kind == Step.UNFREEZE:
            return "open"
        return "published" if self.last.kind == Step.PUBLISH else "frozen"


@dataclass(frozen=True, slots=True)
class Shown:
    """A student's result as it was published."""

    row: PublishedResult
    published_at: datetime
    content: dict[str, Any]  # of `told`
    sound: bool  # whether the signature holds and the columns say what the text says


def stand_of(edition: Edition) -> Stand:
    """The last step, in one query."""
    steps = Publication.objects.filter(edition=edition).select_related("of", "by", "of__by")
    last = steps.order_by("-number").first()
    if last is None or last.kind == Step.UNFREEZE:
        return Stand(last, None)
    return Stand(last, last.of or last)


def shown_to(edition: Edition, person: User, stand: Stand | None = None) -> Shown | None:
    """The published result of a student; None while nothing is published."""
    stand = stand or stand_of(edition)
    if stand.word != "published" or stand.last is None:
        return None
    row = PublishedResult.objects.filter(publication=stand.freeze, student=person).first()
    if row is None:
        return None
    if not sound(row):
        return Shown(row, stand.last.at, UNSOUND, sound=False)
    return Shown(row, stand.last.at, json.loads(row.body)["result"], sound=True)


def sound(row: PublishedResult) -> bool:
    """Whether the signature fits the text, and the text what the row's columns say."""
    if not signing.holds(row.body, signing.Signature(row.signature, row.key_id), keys()):
        return False
    content = json.loads(row.body)
    result = content["result"]
    return bool(
        content["publication"] == row.publication_id
        and content["student"]["id"] == row.student_id
        and result.get("value", "") == row.value
        and result["word"] == row.outcome
    )


def signed(book: Book, publication: Publication) -> list[PublishedResult]:
    """Rows with everybody's result, signed and not stored yet."""
    people = User.objects.in_bulk([line.student.person for line in book.lines])
    rows = []
    for line in book.lines:
        result = told(book, line)
        body = signing.canonical(
            {
                "publication": publication.pk,
                "edition": {"id": book.edition.pk, "name": str(book.edition)},
                "frozen_at": publication.at.isoformat(timespec="microseconds"),
                "student": {
                    "id": line.student.person,
                    "name": line.student.name,
                    "number": line.student.number,
                },
                "result": result,
            }
        )
        sealed = signing.sign(body, keys())
        rows.append(
            PublishedResult(
                publication=publication,
                student=people[line.student.person],
                outcome=result["word"],
                value=result.get("value", ""),
                rules_version=publication.rules_version,
                rules_digest=result.get("rules_digest", ""),
                body=body,
                signature=sealed.value,
                key_id=sealed.key_id,
            )
        )
    return rows


def changed(book: Book, stand: Stand, *, people: Iterable[int] | None = None) -> frozenset[int]:
    """Those whose result now differs from the one that is frozen or published, in one query."""
    if stand.freeze is None:
        return frozenset()
    rows = PublishedResult.objects.filter(publication=stand.freeze)
    if people is not None:
        rows = rows.filter(student__in=people)
    kept = {
        student: json.loads(body).get("result", {})
        for student, body in rows.values_list("student_id", "body")
    }
    return frozenset(
        line.student.person
        for line in book.lines
        if differs(kept.get(line.student.person, {}), _as_json(told(book, line)))
    )


def _as_json(content: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(signing.canonical(content))
    return found
