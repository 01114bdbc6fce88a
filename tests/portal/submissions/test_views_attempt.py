"""An attempt's page while it is live and afterwards, without a browser."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from lab_specs.faults import Code
from lab_specs.report import Verdict
from portal.people.models import User
from portal.submissions import domain
from portal.submissions.models import Attempt, Submission
from portal.submissions.states import State
from tests.claims import take
from tests.factories import AttemptFactory, CriterionFactory, SubmissionFactory
from tests.worlds import SHELF, levels, report

REACHED = {"interface": 1, "predictions": 0, "care": 3}
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _shelf(settings: Settings) -> None:
    settings.SHELF = SHELF


def text(client: Client, name: str, pk: int) -> str:
    return client.get(reverse(name, args=[pk])).content.decode()


def test_live_attempt_tells_news_only_once(work: Submission, alice: User, client: Client) -> None:
    attempt = AttemptFactory(submission=work, announced_at=timezone.now())
    client.force_login(alice)
    page = text(client, "submissions:attempt", attempt.pk)
    assert "Next in the queue." in page
    assert f'http-equiv="refresh" content="5; url=/attempts/{attempt.pk}/"' in page
    path = reverse("submissions:live", args=[attempt.pk])
    first = client.get(path)
    assert first.status_code == 200
    assert client.get(path, {"seen": first.context["seen"]}).status_code == 204
    token = take(attempt.pk)
    second = client.get(path, {"seen": first.context["seen"]})
    assert second.status_code == 200
    assert "Fetching" in second.content.decode()
    domain.note_log(attempt_id=attempt.pk, token=token, log_tail="<b>step 1</b>")
    third = client.get(path, {"seen": second.context["seen"]})
    assert "&lt;b&gt;step 1&lt;/b&gt;" in third.content.decode()
    domain.record(
        attempt_id=attempt.pk,
        token=token,
        verdict=Verdict.FAILED,
        report=report(REACHED),
        levels=levels(REACHED),
    )
    last = client.get(path, {"seen": third.context["seen"]})
    assert last.status_code == 286
    assert "Not there yet" in last.content.decode()
    assert "hx-trigger" not in text(client, "submissions:attempt", attempt.pk)


def test_an_unheard_attempt_says_that_the_work_is_safe(
    work: Submission, alice: User, client: Client
) -> None:
    attempt = AttemptFactory(submission=work, announced_at=None)
    client.force_login(alice)
    assert "Your work is safe" in text(client, "submissions:attempt", attempt.pk)


def test_a_failure_of_ours_says_whose_it_is_and_when_it_is_tried_again(
    work: Submission, alice: User, client: Client
) -> None:
    now = timezone.now()
    attempt = AttemptFactory(submission=work, retries=1, not_before=now + timedelta(seconds=46))
    client.force_login(alice)
    page = text(client, "submissions:attempt", attempt.pk)
    for words in ("Trying again", "on our side, not in your work", "Tried again in about 45 s."):
        assert words in page
    for words in ("in the queue", "cannot be reached", "not known yet"):
        assert words not in page


def test_a_retry_that_is_due_has_its_place_in_the_queue(
    work: Submission, alice: User, client: Client
) -> None:
    attempt = AttemptFactory(submission=work, retries=1)
    client.force_login(alice)
    page = text(client, "submissions:attempt", attempt.pk)
    assert "Trying again" in page
    assert "Next in the queue." in page


def test_outcome_is_grouped_by_criterion_and_level(
    work: Submission, alice: User, client: Client
) -> None:
    for order, slug in enumerate(("interface", "predictions", "care")):
        CriterionFactory(mini_project=work.mini_project, slug=slug, order=order)
    attempt = AttemptFactory(
        submission=work,
        state=State.DONE,
        verdict=Verdict.FAILED,
        report=report(REACHED).model_dump(mode="json"),
        levels=levels(REACHED),
    )
    client.force_login(alice)
    response = client.get(reverse("submissions:attempt", args=[attempt.pk]))
    outcome = response.context["outcome"]
    assert [(each.slug, each.proposed) for each in outcome] == [
        ("interface", "proficient"),
        ("predictions", "not yet proficient"),
        ("care", "expert"),
    ]
    assert [group.level for group in outcome[0].levels] == ["proficient", "advanced", "expert"]
    page = response.content.decode()
    assert "Loop over <code>instances</code>; do not read only the first." in page
    assert '<span class="hidden">failed: </span>' in page
    assert '<span class="hidden">passed: </span>' in page
    assert '<span class="hidden">not run: </span>' in page


def test_a_criterion_that_the_lab_dropped_is_still_told(
    work: Submission, alice: User, client: Client
) -> None:
    attempt = AttemptFactory(
        submission=work, state=State.DONE, report=report(REACHED).model_dump(mode="json")
    )
    client.force_login(alice)
    response = client.get(reverse("submissions:attempt", args=[attempt.pk]))
    assert [each.title for each in response.context["outcome"]] == [
        "interface",
        "predictions",
        "care",
    ]


def test_rejected_is_explained_with_its_log(work: Submission, alice: User, client: Client) -> None:
    attempt = AttemptFactory(
        submission=work,
        state=State.DONE,
        verdict=Verdict.REJECTED,
        fault=Code.COPY_SOURCE_MISSING.value,
        facts={"line": 6, "file": "model.pt", "log": "COPY model.pt\nnot found"},
        phases=[{"name": "fetching", "seconds": 1.0}, {"name": "building", "seconds": 2.0}],
    )
    client.force_login(alice)
    page = text(client, "submissions:attempt", attempt.pk)
    assert "Could not run" in page
    assert re.findall(r'<li class="(\w*)"', page)[:5] == ["", "past", "stopped", "", ""]
    assert "<code>model.pt</code>" in page
    assert "COPY model.pt\nnot found" in page


def test_crashed_is_ours(work: Submission, alice: User, client: Client) -> None:
    attempt = AttemptFactory(
        submission=work, state=State.DONE, verdict=Verdict.CRASHED, fault=Code.WORKER_LOST.value
    )
    client.force_login(alice)
    page = text(client, "submissions:attempt", attempt.pk)
    assert "The portal failed, not your work." in page


def test_evidence_says_stand_ins_openly(work: Submission, alice: User, client: Client) -> None:
    attempt = AttemptFactory(
        submission=work,
        state=State.DONE,
        provenance={"stand_ins": ["python:3.11-slim"], "image": "sha256:abc"},
    )
    client.force_login(alice)
    page = text(client, "submissions:attempt", attempt.pk)
    assert "Built on stand-ins: python:3.11-slim" in page
    assert "sha256:abc" in page


def test_cancel_once(work: Submission, alice: User, client: Client) -> None:
    attempt = AttemptFactory(submission=work)
    client.force_login(alice)
    path = reverse("submissions:cancel", args=[attempt.pk])
    assert "Cancelled." in client.post(path, follow=True).content.decode()
    assert "had ended already" in client.post(path, follow=True).content.decode()
    attempt.refresh_from_db()
    assert attempt.state == State.CANCELLED


def test_staff_run_again_with_a_reason(work: Submission, tina: User, client: Client) -> None:
    AttemptFactory(submission=work, state=State.DONE)
    client.force_login(tina)
    path = reverse("submissions:rerun", args=[work.pk])
    assert "Say why" in client.post(path, {"reason": " "}, follow=True).content.decode()
    page = client.post(path, {"reason": "The lab was mended."}, follow=True).content.decode()
    assert "Run again: The lab was mended." in page
    assert Attempt.objects.filter(submission=work).count() == 2


def test_old_attempts_stay_in_the_list(work: Submission, alice: User, client: Client) -> None:
    older = AttemptFactory(submission=work, state=State.DONE, verdict=Verdict.FAILED)
    newer = AttemptFactory(
        submission=SubmissionFactory(
            mini_project=work.mini_project, team=work.team, submitted_by=alice, commit="d" * 40
        ),
        state=State.DONE,
    )
    client.force_login(alice)
    page = text(client, "submissions:attempt", older.pk)
    assert page.index(f"/attempts/{newer.pk}/") < page.index(f"/attempts/{older.pk}/")
    assert text(client, "submissions:project", work.mini_project_id).count("/attempts/") == 2
