"""A comparison is asked for by staff, held by one worker, and ends once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from lab_specs.faults import Code, StudentFault
from portal.common.errors import Refused
from portal.courses.models import MiniProject
from portal.deliveries.tasks import take_snapshots
from portal.people.models import User
from portal.similarity import domain
from portal.similarity.models import Comparison, Pair
from portal.submissions.models import Submission
from tests.conftest import Bell
from tests.factories import SubmissionFactory
from tests.portal.similarity.rows import evidence

pytestmark = pytest.mark.django_db
NOW = timezone.now()
DONE = {"said": {"pairs": 1}, "template_commit": "", "now": NOW}


@pytest.fixture
def works(work: Submission, mini_project: MiniProject) -> list[Submission]:
    """Two teams handed in; one of them twice."""
    newer = SubmissionFactory(mini_project=mini_project, team=work.team)
    return [newer, SubmissionFactory(mini_project=mini_project)]


@pytest.fixture
def row(works: list[Submission], mini_project: MiniProject, tina: User) -> Comparison:
    return domain.begin(mini_project=mini_project, by=tina, now=NOW)


def pair(works: list[Submission]) -> dict[str, Any]:
    left, right = sorted(each.team_id for each in works)
    figures = {"percent": 84, "shared": 27, "commits": 2}
    return {"left": left, "right": right, **figures, "evidence": evidence()}


def test_the_newest_work_of_each_team_is_announced(
    works: list[Submission],
    mini_project: MiniProject,
    tina: User,
    bell: Bell,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        row = domain.begin(mini_project=mini_project, by=tina, now=NOW)
    assert [ring.task for ring in bell.rings()] == ["grader.compare"]
    assert {part.submission for part in row.parts.all()} == set(works)
    assert (row.by, row.asked_at) == (tina, NOW)


def test_students_compare_nobody(works: list[Submission], alice: User) -> None:
    with pytest.raises(PermissionDenied):
        domain.begin(mini_project=works[0].mini_project, by=alice, now=NOW)


def test_one_team_is_too_few(work: Submission, tina: User) -> None:
    with pytest.raises(Refused, match="1 team of this mini-project"):
        domain.begin(mini_project=work.mini_project, by=tina, now=NOW)


def test_too_many_teams_are_refused_with_the_number(
    works: list[Submission], tina: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(domain, "MOST_TEAMS", 1)
    with pytest.raises(Refused, match="takes 2 to 1 of them"):
        domain.begin(mini_project=works[0].mini_project, by=tina, now=NOW)


def test_one_at_once(row: Comparison, tina: User) -> None:
    with pytest.raises(Refused, match="under way already"):
        domain.begin(mini_project=row.mini_project, by=tina, now=NOW)
    assert domain.take(now=NOW)
    row.refresh_from_db()
    domain.fail(row, Code.INTERNAL, {}, now=NOW)
    assert domain.begin(mini_project=row.mini_project, by=tina, now=NOW).pk != row.pk


@pytest.mark.parametrize(
    ("link", "ref", "kept"),
    [
        ("", "main", ("", "")),
        ("https://github.com/uni/start.git", "v1", ("https://github.com/uni/start", "v1")),
        ("github.com/uni/start/tree/v2", "", ("https://github.com/uni/start", "v2")),
    ],
)
def test_the_template_is_read_as_a_link(
    works: list[Submission], tina: User, link: str, ref: str, kept: tuple[str, str]
) -> None:
    place = {"mini_project": works[0].mini_project, "by": tina, "now": NOW}
    row = domain.begin(**place, template=link, ref=ref)
    assert (row.template, row.template_ref) == kept


def test_a_link_that_is_none_is_told(works: list[Submission], tina: User) -> None:
    place = {"mini_project": works[0].mini_project, "by": tina, "now": NOW}
    with pytest.raises(StudentFault):
        domain.begin(**place, template="http://evil.example/x")
    assert not Comparison.objects.exists()


def test_a_worker_that_lives_keeps_it_and_one_that_is_lost_does_not(row: Comparison) -> None:
    first = domain.take(now=NOW)
    assert first is not None
    assert domain.take(now=NOW) is None
    part = first.parts.all()[0]
    assert domain.note(first, part, now=NOW + timedelta(minutes=2), files=3)
    assert domain.take(now=NOW + timedelta(minutes=4)) is None
    second = domain.take(now=NOW + timedelta(minutes=6))
    assert second is not None
    part.refresh_from_db()
    assert part.read_at is None
    assert not domain.note(first, part, now=NOW, files=4)
    assert not domain.finish(first, [], **DONE)
    assert domain.finish(second, [], **DONE)


def test_pairs_are_kept_once(row: Comparison, works: list[Submission]) -> None:
    taken = domain.take(now=NOW)
    assert taken is not None
    assert domain.finish(taken, [pair(works)], **DONE)
    assert not domain.finish(taken, [pair(works)], **DONE)
    assert not domain.fail(taken, Code.INTERNAL, {}, now=NOW)
    (found,) = Pair.objects.all()
    assert (found.number, found.percent, found.left.submission.team_id) == (
        1,
        84,
        pair(works)["left"],
    )


def test_what_was_lost_is_rung_again_and_given_up_in_the_end(row: Comparison, bell: Bell) -> None:
    now = NOW
    for _ in range(domain.MOST_TRIES):
        assert domain.ring_again(now=now)
        assert domain.take(now=now)
        assert not domain.ring_again(now=now)
        now += domain.LEASE + timedelta(seconds=1)
    assert not domain.ring_again(now=now)
    row.refresh_from_db()
    assert (row.fault, row.finished_at) == (Code.WORKER_LOST, now)
    assert len(bell.rings()) == domain.MOST_TRIES


def test_the_round_rings_for_it(row: Comparison, bell: Bell) -> None:
    take_snapshots()
    assert [ring.task for ring in bell.rings()] == ["grader.compare"]
