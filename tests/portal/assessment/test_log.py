"""What people say of results and dates stands in the log of the edition, with who and why."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.assessment import domain as assessment
from portal.courses import domain as courses
from portal.courses.models import Edition
from portal.courses.teams import agree
from portal.dashboards.log import Entry, entries, keys
from portal.people.models import User
from tests.portal.assessment.conftest import level, project, row_of, solo

WHY = "for a test"
UNTIL = datetime(2026, 12, 24, 11, tzinfo=UTC)


def lines(edition: Edition, person: str = "") -> list[Entry]:
    return entries(keys(edition, person=person))


def say_of(student: User, edition: Edition, by: User) -> None:
    """Everything that staff say of one student by hand."""
    said: dict[str, Any] = {"edition": edition, "by": by, "reason": WHY}
    given = {"mark": "exam", "owner": student} | said
    assessment.give_mark(points=Decimal("41.5"), **given)
    assessment.give_mark(points=Decimal(40), seen=1, **given)
    assessment.give_mark(points=None, seen=2, **given)
    assessment.give_mark(points=Decimal(9), chance=2, **given)
    assessment.lift(owner=student, rule="HOG-21", part="edge", **said)
    assessment.lift(owner=solo(student), rule="HOG-21", holds=False, **said)
    assessment.move(owner=student, points=Decimal("-0.5"), **said)
    assessment.note_presence(event="s1", student=student, present=False, **said)
    edge = project(edition, "edge")
    courses.extend(mini_project=edge, team=solo(student), until=UNTIL, by=by, reason=WHY)
    agree(team=solo(student), size=1, by=by, reason=WHY)


def test_what_is_said_of_a_student_is_told(ruled: Edition, ann: User, lea: User) -> None:
    say_of(ann, ruled, lea)
    found = lines(ruled)[::-1]
    assert {(entry.person, entry.reason, entry.whose) for entry in found} == {(lea, WHY, "Ann")}
    assert [(entry.deed, entry.work, entry.detail) for entry in found] == [
        ("gave a mark", "", "exam: 41.5"),
        ("changed a mark", "", "exam: 40"),
        ("took a mark back", "", "exam"),
        ("gave a mark", "", "exam, resit: 9"),
        ("lifted a rule", "edge", "HOG-21"),
        ("let a rule hold again", "", "HOG-21"),
        ("moved the value", "", "-0.5 (HOG-30)"),
        ("noted presence", "", "s1: absent"),
        ("gave more time", "Edge", "all of it until Thu 24 Dec 2026, 12:00"),
        ("agreed to a size", "", "1 in the team"),
    ]


def test_what_concerns_everybody_is_told(ruled: Edition, ann: User, lea: User) -> None:
    said: dict[str, Any] = {"edition": ruled, "by": lea, "reason": WHY}
    courses.move_session(session="s1", on=date(2026, 10, 6), **said)
    courses.answer(setting="late_demo", value=True, **said)
    assessment.freeze(**said)
    assessment.publish(edition=ruled, by=lea)
    assessment.unfreeze(**said)
    found = lines(ruled)[::-1]
    assert {(entry.person, entry.whose) for entry in found} == {(lea, "Everybody")}
    assert [(entry.deed, entry.detail, entry.reason) for entry in found] == [
        ("moved a session", "s1 to Tue 6 Oct 2026", WHY),
        ("settled what was open", "late_demo: yes", WHY),
        ("froze the results", "rules 1", WHY),
        ("published the results", "rules 1", ""),
        ("unfroze the results", "rules 1", WHY),
    ]


def test_both_assessors_are_told(ruled: Edition, ann: User, lea: User, ali: User) -> None:
    criterion = row_of(ruled, "serving")
    for by, name in ((ali, "expert"), (lea, "advanced")):
        chosen = level(criterion, name)
        assessment.decide(team=solo(ann), criterion=criterion, level=chosen, by=by)
    assert [(entry.person, entry.deed, entry.detail) for entry in lines(ruled)] == [
        (lea, "decided as second assessor", "Works: advanced"),
        (ali, "decided", "Works: expert"),
    ]
    assert [entry.person for entry in lines(ruled, "LEA")] == [lea]


def test_the_page_takes_as_many_queries_for_many_and_stays_paged(
    ruled: Edition, lea: User, join: Callable[..., User], client: Client
) -> None:
    client.force_login(lea)
    path = reverse("dashboards:log", args=[ruled.pk])

    def queries() -> int:
        client.get(path)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path).status_code == 200
        return len(captured)

    say_of(join("first"), ruled, lea)
    few = queries()
    for number in range(11):
        say_of(join(f"more-{number}"), ruled, lea)
    assert queries() == few
    page = client.get(path, {"person": "lea"})
    assert len(page.context["entries"]) == 100
    assert "?person=lea&amp;page=2" in page.text
    assert "lifted a rule" in page.text
