"""Staff see what groups have in common, with the evidence, in words that accuse nobody."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from lab_specs.faults import Code
from portal.courses.models import MiniProject
from portal.people.models import User
from portal.similarity.models import Comparison, Pair
from portal.submissions.models import Submission
from tests.factories import SubmissionFactory
from tests.portal.similarity.rows import HOSTILE, evidence, finished

pytestmark = pytest.mark.django_db


@pytest.fixture
def works(work: Submission, mini_project: MiniProject) -> list[Submission]:
    return [work, SubmissionFactory(mini_project=mini_project)]


@pytest.fixture
def row(works: list[Submission], tina: User) -> Comparison:
    return finished(works, tina, template="https://github.com/uni/start", template_commit="e" * 40)


def page(client: Client, who: User, name: str, *args: int) -> str:
    client.force_login(who)
    return client.get(reverse(f"similarity:{name}", args=args)).content.decode()


def test_a_press_begins_a_comparison(client: Client, works: list[Submission], tina: User) -> None:
    client.force_login(tina)
    place = reverse("similarity:project", args=[works[0].mini_project_id])
    assert "The newest work of <strong>2 teams</strong>" in client.get(place).content.decode()
    answer = client.post(place, {"template": "https://github.com/uni/start"})
    row = Comparison.objects.get()
    assert answer.url == reverse("similarity:comparison", args=[row.pk])
    shown = client.get(answer.url).content.decode()
    assert "0 of 2 teams read" in shown
    assert 'hx-trigger="every 2s"' in shown
    assert "Under way" in client.get(place).content.decode()


def test_a_template_that_is_no_link_is_told_with_what_was_typed(
    client: Client, works: list[Submission], tina: User
) -> None:
    client.force_login(tina)
    place = reverse("similarity:project", args=[works[0].mini_project_id])
    answer = client.post(place, {"template": HOSTILE, "ref": "main"})
    assert answer.status_code == 422
    shown = answer.content.decode()
    assert "What was expected" in shown
    assert 'value="main"' in shown
    assert HOSTILE not in shown


def test_one_team_has_nobody_to_be_compared_with(
    client: Client, work: Submission, tina: User
) -> None:
    assert "It takes two to compare." in page(client, tina, "project", work.mini_project_id)


def test_pairs_are_told_with_what_was_taken_out(
    client: Client, row: Comparison, tina: User
) -> None:
    shown = page(client, tina, "comparison", row.pk)
    assert "2 commits in both, with the first one" in shown
    assert "The smaller work shares 84&nbsp;% of its fingerprints (27)." in shown
    assert "https://github.com/uni/start at <code>eeeeeeeeeeee</code> count for nobody" in shown
    assert "130 fingerprints and 2 commits here" in shown
    assert "What is alike was not necessarily copied." in shown
    assert "hx-trigger" not in shown


def test_the_evidence_stands_side_by_side_and_is_escaped(
    client: Client, row: Comparison, tina: User
) -> None:
    shown = page(client, tina, "pair", row.pk, 1)
    assert "The shorter file shares 84&nbsp;% of its fingerprints" in shown
    assert "the template is excluded" in shown
    assert "Lines 3 to 14, and 9 to 20" in shown
    assert "<code>serve.py</code>, 27 of 32" in shown
    assert HOSTILE not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "What is alike was not necessarily copied." in shown


def test_what_is_not_shared_is_said(client: Client, row: Comparison, tina: User) -> None:
    nothing = evidence(commits=[], roots=[], files=[])
    Pair.objects.update(commits=0, evidence=nothing)
    shown = page(client, tina, "pair", row.pk, 1)
    assert "share no commit beside the template's" in shown
    assert "what is alike is spread over many" in shown


def test_nothing_in_common_is_said(client: Client, row: Comparison, tina: User) -> None:
    Pair.objects.all().delete()
    assert "No two of these teams have anything in common" in page(
        client, tina, "comparison", row.pk
    )


def test_work_that_could_not_be_read_is_named_with_the_reason(
    client: Client, row: Comparison, tina: User
) -> None:
    facts = {"repository": "https://github.com/a/<b>"}
    row.parts.update(fault=Code.REPOSITORY_NOT_FOUND, facts=facts, left_out=3, whole=False)
    shown = page(client, tina, "comparison", row.pk)
    assert "Not compared" in shown
    assert "a/&lt;b&gt;" in shown
    assert "3 files left out" in shown
    assert "only the newest 9 commits" in shown


def test_a_template_that_cannot_be_read_ends_it_with_words(
    client: Client, row: Comparison, tina: User
) -> None:
    facts = {"repository": "https://github.com/uni/start"}
    Comparison.objects.update(fault=Code.REPOSITORY_NOT_FOUND, facts=facts)
    shown = page(client, tina, "comparison", row.pk)
    assert "the trouble is with the template" in shown
    assert "What to do next" in shown


def test_a_page_that_follows_along_stops_when_it_is_finished(
    client: Client, row: Comparison, tina: User
) -> None:
    client.force_login(tina)
    place = reverse("similarity:comparison", args=[row.pk])
    assert client.get(place, headers={"HX-Request": "true"}).status_code == 286
    Comparison.objects.update(finished_at=None)
    assert client.get(place, headers={"HX-Request": "true"}).status_code == 200


@pytest.mark.parametrize("who", ["alice", "otto"])
def test_nobody_else_sees_it(
    client: Client, row: Comparison, who: str, request: pytest.FixtureRequest
) -> None:
    client.force_login(request.getfixturevalue(who))
    for name, *args in (
        ("project", row.mini_project_id),
        ("comparison", row.pk),
        ("pair", row.pk, 1),
    ):
        assert client.get(reverse(f"similarity:{name}", args=args)).status_code == 404


@pytest.mark.parametrize("teams", [2, 6])
def test_queries_do_not_grow(
    client: Client,
    mini_project: MiniProject,
    tina: User,
    teams: int,
    django_assert_num_queries: Any,
) -> None:
    row = finished([SubmissionFactory(mini_project=mini_project) for _ in range(teams)], tina)
    first = Pair.objects.get()
    left, right = first.left, first.right
    shared = {"percent": 9, "shared": 9, "commits": 0, "evidence": evidence()}
    for number in range(2, teams + 1):
        Pair.objects.create(comparison=row, number=number, left=left, right=right, **shared)
    client.force_login(tina)
    counts = {"project": 7, "comparison": 7, "pair": 6}
    for name, number in counts.items():
        args = [row.mini_project_id] if name == "project" else [row.pk]
        place = reverse(f"similarity:{name}", args=[*args, 1] if name == "pair" else args)
        client.get(place)
        with django_assert_num_queries(number):
            client.get(place)
