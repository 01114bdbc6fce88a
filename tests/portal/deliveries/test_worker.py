"""The whole way of a report: the row, the worker's task, real git, and back to the row."""

from pathlib import Path
from typing import Any

import pytest

from grader import tasks
from grader.fetch import FetchPolicy
from portal.courses.models import MiniProject, Team
from portal.deliveries import domain, snapshots
from portal.deliveries.models import Delivery, Reading
from portal.people.models import User
from portal.submissions.models import Lookup
from tests.factories import SubmissionFactory
from tests.grader.repositories import git, repository
from tests.portal.deliveries.conftest import DUE
from tests.portal.deliveries.test_views import page

pytestmark = pytest.mark.django_db
PATH = "reports/README.md"
REPORT = "# Data\n\nRows. ![a](a.png) ![b](../b.png) ![c](c.png)\n"
FILES = {PATH: REPORT, "reports/a.png": "a", "b.png": "b"}
NEXT = DUE + snapshots.A_SECOND


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Path:
    """Where the team's repository is to be."""
    settings.LOCAL_REPOSITORIES = tmp_path
    policy = FetchPolicy(hosts=(), local_root=tmp_path, seconds=20, workdir=tmp_path / "work")
    monkeypatch.setattr(tasks, "fetch_policy", lambda _: policy)
    return tmp_path / "student"


@pytest.fixture
def linked(project: MiniProject, cedar: Team, ann: User, home: Path) -> Team:
    """A commit was handed in from there."""
    sha = repository(home, {"first.txt": "1"})
    SubmissionFactory(
        mini_project=project, team=cedar, submitted_by=ann, repository=home.as_uri(), commit=sha
    )
    return cedar


def taken() -> Reading:
    """What was read after the deadline had come."""
    snapshots.take_due(now=NEXT)
    tasks.resolve_link(lookup_id=Lookup.objects.latest("pk").pk)
    snapshots.take_due(now=NEXT)
    row = Reading.objects.get(delivery__by=None)
    tasks.read_document(reading_id=row.pk)
    row.refresh_from_db()
    return row


def test_a_report_that_is_a_path_is_read_from_the_default_branch(
    project: MiniProject, linked: Team, ann: User, home: Path
) -> None:
    sha = repository(home, FILES)
    domain.deliver(mini_project=project, deliverable="report", by=ann, link=PATH)
    row = Reading.objects.get()
    tasks.read_document(reading_id=row.pk)
    row.refresh_from_db()
    assert (row.commit, row.text, row.problem, row.fault) == (sha, REPORT, "", "")
    assert {"fine": False, "says": "Images that nobody else can see: “c.png”."} in row.advice
    repository(home, {PATH: "later"})
    tasks.read_document(reading_id=row.pk)
    row.refresh_from_db()
    assert row.text == REPORT
    tasks.read_document(reading_id=row.pk + 1)


@pytest.mark.parametrize("stands", ["a link", "not there"])
def test_a_report_that_is_none_says_so(
    project: MiniProject, linked: Team, ann: User, home: Path, stands: str
) -> None:
    (home.parent / "secret").write_text("a secret of the host")
    repository(home, {}, {PATH: "../../secret"} if stands == "a link" else {})
    domain.deliver(mini_project=project, deliverable="report", by=ann, link=PATH)
    tasks.read_document(reading_id=Reading.objects.get().pk)
    row = Reading.objects.get()
    assert (row.text, row.advice) == ("", [])
    assert stands in row.problem or "There is no file" in row.problem
    assert "secret" not in page(ann, "project", project.pk)


def test_a_repository_that_has_gone_is_told(
    project: MiniProject, linked: Team, ann: User, home: Path
) -> None:
    home.rename(home.parent / "elsewhere")
    domain.deliver(mini_project=project, deliverable="report", by=ann, link=PATH)
    tasks.read_document(reading_id=Reading.objects.get().pk)
    assert Reading.objects.get().fault == "repository_not_found"


@pytest.mark.rule("DTU-13")
@pytest.mark.rule("DTU-14")
def test_the_report_of_a_snapshot_is_read_at_the_commit_that_was_taken(
    project: MiniProject, linked: Team, ann: User, home: Path
) -> None:
    sha = repository(home, FILES)
    snapshots.take_due(now=NEXT)
    tasks.resolve_link(lookup_id=Lookup.objects.latest("pk").pk)
    repository(home, {PATH: "what came after the look does not count"})
    row = taken()
    assert (row.path, row.commit, row.text) == (PATH, sha, REPORT)
    assert row.delivery.commit == sha == git(home, "rev-parse", "HEAD~")
    shown = page(ann, "project", project.pk)
    assert f"Read from <code>{PATH}</code> at <code>{sha[:12]}</code>" in shown
    assert "No heading “Model”." in shown


def test_a_snapshot_without_its_report_is_taken_all_the_same(
    project: MiniProject, linked: Team, ann: User, home: Path
) -> None:
    row = taken()
    assert Delivery.objects.get(deliverable="report") == row.delivery
    assert row.problem == f"There is no file `{PATH}`. These are there: `first.txt`."
    shown = page(ann, "project", project.pk)
    assert "What stood there at the deadline stays as it is" in shown
