"""What hostile work says, on the pages that people read: text, bounded, and nothing that runs."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from grader.attack import load_attacks
from grader.fetch import FetchPolicy, resolve
from grader.pipeline import Outcome
from grader.settings import ROOT
from lab_specs.faults import Code, StudentFault
from lab_specs.report import Report
from portal.api import tokens
from portal.assessment.export import harmless
from portal.people.models import User
from portal.submissions import domain, lookups
from portal.submissions.models import Attempt, LookupStatus, Submission
from tests.claims import take
from tests.factories import AttemptFactory, LookupFactory
from tests.grader.repositories import commit, repository
from tests.hostile.conftest import FOLDER, Tries

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(600), pytest.mark.django_db]
NAMES = [one.name for one in load_attacks(FOLDER, ["portal", "fetch/odd-names"])]
PAGE_CAP = 200_000  # characters of a page, whatever an attempt said
# What would be seen in a page if a student's word were taken for more than text
TAGS = ("<script>alert", "<img src=x", "<svg/onload", "<b onclick", "<style>@import", "<script>\n")
RAW = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
LINKS = re.compile(r"""(?:href|src|action|hx-get|hx-post)\s*=\s*["']?([^"'\s>]+)""")


@pytest.fixture
def outcome(name: str, tries: Tries) -> Outcome:
    """What the grader handed over of an attack, through the real pipeline."""
    tried = tries.by_name[name]
    assert tried.wrong == []
    assert tried.outcome is not None
    return tried.outcome


@pytest.fixture
def shelf(settings: Settings) -> None:
    settings.SHELF = [FOLDER / "labs"]


def recorded(outcome: Outcome, work: Submission) -> Attempt:
    """The outcome, stored as a worker stores it."""
    attempt = AttemptFactory(submission=work)
    token = take(attempt.pk)
    assert domain.record(
        attempt_id=attempt.pk,
        token=token,
        verdict=outcome.verdict,
        fault=outcome.code,
        facts=outcome.facts,
        report=Report(checks=outcome.checks) if outcome.checks else None,
        levels=outcome.levels,
        phases=outcome.phases,
        provenance=outcome.provenance,
        log_tail=outcome.log,
    )
    return attempt


def pages(attempt: Attempt, people: dict[str, User]) -> Iterator[str]:
    """Every page on which the attempt is told, as its owner, as its lecturer, and by the API."""
    project = attempt.submission.mini_project
    told = [
        reverse("submissions:attempt", args=[attempt.pk]),
        reverse("submissions:live", args=[attempt.pk]),
        reverse("submissions:project", args=[project.pk]),
        reverse("dashboards:home"),
    ]
    staff = [
        reverse("assessment:review", args=[attempt.pk]),
        reverse("assessment:book", args=[project.edition_id]),
        *(
            reverse(f"dashboards:{name}", args=[project.edition_id])
            for name in ("edition", "class", "reviews", "log", "trouble")
        ),
    ]
    api = [reverse("api:attempt", args=[attempt.pk]), reverse("api:attempts")]
    for person, paths in ((people["alice"], told), (people["tina"], [*told[:2], *staff])):
        browser = Client()
        browser.force_login(person)
        _, secret = tokens.issue(person=person, name="a program", scopes=["read"], days=1)
        program = Client(headers={"Authorization": f"Bearer {secret}"})
        for client, path in [*((browser, one) for one in paths), *((program, one) for one in api)]:
            reply = client.get(path)
            assert reply.status_code in (200, 286), path
            yield reply.content.decode()


def demand_harmless(page: str) -> None:
    assert len(page) < PAGE_CAP
    assert not RAW.search(page), RAW.search(page)
    if page.lstrip().startswith(("<", "\n")) or "<html" in page:
        assert [tag for tag in TAGS if tag in page] == []
        for link in LINKS.findall(page):
            assert not link.startswith(("javascript:", "data:text", "http://", "//")), link
            assert "169.254." not in link
            assert "198.51.100." not in link


@pytest.mark.parametrize("name", NAMES)
def test_its_words_are_text_on_every_page(
    name: str,
    outcome: Outcome,
    work: Submission,
    alice: User,
    tina: User,
    shelf: None,
) -> None:
    attempt = recorded(outcome, work)
    seen = list(pages(attempt, {"alice": alice, "tina": tina}))
    for page in seen:
        demand_harmless(page)
    if name == "portal/markup":  # it was shown, as text
        assert any("&lt;script&gt;alert" in page for page in seen)


def test_a_page_that_lets_a_tag_through_would_be_seen() -> None:
    for page in (
        "<p><script>alert(1)</script>",
        "<p>\x1b[31m",
        '<a href="javascript:x">',
        "<" * PAGE_CAP,
    ):
        with pytest.raises(AssertionError):
            demand_harmless(page)


@pytest.mark.parametrize("name", ["portal/cells"])
def test_cells_that_a_spreadsheet_would_run_become_text(outcome: Outcome) -> None:
    lines = outcome.log.splitlines()
    dangerous = [line for line in lines if line.strip().startswith(("=", "+", "-", "@"))]
    assert len(dangerous) > 3
    for line in dangerous:
        assert harmless(line).startswith("'")


@pytest.mark.parametrize("name", ["portal/nothing", "portal/terminal", "portal/numbers"])
def test_its_rows_can_be_dumped(
    name: str, outcome: Outcome, work: Submission, tmp_path: Path
) -> None:
    recorded(outcome, work)
    call_command("dumpdata", "submissions", output=str(tmp_path / "rows.json"), verbosity=0)
    assert not RAW.search((tmp_path / "rows.json").read_text())


TITLE = "<script>alert(1)</script> \x1b[31m\u202e =cmd|' /C calc'!A1"


def test_the_title_of_a_commit_is_text(
    work: Submission, alice: User, client: Client, shelf: None, tmp_path: Path
) -> None:
    home = tmp_path / "titled"
    repository(home, {"Dockerfile": "FROM scratch\n"})
    commit(home, TITLE + "x" * 5_000)
    found = resolve(home.as_uri(), "", FetchPolicy(hosts=(), local_root=tmp_path))
    lookup = LookupFactory(mini_project=work.mini_project, team=work.team, person=alice)
    lookups.answer_lookup(lookup_id=lookup.pk, commit=found.commit, commit_title=found.title)
    lookup.refresh_from_db()
    assert lookup.status == LookupStatus.FOUND
    client.force_login(alice)
    page = client.get(reverse("submissions:lookup", args=[lookup.pk])).content.decode()
    assert "&lt;script&gt;" in page
    demand_harmless(page)


@pytest.mark.parametrize(
    ("link", "code"),
    [
        ("http://169.254.169.254/latest/meta-data", Code.LINK_INVALID),
        ("https://169.254.169.254/latest/meta-data", Code.HOST_NOT_ALLOWED),
        ("https://127.0.0.1/owner/work", Code.HOST_NOT_ALLOWED),
        ("https://[::1]/owner/work", Code.HOST_NOT_ALLOWED),
        ("https://2130706433/owner/work", Code.HOST_NOT_ALLOWED),
        ("https://github.com.198.51.100.7/owner/work", Code.HOST_NOT_ALLOWED),
        ("https://github.com@198.51.100.7/owner/work", Code.LINK_INVALID),
        ("https://github.com:2375/owner/work", Code.HOST_NOT_ALLOWED),
        ("file:///etc", Code.LINK_INVALID),
        ("ssh://git@github.com/owner/work", Code.LINK_INVALID),
        ("ext::sh -c id", Code.LINK_INVALID),
        ("javascript:alert(1)", Code.LINK_INVALID),
        ("https://github.com/<script>/work", Code.LINK_INVALID),
    ],
)
def test_a_link_that_aims_elsewhere_is_refused_and_shown_as_text(
    link: str, code: Code, work: Submission, alice: User, client: Client, settings: Settings
) -> None:
    settings.SHELF = [FOLDER / "labs", ROOT / "lab_specs" / "labs"]
    settings.LOCAL_REPOSITORIES = None
    project = work.mini_project
    with pytest.raises(StudentFault) as caught:
        lookups.ask(mini_project=project, person=alice, lab="serving", link=link)
    assert caught.value.code is code
    client.force_login(alice)
    path = reverse("submissions:project", args=[project.pk])
    page = client.post(path, {"lab": "serving", "link": link}).content.decode()
    demand_harmless(page)
