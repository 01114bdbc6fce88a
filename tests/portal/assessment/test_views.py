from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from portal.assessment.models import Assessment
from portal.courses.models import Criterion
from portal.people.models import User
from portal.submissions.models import Attempt, Submission
from portal.submissions.states import State
from tests.factories import AttemptFactory, CriterionFactory, SubmissionFactory, TeamFactory

HTMX = {"HX-Request": "true"}


@pytest.fixture
def criterion(work: Submission) -> Criterion:
    return CriterionFactory(mini_project=work.mini_project, slug="interface", title="Interface")


@pytest.fixture
def attempt(work: Submission, criterion: Criterion) -> Attempt:
    return AttemptFactory(submission=work, state=State.DONE, levels={criterion.slug: "proficient"})


@pytest.fixture
def path(attempt: Attempt, criterion: Criterion) -> str:
    return reverse("assessment:decide", args=[attempt.pk, criterion.pk])


def level(criterion: Criterion, order: int) -> str:
    return str(criterion.levels.get(order=order).pk)


def test_the_proposal_is_chosen_at_first(
    attempt: Attempt, criterion: Criterion, tina: User, client: Client
) -> None:
    client.force_login(tina)
    page = client.get(reverse("assessment:review", args=[attempt.pk])).content.decode()
    assert f'value="{level(criterion, 1)}" required checked' in page
    assert page.count(" checked") == 1
    assert "Checks propose <strong>proficient</strong>" in page


def test_confirming_is_saved_and_said(
    path: str, criterion: Criterion, tina: User, client: Client
) -> None:
    client.force_login(tina)
    form = {"level": level(criterion, 1), "seen": "0", "comment": ""}
    response = client.post(path, form, headers=HTMX)
    assert response.status_code == 200
    assert "✔ Saved" in response.content.decode()
    assert "1 of 1 criteria decided" in response.content.decode()
    held = Assessment.objects.get()
    assert (held.level.name, held.assessor, held.proposed) == ("proficient", tina, "proficient")


def test_without_javascript_the_page_comes_back_to_the_criterion(
    path: str, attempt: Attempt, criterion: Criterion, tina: User, client: Client
) -> None:
    client.force_login(tina)
    response = client.post(path, {"level": level(criterion, 1), "seen": "0"})
    assert response.url == f"/attempts/{attempt.pk}/review/#criterion-{criterion.pk}"
    assert "Interface: saved." in client.get(response.url).content.decode()


def test_an_override_takes_a_comment_and_loses_nothing(
    path: str, criterion: Criterion, tina: User, client: Client
) -> None:
    client.force_login(tina)
    refused = client.post(path, {"level": level(criterion, 3), "seen": "0"}, headers=HTMX)
    assert refused.status_code == 422
    assert "Say in a comment why" in refused.content.decode()
    assert f'value="{level(criterion, 3)}" required checked' in refused.content.decode()
    assert not Assessment.objects.exists()
    form = {"level": level(criterion, 3), "seen": "0", "comment": "Shown live."}
    assert client.post(path, form, headers=HTMX).status_code == 200
    assert Assessment.objects.get().overrides


def test_a_decision_of_somebody_else_is_not_overwritten_unseen(
    path: str, criterion: Criterion, tina: User, amir: User, client: Client
) -> None:
    client.force_login(amir)
    client.post(path, {"level": level(criterion, 1), "seen": "0"}, headers=HTMX)
    client.force_login(tina)
    form = {"level": level(criterion, 0), "seen": "0", "comment": "It broke in the demo."}
    refused = client.post(path, form, headers=HTMX)
    assert refused.status_code == 422
    text = refused.content.decode()
    assert "Somebody else decided this meanwhile" in text
    assert "It broke in the demo." in text
    assert 'name="seen" value="1"' in text
    assert Assessment.objects.get().assessor == amir


@pytest.mark.parametrize("chosen", ["", "abc", "999999"])
def test_no_level_is_refused(path: str, chosen: str, tina: User, client: Client) -> None:
    client.force_login(tina)
    response = client.post(path, {"level": chosen, "seen": "x"}, headers=HTMX)
    assert response.status_code == 422
    assert "Choose one of the levels first." in response.content.decode()


def test_a_criterion_of_another_project_is_not_there(
    attempt: Attempt, tina: User, client: Client
) -> None:
    client.force_login(tina)
    foreign = CriterionFactory()
    path = reverse("assessment:decide", args=[attempt.pk, foreign.pk])
    assert client.post(path, {"level": level(foreign, 1)}).status_code == 404


def test_review_leads_on_in_an_order_of_ones_own(
    attempt: Attempt, tina: User, amir: User, client: Client
) -> None:
    project = attempt.submission.mini_project
    others = [
        AttemptFactory(
            submission=SubmissionFactory(
                mini_project=project, team=TeamFactory(edition=project.edition)
            ),
            state=State.DONE,
        )
        for _ in range(7)
    ]

    def walk(person: User) -> list[int]:
        """From the first in the queue to its last, by the links."""
        client.force_login(person)
        seen: list[int] = []
        here = attempt.pk
        while before := _context(client, here)["before"]:
            here = before
        while here and here not in seen:
            seen.append(here)
            here = _context(client, here)["after"]
        return seen

    tinas, amirs = walk(tina), walk(amir)
    assert sorted(tinas) == sorted(amirs) == sorted(each.pk for each in (attempt, *others))
    assert walk(tina) == tinas
    assert len({tuple(tinas), tuple(amirs), tuple(sorted(tinas))}) > 1


def _context(client: Client, attempt: int) -> dict[str, Any]:
    context: dict[str, Any] = client.get(reverse("assessment:review", args=[attempt])).context
    return context


def test_the_student_reads_the_decision(
    path: str, attempt: Attempt, criterion: Criterion, tina: User, alice: User, client: Client
) -> None:
    client.force_login(tina)
    form = {"level": level(criterion, 2), "seen": "0", "comment": "Beyond what was <asked>."}
    client.post(path, form, headers=HTMX)
    client.force_login(alice)
    page = client.get(reverse("submissions:attempt", args=[attempt.pk])).content.decode()
    assert "Confirmed levels" in page
    assert "Beyond what was &lt;asked&gt;." in page
