"""Work with several labs: what one may hand in, what the pages say, and what stays beside."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from lab_specs.edition.file import MiniProjectFile
from portal.courses.models import MiniProject, Team
from portal.dashboards.progress import progress
from portal.people.models import User
from portal.submissions import domain
from portal.submissions.lookups import answer_lookup
from portal.submissions.models import Attempt, Submission
from portal.submissions.states import State
from portal.submissions.views.project import how_labs_count
from tests.factories import AttemptFactory, CriterionFactory, LookupFactory, SubmissionFactory
from tests.worlds import SHELF

pytestmark = pytest.mark.django_db
FEEDBACK = "Nothing here counts for your result; it is for feedback."
EVIDENCE = (
    "What the checks find is evidence: your lecturer decides, by the criteria at the end of this"
    " page."
)


@pytest.fixture(autouse=True)
def _shelf(settings: Settings) -> None:
    settings.SHELF = SHELF  # it holds serving, and not training


def taken(mini_project: MiniProject, team: Team, lab: str, **more: object) -> Attempt:
    """An attempt of this lab."""
    work = SubmissionFactory(mini_project=mini_project, team=team, lab=lab)
    return AttemptFactory(submission=work, **more)


def page(client: Client, person: User, mini_project: MiniProject, query: str = "") -> str:
    client.force_login(person)
    path = reverse("submissions:project", args=[mini_project.pk])
    return client.get(path + query).content.decode()


def test_handing_in_one_lab_leaves_the_others_in_peace(
    mini_project: MiniProject, team: Team, bob: User
) -> None:
    same, other = (taken(mini_project, team, lab) for lab in ("training", "serving"))
    submitted = domain.submit(
        mini_project=mini_project,
        team=team,
        by=bob,
        lab="training",
        repository="https://github.com/alice/digits",
        commit="b" * 40,
    )
    assert submitted.superseded == (same.pk,)
    other.refresh_from_db()
    assert other.state == State.QUEUED


def test_a_look_up_tells_only_of_what_it_would_replace(
    mini_project: MiniProject, team: Team, alice: User, client: Client
) -> None:
    lookup = LookupFactory(mini_project=mini_project, team=team, person=alice, lab="training")
    answer_lookup(lookup_id=lookup.pk, commit="c" * 40)
    client.force_login(alice)
    path = reverse("submissions:lookup", args=[lookup.pk])
    taken(mini_project, team, "serving")
    assert "The newest wins" not in client.get(path).content.decode()
    taken(mini_project, team, "training")
    shown = client.get(path).content.decode()
    assert "The newest wins" in shown
    assert "?lab=training#hand-in" in shown


@pytest.mark.parametrize(
    ("more", "labs", "says"),
    [
        ({}, 0, ""),
        ({}, 1, ""),
        ({}, 2, "Choose one of 2 labs. Should you hand in another one later, that one counts."),
        ({"counts": False}, 0, ""),
        ({"counts": False}, 1, FEEDBACK),
        ({"counts": False}, 7, f"There are 7 labs here. Do any of them, in any order. {FEEDBACK}"),
        ({"lab_decides": False}, 1, EVIDENCE),
        (
            {"lab_decides": False},
            3,
            f"There are 3 labs here. Hand in any of them, or several. {EVIDENCE}",
        ),
    ],
)
def test_a_page_says_what_handing_in_comes_to(more: dict[str, bool], labs: int, says: str) -> None:
    part = MiniProjectFile(id="build", title="Build", **more)
    assert how_labs_count(part, labs) == says


def test_the_page_says_so_and_folds_the_briefs(
    mini_project: MiniProject, team: Team, alice: User, client: Client
) -> None:
    shown = page(client, alice, mini_project)
    assert "Choose one of 2 labs." in shown
    for lab in ("serving", "training"):
        assert f'id="lab-{lab}">' in shown
        assert f'<a href="?lab={lab}#hand-in">' in shown
    assert "Choose one" not in page(client, alice, mini_project_of_one(mini_project))


def mini_project_of_one(mini_project: MiniProject) -> MiniProject:
    mini_project.labs = ["serving"]
    mini_project.save()
    return mini_project


def test_the_form_goes_on_with_the_lab_that_was_named_or_taken_last(
    mini_project: MiniProject, team: Team, alice: User, client: Client
) -> None:
    taken(mini_project, team, "training", state=State.DONE)
    shown = page(client, alice, mini_project)
    assert '<option value="training" selected>' in shown
    assert 'id="lab-training" open>' in shown
    assert "Passed" in shown.partition('id="lab-training"')[2].partition("</summary>")[0]
    assert "Passed" not in shown.partition('id="lab-serving"')[2].partition("</summary>")[0]
    named = page(client, alice, mini_project, "?lab=serving")
    assert '<option value="serving" selected>' in named
    assert 'id="lab-serving" open>' in named
    assert '<option value="training" selected>' in page(client, alice, mini_project, "?lab=none")
    path = reverse("submissions:project", args=[mini_project.pk])
    refused = client.post(path, {"lab": "serving", "link": ""}).content.decode()
    assert 'id="lab-serving" open>' in refused


def test_an_assessor_finds_the_other_labs_of_the_same_work(
    mini_project: MiniProject, team: Team, work: Submission, tina: User, client: Client
) -> None:
    CriterionFactory(mini_project=mini_project, slug="interface", title="Interface")
    older, newer = (taken(mini_project, team, "training", state=State.DONE) for _ in range(2))
    taken(mini_project, team, "serving", state=State.DONE)
    seen = AttemptFactory(submission=work, state=State.DONE)
    client.force_login(tina)
    shown = client.get(reverse("assessment:review", args=[seen.pk])).content.decode()
    others = shown.partition("<dt>Other labs</dt>")[2].partition("</dd>")[0]
    assert f'href="{reverse("assessment:review", args=[newer.pk])}">training</a>' in others
    assert reverse("assessment:review", args=[older.pk]) not in others
    assert others.count("<a ") == 1


def test_progress_is_told_lab_by_lab(mini_project: MiniProject, team: Team) -> None:
    for lab in ("serving", "training"):
        CriterionFactory(mini_project=mini_project, lab=lab, slug="learns")
    done = {"state": State.DONE, "levels": {"learns": "proficient"}, "finished_at": timezone.now()}
    taken(mini_project, team, "serving", **done)
    assert [each.title for each in progress(mini_project, [team.pk])] == ["Your levels"]
    taken(mini_project, team, "training", **done)
    titles = [each.title for each in progress(mini_project, [team.pk])]
    assert titles == ["Your levels in the lab serving", "Your levels in the lab training"]
