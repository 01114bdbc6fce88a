"""A history is read beside: nobody waits for it, and none is lost; staff see what it says."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from lab_specs.faults import Code
from portal.courses.models import MiniProject, Team
from portal.people.models import User
from portal.submissions import domain, histories
from portal.submissions.models import History, Lookup, LookupStatus, Submission
from portal.submissions.snapshot import hand_in
from portal.submissions.templatetags.submissions import contributors_of
from tests.conftest import Bell
from tests.factories import AttemptFactory, SubmissionFactory

pytestmark = pytest.mark.django_db
NOW = timezone.now()
EVIL = "<script>alert(1)</script>"


def person(name: str, mail: str, commits: int = 1, **more: Any) -> dict[str, Any]:
    rest = {"helped": 0, "added": 12, "removed": 3, "left_out": 2, "also": []}
    days = {"first": "2026-03-01", "last": "2026-03-09"}
    return {"name": name, "mail": mail, "commits": commits, **rest, **days, **more}


def told(*people: dict[str, Any], **more: Any) -> dict[str, Any]:
    counts = {"merges": 2, "by_bots": 1, "unread": 0, "people": 0, "whole": True, "with_lines": 3}
    return {"contributors": list(people), "commits": 3, **counts, **more}


@pytest.fixture
def row(work: Submission) -> History:
    histories.order(work, now=NOW)
    return History.objects.get()


def take(minutes: float = 0) -> History | None:
    return histories.take(now=NOW + timedelta(minutes=minutes))


def test_whatever_is_handed_in_waits_for_its_history(
    mini_project: MiniProject, team: Team, alice: User
) -> None:
    place = {"mini_project": mini_project, "team": team, "lab": "serving", "repository": "r"}
    handed = domain.submit(**place, by=alice, commit="b" * 40).submission
    found = Lookup.objects.create(
        **place, person=alice, commit="c" * 40, status=LookupStatus.FOUND, created_at=NOW
    )
    taken = hand_in(found, by=alice, at=NOW)
    assert [each.submission for each in History.objects.order_by("pk")] == [handed, taken]


def test_the_reaper_rings_while_one_is_due(row: History, bell: Bell) -> None:
    assert histories.ring_again(now=NOW)
    assert [ring.task for ring in bell.rings()] == ["grader.history"]
    assert take() == row
    assert not histories.ring_again(now=NOW)
    assert bell.rings() == []


def test_nobody_takes_what_another_has_just_taken(row: History) -> None:
    assert take() == row
    assert take() is None
    assert take(minutes=6) == row


def test_a_worker_answers_once(row: History) -> None:
    take()
    assert histories.answer(history_id=row.pk, told=told(person("\x00A\ud800", "a")), now=NOW)
    assert not histories.answer(history_id=row.pk, told=told(), now=NOW)
    row.refresh_from_db()
    assert row.told["contributors"][0]["name"] == "A?"
    assert take(minutes=60) is None


def test_a_repository_that_is_not_there_is_not_asked_again(row: History) -> None:
    take()
    code = Code.REPOSITORY_NOT_FOUND
    assert histories.fail(history_id=row.pk, code=code, facts={"repository": "r"}, now=NOW)
    assert take(minutes=60) is None


def test_a_silent_host_is_asked_again_until_that_makes_no_sense(row: History, bell: Bell) -> None:
    minutes = 0.0
    for _ in range(histories.MOST_TRIES):
        assert take(minutes) == row
        histories.fail(history_id=row.pk, code=Code.HOST_UNREACHABLE, facts={}, now=NOW)
        minutes = minutes * 2 + 6
    assert not histories.ring_again(now=NOW + timedelta(minutes=minutes))
    row.refresh_from_db()
    assert (row.fault, row.answered_at is not None) == (Code.HOST_UNREACHABLE, True)


def shown(client: Client, who: User, work: Submission) -> str:
    attempt = AttemptFactory(submission=work)
    client.force_login(who)
    return client.get(reverse("assessment:review", args=[attempt.pk])).content.decode()


@pytest.mark.rule("DTU-17")
def test_the_review_page_shows_each_member_and_whom_nobody_knows(
    client: Client, row: History, tina: User, alice: User
) -> None:
    User.objects.filter(pk=alice.pk).update(email="Alice@uni.example")
    people = [
        person("al", "alice@uni.example", 2, helped=1, also=[f"{EVIL} <a@x>"]),
        person(EVIL, "zoe@x.example"),
    ]
    histories.answer(history_id=row.pk, told=told(*people), now=NOW)
    page = shown(client, tina, row.submission)
    assert "Alice<br>" in page
    assert "1 as co-author" in page
    assert "no name or address of theirs was found" in page  # Bob
    assert "nobody of the team, as far as the portal knows" in page
    assert EVIL not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "2 merges, 1 commit of bots" in page
    assert "These figures can start a conversation, and decide nothing." in page


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"whole": False}, "the newest; what lies before them was not read"),
        ({"with_lines": 2}, "of the newest 2 commits alone"),
        ({"with_lines": 0}, "Lines were not counted"),
        ({"unread": 2}, "2 that are too large to be read"),
        ({"people": 5}, "5 more people with fewer commits are not listed"),
    ],
)
def test_what_was_left_out_is_said(
    client: Client, row: History, tina: User, more: dict[str, Any], words: str
) -> None:
    histories.answer(history_id=row.pk, told=told(person("A", "a"), **more), now=NOW)
    assert words in shown(client, tina, row.submission)


def test_the_page_says_that_it_waits_and_why_there_is_none(
    client: Client, row: History, tina: User
) -> None:
    assert "has not been read yet; it is soon" in shown(client, tina, row.submission)
    facts = {"repository": "https://github.com/a/<b>"}
    code = Code.REPOSITORY_NOT_FOUND
    histories.fail(history_id=row.pk, code=code, facts=facts, now=NOW)
    client.force_login(tina)
    page = client.get(reverse("assessment:review", args=[row.submission.attempts.get().pk]))
    assert "could not be read. The repository <code>https://github.com/a/&lt;b" in (
        page.content.decode()
    )


def test_work_from_before_says_nothing(client: Client, work: Submission, tina: User) -> None:
    assert "Who made the commits" not in shown(client, tina, work)


def test_students_do_not_see_it(client: Client, row: History, alice: User) -> None:
    histories.answer(history_id=row.pk, told=told(person("A", "a")), now=NOW)
    attempt = AttemptFactory(submission=row.submission)
    client.force_login(alice)
    page = client.get(reverse("submissions:attempt", args=[attempt.pk])).content.decode()
    assert "Who made the commits" not in page


def test_queries_do_not_grow_with_people(row: History, django_assert_num_queries: Any) -> None:
    histories.answer(
        history_id=row.pk, told=told(*(person(f"P{n}", f"{n}@x") for n in range(40))), now=NOW
    )
    work = Submission.objects.select_related("team").get()
    with django_assert_num_queries(2):
        assert len(contributors_of(work)["shares"]) == 42


def test_another_submission_has_a_history_of_its_own(row: History) -> None:
    other = SubmissionFactory(mini_project=row.submission.mini_project)
    histories.order(other, now=NOW - timedelta(minutes=1))
    first = take()
    assert first is not None
    assert first.submission == other
