"""Freeze, publish, unfreeze: signed, named by the rules, and all that students see."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.urls import reverse

from portal.assessment import domain
from portal.assessment.models import PublishedResult
from portal.assessment.published import changed, shown_to, sound, stand_of
from portal.assessment.results import book_of
from portal.common.errors import Refused
from portal.courses.models import Edition
from portal.people.models import User
from tests.portal.assessment.conftest import level, row_of, solo


@pytest.fixture
def graded(ruled: Edition, ann: User, ben: User, lea: User) -> Edition:
    for name in ("works", "report"):
        criterion = row_of(ruled, "edge", name)
        domain.decide(
            team=solo(ann), criterion=criterion, level=level(criterion, "advanced"), by=lea
        )
    return ruled


def test_students_see_nothing_as_final_before(graded: Edition, ann: User, lea: User) -> None:
    assert shown_to(graded, ann) is None
    domain.freeze(edition=graded, by=lea)
    assert stand_of(graded).word == "frozen"
    assert shown_to(graded, ann) is None
    domain.publish(edition=graded, by=lea)
    shown = shown_to(graded, ann)
    assert shown is not None
    assert shown.sound
    assert shown.content["rules_version"] == shown.row.rules_version == 1
    assert shown.content["parts"][0]["levels"][0]["level"] == "advanced"


def test_what_is_published_stays_whatever_changes(graded: Edition, ann: User, lea: User) -> None:
    domain.freeze(edition=graded, by=lea)
    domain.publish(edition=graded, by=lea)
    assert changed(book_of(graded), stand_of(graded)) == frozenset()
    criterion = row_of(graded, "edge")
    domain.decide(
        team=solo(ann), criterion=criterion, level=level(criterion, "expert"), by=lea, seen=1
    )
    assert changed(book_of(graded), stand_of(graded)) == {ann.pk}
    shown = shown_to(graded, ann)
    assert shown is not None
    assert shown.content["parts"][0]["levels"][0]["level"] == "advanced"


def test_the_way_back_takes_a_reason(graded: Edition, ann: User, lea: User) -> None:
    domain.freeze(edition=graded, by=lea)
    domain.publish(edition=graded, by=lea)
    with pytest.raises(Refused, match="Say why"):
        domain.unfreeze(edition=graded, by=lea, reason=" ")
    domain.unfreeze(edition=graded, by=lea, reason="A mark was missing.")
    assert shown_to(graded, ann) is None
    domain.freeze(edition=graded, by=lea)
    assert [p.kind for p in graded.publications.all()] == [
        "freeze",
        "publish",
        "unfreeze",
        "freeze",
    ]


@pytest.mark.parametrize("who", ["ali", "ann"])
def test_only_lecturers_publish(graded: Edition, ali: User, ann: User, lea: User, who: str) -> None:
    person = {"ali": ali, "ann": ann}[who]
    with pytest.raises(PermissionDenied):
        domain.freeze(edition=graded, by=person)
    domain.freeze(edition=graded, by=lea)
    with pytest.raises(PermissionDenied):
        domain.publish(edition=graded, by=person)


def test_steps_have_an_order(graded: Edition, lea: User) -> None:
    with pytest.raises(Refused, match="not frozen"):
        domain.publish(edition=graded, by=lea)
    with pytest.raises(Refused, match="not frozen"):
        domain.unfreeze(edition=graded, by=lea, reason="why")
    domain.freeze(edition=graded, by=lea)
    with pytest.raises(Refused, match="frozen already"):
        domain.freeze(edition=graded, by=lea)
    domain.publish(edition=graded, by=lea)
    with pytest.raises(Refused, match="published already"):
        domain.publish(edition=graded, by=lea)


def test_without_rules_nothing_is_frozen(edition: Edition, alice: User, tina: User) -> None:
    with pytest.raises(Refused, match="no rules"):
        domain.freeze(edition=edition, by=tina)


@pytest.mark.parametrize(
    "change",
    [
        {"body": '{"publication": 1}'},
        {"value": "20"},
        {"outcome": "passed"},
        {"signature": "0" * 64},
        {"key_id": "elsewhere"},
    ],
)
def test_a_result_that_was_tampered_with_is_seen(
    graded: Edition, ann: User, lea: User, change: dict[str, Any], client: Client
) -> None:
    domain.freeze(edition=graded, by=lea)
    row = PublishedResult.objects.get(student=ann)
    assert sound(row)
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER IF EXISTS assessment_publishedresult_no_update")
    PublishedResult.objects.filter(pk=row.pk).update(**change)
    row.refresh_from_db()
    assert not sound(row)
    client.force_login(lea)
    page = client.get(reverse("assessment:publish", args=[graded.pk])).content.decode()
    assert "1 results do not fit their signature" in page


def test_the_page_does_it_all(graded: Edition, ann: User, lea: User, client: Client) -> None:
    path = reverse("assessment:publish", args=[graded.pk])
    own = reverse("assessment:mine", args=[graded.pk])
    client.force_login(lea)
    client.post(path, {"step": "freeze"})
    client.post(path, {"step": "publish"})
    client.force_login(ann)
    assert "This is your result, published on" in client.get(own).content.decode()
    client.force_login(lea)
    client.post(path, {"step": "unfreeze", "reason": "A <mark> was missing."})
    client.force_login(ann)
    page = client.get(own).content.decode()
    assert "A &lt;mark&gt; was missing." in page
    assert "Not final" in page


def test_a_page_from_before_publishes_nothing_that_it_did_not_show(
    graded: Edition, lea: User, client: Client
) -> None:
    path = reverse("assessment:publish", args=[graded.pk])
    client.force_login(lea)
    domain.freeze(edition=graded, by=lea)
    assert 'name="seen" value="1"' in client.get(path).content.decode()
    domain.unfreeze(edition=graded, by=lea, reason="A mark was missing.")
    domain.freeze(edition=graded, by=lea)
    old = client.post(path, {"step": "publish", "seen": "1"}, follow=True).content.decode()
    assert "Somebody else did this meanwhile" in old
    assert stand_of(graded).word == "frozen"
    client.post(path, {"step": "publish", "seen": "3"})
    assert stand_of(graded).word == "published"


def test_after_publishing_students_see_no_later_fact(
    graded: Edition, ann: User, lea: User, client: Client
) -> None:
    domain.freeze(edition=graded, by=lea)
    domain.publish(edition=graded, by=lea)
    domain.give_mark(edition=graded, mark="exam", owner=ann, points=Decimal("59.5"), by=lea)
    client.force_login(ann)
    page = client.get(reverse("assessment:mine", args=[graded.pk])).content.decode()
    assert "59.5" not in page
    client.force_login(lea)
    book = client.get(reverse("assessment:book", args=[graded.pk])).content.decode()
    assert "59.5" in book
    assert "differs from what is published" in book


def test_the_book_takes_the_same_queries_frozen_or_not(
    graded: Edition, lea: User, client: Client, join: Callable[..., User]
) -> None:
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415 - only here

    domain.freeze(edition=graded, by=lea)
    client.force_login(lea)
    path, counts = reverse("assessment:book", args=[graded.pk]), []
    for number in range(2):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        counts.append(len(queries))
        for extra in range(12):
            join(f"more-{number}-{extra}")
    assert counts[0] == counts[1]
