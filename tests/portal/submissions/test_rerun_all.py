"""All newest work of a mini-project once more: nothing twice, nothing forgotten, in plain sight."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from lab_specs.faults import Code
from lab_specs.report import Verdict
from portal.common.errors import Refused
from portal.courses.models import MiniProject
from portal.dashboards.log import entries, keys
from portal.people.models import User
from portal.submissions import domain, reruns
from portal.submissions.lanes import Lane
from portal.submissions.models import Attempt, Rerun, Submission
from portal.submissions.moves import MAX_RETRIES
from portal.submissions.states import State
from tests.conftest import Bell
from tests.factories import AttemptFactory, SubmissionFactory


@pytest.fixture
def graded(mini_project: MiniProject) -> list[Submission]:
    """Work of three teams, each graded once."""
    works = [SubmissionFactory(mini_project=mini_project) for _ in range(3)]
    for work in works:
        AttemptFactory(submission=work, state=State.DONE)
    return works


def again(mini_project: MiniProject, by: User, *, anew: bool = True, reason: str = "fixed") -> int:
    return domain.rerun_all(mini_project=mini_project, by=by, reason=reason, anew=anew)[1]


def grade(number: int, verdict: Verdict = Verdict.PASSED, fault: Code | None = None) -> None:
    """A worker grades what is next, so many times."""
    for _ in range(number):
        claimed = domain.claim_next(worker="w", lease_seconds=60)
        assert claimed is not None
        domain.record(
            attempt_id=claimed.attempt_id, token=claimed.token, verdict=verdict, fault=fault
        )


def how_far(mini_project: MiniProject) -> tuple[int, int, int]:
    found = reruns.progress(mini_project)
    assert found is not None
    return found.done, found.total, found.left


def test_every_teams_newest_work_is_queued_once(
    mini_project: MiniProject, graded: list[Submission], tina: User
) -> None:
    newer = SubmissionFactory(mini_project=mini_project, team=graded[0].team)
    AttemptFactory(submission=newer, state=State.DONE)
    AttemptFactory(submission=SubmissionFactory(), state=State.DONE)  # another mini-project
    assert again(mini_project, tina, reason="the lab was fixed") == 3
    queued = Attempt.objects.filter(state=State.QUEUED)
    assert {a.submission for a in queued} == {newer, graded[1], graded[2]}
    assert {(a.number, a.priority, a.reason, a.requested_by) for a in queued} == {
        (2, Lane.RERUN, "the lab was fixed", tina)
    }
    for attempt in queued:
        assert attempt.transitions.get().note == "the lab was fixed"


def test_a_bell_rings_for_each(
    mini_project: MiniProject,
    graded: list[Submission],
    tina: User,
    bell: Bell,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        again(mini_project, tina)
    assert len(bell.rings()) == 3


def test_what_is_on_its_way_is_left_alone(
    mini_project: MiniProject, graded: list[Submission], tina: User
) -> None:
    AttemptFactory(submission=graded[0], number=2, state=State.RUNNING)
    assert again(mini_project, tina) == 2


def test_a_second_click_queues_nothing(
    mini_project: MiniProject, graded: list[Submission], tina: User
) -> None:
    again(mini_project, tina)
    grade(1)
    with pytest.raises(Refused, match="Nothing is left"):
        again(mini_project, tina)
    assert how_far(mini_project) == (1, 3, 0)
    assert Rerun.objects.count() == 1


def test_it_goes_on_where_it_was_left(
    mini_project: MiniProject, graded: list[Submission], tina: User, amir: User
) -> None:
    again(mini_project, tina)
    stopped = Attempt.objects.filter(state=State.QUEUED)[0]
    domain.cancel(attempt=stopped, by=tina)
    grade(2)
    assert how_far(mini_project) == (3, 3, 1)
    assert again(mini_project, amir, anew=False) == 1
    assert stopped.submission.attempts.count() == 3
    assert how_far(mini_project) == (2, 3, 0)
    grade(1)
    assert how_far(mini_project) == (3, 3, 0)


def test_a_crash_of_ours_is_left_to_be_run(
    mini_project: MiniProject, graded: list[Submission], tina: User
) -> None:
    again(mini_project, tina)
    Attempt.objects.filter(state=State.QUEUED).update(retries=MAX_RETRIES)
    grade(1, Verdict.CRASHED, Code.INTERNAL)
    grade(1, Verdict.REJECTED, Code.BUILD_FAILED)
    grade(1)
    assert how_far(mini_project) == (3, 3, 1)


def test_what_was_handed_in_since_needs_no_run(
    mini_project: MiniProject, graded: list[Submission], tina: User
) -> None:
    again(mini_project, tina)
    newer = SubmissionFactory(mini_project=mini_project, team=graded[0].team)
    AttemptFactory(submission=newer, state=State.DONE, queued_at=timezone.now())
    assert how_far(mini_project)[2] == 0


def test_when_it_is_over_all_may_be_run_once_more(
    mini_project: MiniProject, graded: list[Submission], tina: User
) -> None:
    again(mini_project, tina)
    grade(3)
    assert again(mini_project, tina) == 3
    assert how_far(mini_project) == (0, 3, 0)


def test_it_needs_a_reason(mini_project: MiniProject, graded: list[Submission], tina: User) -> None:
    with pytest.raises(Refused, match="Say why"):
        again(mini_project, tina, reason=" ")


@pytest.mark.parametrize("who", ["alice", "charlie", "otto"])
def test_only_staff_run_all_again(
    mini_project: MiniProject,
    graded: list[Submission],
    who: str,
    request: pytest.FixtureRequest,
) -> None:
    with pytest.raises(PermissionDenied):
        again(mini_project, request.getfixturevalue(who))


@pytest.mark.parametrize("teams", [1, 20])
def test_as_many_queries_for_one_team_as_for_many(
    mini_project: MiniProject,
    tina: User,
    teams: int,
    django_assert_max_num_queries: Callable[..., Any],
) -> None:
    for _ in range(teams):
        AttemptFactory(submission=SubmissionFactory(mini_project=mini_project), state=State.DONE)
    with django_assert_max_num_queries(14):
        again(mini_project, tina)


def test_the_log_tells_it_in_one_line(
    mini_project: MiniProject, graded: list[Submission], tina: User
) -> None:
    again(mini_project, tina, reason="the lab was fixed")
    (line,) = entries(keys(mini_project.edition))
    assert (line.person, line.deed, line.detail, line.reason, line.whose) == (
        tina,
        "ran all again",
        "3 attempts",
        "the lab was fixed",
        "All teams",
    )


# The page


def test_the_page_says_how_many_then_how_far(
    mini_project: MiniProject, graded: list[Submission], tina: User, client: Client
) -> None:
    client.force_login(tina)
    path = reverse("submissions:rerun-all", args=[mini_project.pk])
    assert "<strong>3 attempts</strong> will be queued" in client.get(path).content.decode()
    page = client.post(path, {"reason": "fixed"}, follow=True).content.decode()
    assert "3 queued, behind what students hand in now." in page
    assert "0 of 3 done" in page
    assert 'hx-trigger="every 3s"' in page
    grade(1)
    news = client.get(path, headers={"HX-Request": "true"})
    assert news.status_code == 200
    assert '<progress class="wide" max="3" value="1"' in news.content.decode()
    assert "<html" not in news.content.decode()
    grade(2)
    last = client.get(path, headers={"HX-Request": "true"})
    assert last.status_code == 286
    assert "Everything has a new verdict." in last.content.decode()


def test_the_page_offers_to_run_the_rest(
    mini_project: MiniProject, graded: list[Submission], tina: User, client: Client
) -> None:
    client.force_login(tina)
    path = reverse("submissions:rerun-all", args=[mini_project.pk])
    client.post(path, {"reason": "fixed"})
    domain.cancel(attempt=Attempt.objects.filter(state=State.QUEUED)[0], by=tina)
    grade(2)
    assert "1 has no new verdict" in client.get(path).content.decode()
    page = client.post(path, {"reason": "fixed", "continue": "1"}, follow=True).content.decode()
    assert "1 queued" in page


def test_the_page_of_a_mini_project_without_work(
    mini_project: MiniProject, tina: User, client: Client
) -> None:
    client.force_login(tina)
    path = reverse("submissions:rerun-all", args=[mini_project.pk])
    assert "Nobody has handed anything in yet." in client.get(path).content.decode()
    answer = client.post(path, {"reason": "x"}, follow=True).content.decode()
    assert "Nothing is left to run again" in answer
