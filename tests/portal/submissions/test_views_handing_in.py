"""Handing in, from a mini-project over a link to its commit, without a browser."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from lab_specs.faults import Code
from portal.courses.models import MiniProject, Team
from portal.people.models import User
from portal.submissions.domain import MAX_LIVE
from portal.submissions.lookups import answer_lookup, fail_lookup
from portal.submissions.models import Lookup, Submission
from portal.submissions.states import State
from tests.factories import AttemptFactory, CriterionFactory, LookupFactory, SubmissionFactory
from tests.worlds import SHELF

LINK = "https://github.com/alice/digits"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _shelf(settings: Settings) -> None:
    settings.SHELF = SHELF


@pytest.fixture
def project(mini_project: MiniProject, team: Team) -> MiniProject:
    del team
    mini_project.labs = ["serving"]
    mini_project.save()
    return mini_project


@pytest.fixture
def path(project: MiniProject, alice: User, client: Client) -> str:
    client.force_login(alice)
    return reverse("submissions:project", args=[project.pk])


@pytest.fixture
def lookup(project: MiniProject, team: Team, alice: User, client: Client) -> Lookup:
    client.force_login(alice)
    return LookupFactory(mini_project=project, team=team, person=alice)


def text(client: Client, name: str, pk: int) -> str:
    return client.get(reverse(name, args=[pk])).content.decode()


def test_project_shows_brief_rubric_and_checks(path: str, client: Client) -> None:
    CriterionFactory(
        mini_project=MiniProject.objects.get(), lab="serving", slug="interface", title="Interface"
    )
    page = client.get(path).content.decode()
    assert "<h3>Serve the model</h3>" in page
    assert "is proficient" in page
    assert "<code>GET /health</code> answers 200 once the model can predict" in page


def test_a_link_leads_to_its_look_up(path: str, client: Client) -> None:
    response = client.post(path, {"lab": "serving", "link": LINK, "ref": "dev"})
    lookup = Lookup.objects.get()
    assert response.url == reverse("submissions:lookup", args=[lookup.pk])
    assert (lookup.repository, lookup.ref) == (LINK, "dev")


@pytest.mark.parametrize(
    ("typed", "words", "field"),
    [
        ({"link": "http://github.com/a/b"}, "does not begin with https://", "link"),
        ({"link": "https://example.org/a/b"}, "are not taken here", "link"),
        ({"link": ""}, "Paste the link to your repository here.", "link"),
        ({"link": LINK, "ref": "-x"}, "There is no branch, tag or commit", "ref"),
        ({"link": LINK, "context": "../x"}, "may lead out of it", "context"),
        ({"link": LINK, "dockerfile": "/etc"}, "may lead out of it", "dockerfile"),
        ({"link": LINK, "lab": "unknown"}, "Select a valid choice", "lab"),
    ],
)
def test_bad_input_is_explained_and_kept(
    typed: dict[str, str], words: str, field: str, path: str, client: Client
) -> None:
    response = client.post(path, {"lab": "serving", "ref": "dev"} | typed)
    page = response.content.decode()
    assert response.status_code == 422
    assert words in page
    assert field in response.context["form"].errors
    assert f'value="{typed["link"]}"' in page if typed["link"] else True
    assert f'value="{typed.get("ref", "dev")}"' in page
    assert not Lookup.objects.exists()


def test_staff_see_no_form_but_what_is_wrong_with_the_shelf(
    project: MiniProject, tina: User, client: Client, settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "serving").mkdir()
    (tmp_path / "serving" / "lab.yaml").write_text("title: Serve\nsummary: 3\n")
    settings.SHELF = [tmp_path]
    client.force_login(tina)
    page = text(client, "submissions:project", project.pk)
    assert 'id="hand-in"' not in page
    assert "serving/lab.yaml, line 2, summary" in page


def test_a_student_learns_that_the_lab_is_broken(
    path: str, client: Client, settings: Settings
) -> None:
    settings.SHELF = []
    page = client.get(path).content.decode()
    assert "cannot be shown at present" in page
    assert "nothing that was handed in is lost" in page


def test_look_up_waits_then_shows_the_commit(lookup: Lookup, client: Client) -> None:
    poll = reverse("submissions:lookup-poll", args=[lookup.pk])
    assert 'hx-trigger="every 1s"' in text(client, "submissions:lookup", lookup.pk)
    assert client.get(poll).status_code == 204
    answer_lookup(lookup_id=lookup.pk, commit="c" * 40, commit_title="Fix <it>")
    answer = client.get(poll)
    assert answer.status_code == 286
    assert "cccccccc" in answer.content.decode()
    assert "Fix &lt;it&gt;" in answer.content.decode()
    assert "Submit this commit" in answer.content.decode()
    assert "hx-trigger" not in text(client, "submissions:lookup", lookup.pk)


def test_a_failed_look_up_explains_and_fills_the_form_again(lookup: Lookup, client: Client) -> None:
    Lookup.objects.update(ref="mian", dockerfile="a/Dockerfile")
    fail_lookup(lookup_id=lookup.pk, code=Code.REF_NOT_FOUND, facts={"ref": "mian"})
    answer = client.get(reverse("submissions:lookup-poll", args=[lookup.pk]))
    page = answer.content.decode()
    assert answer.status_code == 286
    assert "There is no branch, tag or commit <code>mian</code>" in page
    assert f'value="{LINK}"' in page
    assert 'value="mian"' in page
    assert "<details open>" in page


def test_a_host_that_is_away_is_not_the_students_mistake(lookup: Lookup, client: Client) -> None:
    fail_lookup(lookup_id=lookup.pk, code=Code.HOST_UNREACHABLE, facts={})
    assert "The link could not be looked up" in text(client, "submissions:lookup", lookup.pk)


def test_confirming_queues_and_says_what_it_replaces(
    lookup: Lookup, work: Submission, client: Client
) -> None:
    older = AttemptFactory(submission=work)
    answer_lookup(lookup_id=lookup.pk, commit="c" * 40)
    assert "The newest wins" in text(client, "submissions:lookup", lookup.pk)
    response = client.post(reverse("submissions:confirm", args=[lookup.pk]), follow=True)
    assert "this one replaces it" in response.content.decode()
    assert response.context["attempt"].submission.commit == "c" * 40
    older.refresh_from_db()
    assert older.state == State.SUPERSEDED
    again = client.post(reverse("submissions:confirm", args=[lookup.pk]))
    assert again.url == response.redirect_chain[-1][0]


def test_confirming_too_early_is_refused_in_words(lookup: Lookup, client: Client) -> None:
    response = client.post(reverse("submissions:confirm", args=[lookup.pk]), follow=True)
    assert "has not been resolved to a commit" in response.content.decode()
    assert not Submission.objects.exists()


def test_too_much_at_once_is_refused_in_words_and_nothing_is_lost(
    lookup: Lookup, team: Team, client: Client
) -> None:
    answer_lookup(lookup_id=lookup.pk, commit="c" * 40)
    live = [AttemptFactory(submission=SubmissionFactory(team=team)) for _ in range(MAX_LIVE)]
    confirm = reverse("submissions:confirm", args=[lookup.pk])
    page = client.post(confirm, follow=True).content.decode()
    assert "wait until one of them has its verdict, or cancel one" in page
    assert "Submit this commit" in page
    client.post(reverse("submissions:cancel", args=[live[0].pk]))
    assert "Handed in." in client.post(confirm, follow=True).content.decode()


def test_late_work_is_said_before_and_after(lookup: Lookup, client: Client) -> None:
    MiniProject.objects.update(deadline=timezone.now() - timedelta(hours=2))
    answer_lookup(lookup_id=lookup.pk, commit="c" * 40)
    assert "it is marked late" in text(client, "submissions:lookup", lookup.pk)
    response = client.post(reverse("submissions:confirm", args=[lookup.pk]), follow=True)
    assert '<span class="pill warn">Late</span>' in response.content.decode()
