"""A report in a repository: a worker is asked to read it, and pages say what came of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from lab_specs.faults import Code
from portal.courses.models import MiniProject, Team
from portal.deliveries import domain, readings, tasks
from portal.deliveries.models import Delivery, Reading
from portal.people.models import User
from tests.conftest import Bell
from tests.portal.deliveries.conftest import DUE, REPOSITORY
from tests.portal.deliveries.test_views import page

pytestmark = pytest.mark.django_db
PATH, COMMIT = "reports/my report.md", "c" * 40
TEXT = "# Data\n\nRows of <b>digits</b>. ![a](curve%20a.png) ![b](../b.png) ![c](gone.png)\n"
FILES = {"reports/curve a.png", "b.png"}


@pytest.fixture
def handed(project: MiniProject, linked: Team, ann: User) -> Reading:
    """Waits to be read."""
    row = domain.deliver(mini_project=project, deliverable="report", by=ann, link=PATH)
    return Reading.objects.get(delivery=row)


def answer(reading: Reading, **said: Any) -> bool:
    known = {"commit": COMMIT, "text": TEXT, "files": FILES}
    return readings.answer(reading_id=reading.pk, **known | said)


def test_a_path_is_announced_to_a_worker_by_the_name_of_its_task(
    project: MiniProject,
    linked: Team,
    ann: User,
    bell: Bell,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        domain.deliver(mini_project=project, deliverable="report", by=ann, link=PATH)
    row = Reading.objects.get()
    assert (row.repository, row.path, row.commit) == (REPOSITORY, PATH, "")
    assert bell.rings() == [("grader.read", {"reading_id": row.pk})]
    assert row.announced_at is not None


@pytest.mark.parametrize(
    ("item", "link", "text"),
    [
        ("report", "https://a.example/report.pdf", ""),
        ("report", PATH, "# Pasted, so this is what counts"),
        ("report", "", "# Pasted"),
        ("update", PATH, "We trained."),
    ],
)
def test_only_a_report_that_is_nothing_but_a_path_is_read(
    project: MiniProject, linked: Team, ann: User, item: str, link: str, text: str
) -> None:
    domain.deliver(mini_project=project, deliverable=item, by=ann, link=link, text=text)
    assert not Reading.objects.exists()


def test_without_a_repository_the_page_says_what_to_do(
    project: MiniProject, cedar: Team, ann: User
) -> None:
    domain.deliver(mini_project=project, deliverable="report", by=ann, link=PATH)
    assert not Reading.objects.exists()
    shown = page(ann, "project", project.pk)
    assert "did not know where your repository is. Hand in the link" in shown


@pytest.mark.rule("DTU-14")
def test_student_and_reviewer_read_the_text_and_the_advice(
    project: MiniProject, handed: Reading, ann: User, lea: User
) -> None:
    assert "about to read <code>reports/my report.md</code>" in page(ann, "project", project.pk)
    assert answer(handed)
    team = handed.delivery.team_id
    for shown in (page(ann, "project", project.pk), page(lea, "work", project.pk, team)):
        assert "Read from <code>reports/my report.md</code> at <code>cccccccccccc</code>" in shown
        assert "No heading “Model”." in shown
        assert "6 words, of the 3 to 9 that are asked." in shown
        assert "Images that nobody else can see: “gone.png”." in shown
        assert "Rows of &lt;b&gt;digits&lt;/b&gt;." in shown
        assert "about to read" not in shown


def test_a_worker_answers_once(handed: Reading) -> None:
    assert answer(handed)
    assert not answer(handed, text="something else")
    assert not readings.fail(reading_id=handed.pk, code=Code.INTERNAL, facts={})
    handed.refresh_from_db()
    assert (handed.text, handed.fault) == (TEXT, "")
    assert readings.wanted(reading_id=handed.pk) is None


def test_what_is_kept_is_storable_and_bounded(handed: Reading) -> None:
    answer(handed, text="\x00\ud800" + "word " * 30_000)
    handed.refresh_from_db()
    assert handed.text.startswith("?word")
    assert len(handed.text) < readings.MOST
    assert handed.advice[-1] == {
        "fine": False,
        "says": "150002 characters: only the first 100000 were read.",
    }


def test_what_cannot_be_read_says_what_was_expected(
    project: MiniProject, handed: Reading, ann: User
) -> None:
    problem = "`reports/my report.md` is a link, and <i>links</i> are not followed."
    answer(handed, text="", problem=problem)
    shown = page(ann, "project", project.pk)
    assert "is a link, and &lt;i&gt;links&lt;/i&gt; are not followed." in shown
    assert "Expected: a Markdown text of at most 1 MB" in shown
    assert "at commit <code>cccccccccccc</code>" in shown
    assert "hand in again" in shown
    assert Reading.objects.get().advice == []


def test_a_repository_that_is_not_there_says_so(
    project: MiniProject, handed: Reading, ann: User
) -> None:
    facts = {"repository": "https://github.com/a/<b>"}
    assert readings.fail(reading_id=handed.pk, code=Code.REPOSITORY_NOT_FOUND, facts=facts)
    shown = page(ann, "project", project.pk)
    assert "The repository <code>https://github.com/a/&lt;b&gt;</code> was not found" in shown
    assert "make the repository public. Then hand in again." in shown
    assert readings.ring_again(now=timezone.now() + timedelta(hours=1)) == 0


def test_a_host_that_is_away_is_asked_again_until_that_makes_no_sense(
    project: MiniProject, handed: Reading, ann: User
) -> None:
    now = timezone.now()
    assert readings.ring_again(now=now) == 1
    assert readings.fail(
        reading_id=handed.pk, code=Code.HOST_UNREACHABLE, facts={"host": "github.com"}
    )
    assert "The last try failed" in page(ann, "project", project.pk)
    assert readings.ring_again(now=now + timedelta(minutes=2)) == 0
    assert readings.ring_again(now=now + timedelta(minutes=4)) == 1
    assert readings.ring_again(now=now + readings.GIVE_UP_AFTER + timedelta(minutes=1)) == 0
    handed.refresh_from_db()
    assert (handed.fault, handed.answered_at is not None) == (Code.HOST_UNREACHABLE, True)
    shown = page(ann, "project", project.pk)
    assert "has stopped trying" in shown
    assert "For advice, hand in again." in shown


def test_the_round_rings_for_what_nobody_heard_of(handed: Reading, bell: Bell) -> None:
    assert handed.announced_at is None  # no transaction has ended here
    tasks.take_snapshots()
    assert ("grader.read", {"reading_id": handed.pk}) in bell.rings()
    tasks.take_snapshots()
    assert bell.rings() == []


def test_nobody_answers_for_hours(handed: Reading) -> None:
    readings.ring_again(now=timezone.now() + readings.GIVE_UP_AFTER + timedelta(minutes=1))
    handed.refresh_from_db()
    assert handed.fault == Code.WORKER_LOST


def test_a_deliverable_that_has_gone_gets_no_advice(handed: Reading) -> None:
    row = Delivery.objects.create(
        mini_project=handed.delivery.mini_project,
        team=handed.delivery.team,
        deliverable="gone",
        at=DUE,
        link=PATH,
    )
    assert answer(readings.order(row, REPOSITORY, "x" * 600))
    assert Reading.objects.get(delivery=row).advice == []
