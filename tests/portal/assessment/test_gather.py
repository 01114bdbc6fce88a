"""Rows become facts: all of them, about the right people, in a constant number of queries."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from portal.assessment import domain
from portal.assessment.gather import gather
from portal.assessment.policy import facts
from portal.courses.models import Edition, Extension, SessionDate, Team
from portal.deliveries.models import Delivery
from portal.people.models import User
from tests.factories import MOMENT, EnrolmentFactory, SubmissionFactory, TeamFactory, UserFactory
from tests.portal.assessment.conftest import level, project, row_of, solo


def about(edition: Edition, person: User) -> list[facts.Fact]:
    return list(gather(edition).facts[person.pk])


def test_what_stands_with_the_enrolment(ruled: Edition, ann: User, ben: User) -> None:
    gathered = gather(ruled)
    assert [each.name for each in gathered.students] == ["Ann", "Ben"]
    assert gathered.facts[ann.pk] == [facts.OnTrack(track="gent")]
    student = gathered.students[0]
    assert (student.number, student.group, student.owners["edge"]) == ("s1", "A", solo(ann).pk)


def test_a_level_is_told_to_its_owner_alone(
    ruled: Edition, ann: User, ben: User, lea: User
) -> None:
    criterion = row_of(ruled, "edge")
    domain.decide(team=solo(ann), criterion=criterion, level=level(criterion, "advanced"), by=lea)
    fact = facts.Assessed(part="edge", criterion="works", level="advanced")
    assert fact in about(ruled, ann)
    assert fact not in about(ruled, ben)


def test_work_marks_and_demos(ruled: Edition, ann: User, ben: User, lea: User) -> None:
    edge = project(ruled, "edge")
    SubmissionFactory(mini_project=edge, team=solo(ann), created_at=MOMENT)
    domain.give_mark(edition=ruled, mark="exam", owner=ann, points=Decimal("41.5"), by=lea)
    pair = TeamFactory(edition=ruled, people=[ann, ben])
    domain.give_mark(edition=ruled, mark="talk", owner=pair, points=Decimal(17), by=lea)
    for way in ("contact", "call"):
        domain.note_demo(
            mini_project=edge, owner=ann, source="booking-1", held_at=MOMENT, way=way, by=lea
        )
    domain.note_demo(
        mini_project=edge,
        owner=ben,
        source="b2",
        held_at=MOMENT,
        way="call",
        by=lea,
        state="absent",
    )
    assert set(about(ruled, ann)) == {
        facts.OnTrack(track="gent"),
        facts.InTeam(name=pair.name, size=2),
        facts.Delivered(part="edge", item="code", at=MOMENT),
        facts.Marked(mark="exam", points=Decimal("41.5")),
        facts.Marked(mark="talk", points=Decimal(17)),
        facts.Demonstrated(part="edge", at=MOMENT, way="call"),
    }
    assert set(about(ruled, ben)) == {
        facts.OnTrack(track="tiao"),
        facts.InTeam(name=pair.name, size=2),
        facts.Marked(mark="talk", points=Decimal(17)),
    }


def test_what_was_taken_back_is_no_fact(ruled: Edition, ann: User, lea: User) -> None:
    domain.give_mark(edition=ruled, mark="exam", owner=ann, points=Decimal(4), by=lea)
    domain.note_presence(edition=ruled, event="s1", student=ann, present=False, by=lea)
    domain.lift(edition=ruled, owner=ann, rule="HOG-21", reason="ill", by=lea)
    domain.move(edition=ruled, owner=ann, points=Decimal("0.5"), reason="helped", by=lea)
    domain.appoint(edition=ruled, student=ann, by=lea, on=date(2027, 2, 1))
    told = [
        facts.Marked(mark="exam", points=Decimal(4)),
        facts.Present(event="s1", present=False),
        facts.Overridden(rule="HOG-21", reason="ill"),
        facts.Moved(points=Decimal("0.5"), reason="helped"),
        facts.Appointed(on=date(2027, 2, 1)),
    ]
    assert set(told) < set(about(ruled, ann))
    domain.give_mark(
        edition=ruled, mark="exam", owner=ann, points=None, by=lea, reason="of another", seen=1
    )
    domain.note_presence(edition=ruled, event="s1", student=ann, present=None, by=lea)
    domain.lift(edition=ruled, owner=ann, rule="HOG-21", reason="was well", by=lea, holds=False)
    domain.move(edition=ruled, owner=ann, points=Decimal(0), reason="no", by=lea)
    domain.appoint(edition=ruled, student=ann, by=lea, holds=False)
    assert about(ruled, ann) == [facts.OnTrack(track="gent")]


def test_dates_that_moved(ruled: Edition, ann: User, ben: User, lea: User) -> None:
    until = datetime(2026, 11, 9, tzinfo=UTC)
    said: dict[str, Any] = {"reason": "strike", "by": lea, "at": MOMENT}
    SessionDate.objects.create(edition=ruled, session="s1", on=date(2026, 10, 12), **said)
    Extension.objects.create(
        mini_project=project(ruled, "edge"), team=solo(ann), until=until, **said
    )
    moved = facts.Held(session="s1", on=date(2026, 10, 12))
    longer = facts.Extended(part="edge", until=until, reason="strike")
    assert {moved, longer} < set(about(ruled, ann))
    assert moved in about(ruled, ben)
    assert longer not in about(ruled, ben)


def test_only_the_lab_that_was_taken_counts(
    edition: Edition, work: Any, alice: User, team: Team
) -> None:
    told = gather(edition).facts[alice.pk]
    assert facts.Took(part="serving", lab="serving") in told
    assert facts.Delivered(part="serving", item="code", at=MOMENT) in told


def test_who_left_is_not_there(ruled: Edition, ann: User, ben: User) -> None:
    ruled.enrolments.filter(person=ben).update(withdrawn_at=MOMENT)
    assert set(gather(ruled).facts) == {ann.pk}


@pytest.mark.rule("HOG-31")
def test_what_is_no_code_is_a_fact_too_when_it_was_there_first(
    ruled: Edition, ann: User, ben: User
) -> None:
    edge = project(ruled, "edge")
    for seconds in (0.9, 60):
        Delivery.objects.create(
            mini_project=edge,
            team=solo(ann),
            deliverable="report",
            at=MOMENT + timedelta(seconds=seconds),
            by=ann,
            link="reports/edge.md",
        )
    fact = facts.Delivered(part="edge", item="report", at=MOMENT)
    assert about(ruled, ann) == [facts.OnTrack(track="gent"), fact]
    assert fact not in about(ruled, ben)


@pytest.mark.parametrize("count", [2, 20])
def test_queries_do_not_grow_with_the_class(
    ruled: Edition, lea: User, count: int, django_assert_num_queries: Callable[..., Any]
) -> None:
    criterion = row_of(ruled, "edge")
    for number in range(count):
        person = UserFactory(username=f"n{number}")
        EnrolmentFactory(edition=ruled, person=person)
        own = TeamFactory(edition=ruled, solo=True, people=[person])
        SubmissionFactory(mini_project=criterion.mini_project, team=own)
        domain.decide(team=own, criterion=criterion, level=level(criterion, "expert"), by=lea)
        domain.give_mark(edition=ruled, mark="exam", owner=person, points=Decimal(9), by=lea)
    fresh = Edition.objects.get(pk=ruled.pk)
    with django_assert_num_queries(19):
        assert len(gather(fresh).facts) == count
