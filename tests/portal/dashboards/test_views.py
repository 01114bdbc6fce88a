from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from lab_specs.report import Verdict
from portal.courses.models import Edition, MiniProject, Team
from portal.people.models import User
from portal.submissions.models import Submission
from portal.submissions.states import State
from tests.factories import (
    AssessmentFactory,
    AttemptFactory,
    CriterionFactory,
    EnrolmentFactory,
    MiniProjectFactory,
    SubmissionFactory,
    TeamFactory,
    UserFactory,
)

Count = Callable[[str], int]


@pytest.fixture
def count(client: Client) -> Count:
    def queries(path: str) -> int:
        client.get(path)  # what a process reads once is not the page's cost
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert client.get(path).status_code == 200
        return len(captured)

    return queries


def teams_with_work(mini_project: MiniProject, number: int) -> None:
    for _ in range(number):
        person = UserFactory()
        EnrolmentFactory(edition=mini_project.edition, person=person)
        team = TeamFactory(edition=mini_project.edition, people=[person])
        work = SubmissionFactory(mini_project=mini_project, team=team, submitted_by=person)
        AttemptFactory(submission=work, state=State.DONE, levels={"interface": "proficient"})


@pytest.mark.parametrize("page", ["dashboards:class", "dashboards:reviews", "dashboards:edition"])
def test_staff_pages_take_as_many_queries_for_30_as_for_3(
    page: str, mini_project: MiniProject, tina: User, client: Client, count: Count
) -> None:
    CriterionFactory(mini_project=mini_project)
    client.force_login(tina)
    path = reverse(page, args=[mini_project.edition_id])
    teams_with_work(mini_project, 3)
    few = count(path)
    teams_with_work(mini_project, 27)
    assert count(path) == few


def test_home_takes_as_many_queries_for_30_as_for_3(
    edition: Edition, alice: User, team: Team, client: Client, count: Count
) -> None:
    client.force_login(alice)

    def work(number: int) -> None:
        for _ in range(number):
            project = MiniProjectFactory(edition=edition)
            CriterionFactory(mini_project=project, slug="interface")
            handed_in = SubmissionFactory(mini_project=project, team=team, submitted_by=alice)
            AttemptFactory(submission=handed_in, state=State.DONE, levels={"interface": "expert"})

    work(3)
    few = count("/")
    work(27)
    assert count("/") == few


def test_home_tells_deadline_state_levels_and_next_step(
    work: Submission, alice: User, client: Client
) -> None:
    project = work.mini_project
    project.deadline = timezone.now() + timedelta(days=3, hours=1)
    project.save()
    interface = CriterionFactory(mini_project=project, slug="interface", title="Interface")
    CriterionFactory(mini_project=project, slug="care", title="Robustness")
    attempt = AttemptFactory(
        submission=work,
        state=State.DONE,
        levels={"interface": "advanced", "care": "proficient"},
    )
    AssessmentFactory(
        team=work.team, criterion=interface, attempt=attempt, level=interface.levels.get(order=3)
    )
    client.force_login(alice)
    text = client.get("/").content.decode()
    local = project.deadline.astimezone(project.edition.zone)
    assert f"{local:%a %-d %b %Y, %H:%M}" in text
    assert "3 days left" in text
    assert "Passed" in text
    assert 'expert <span class="small muted">✔ confirmed' in text
    assert 'proficient <span class="small muted">proposed' in text
    assert "A lecturer confirms the levels." in text


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (Verdict.FAILED, "Read what is missing, push a change, and hand in again."),
        (Verdict.CRASHED, "Hand in the same commit again"),
    ],
)
def test_next_step_after_a_verdict(
    verdict: Verdict, words: str, work: Submission, alice: User, client: Client
) -> None:
    AttemptFactory(submission=work, state=State.DONE, verdict=verdict)
    client.force_login(alice)
    assert words in client.get("/").content.decode()


def test_home_without_a_course_says_so(client: Client, db: None) -> None:
    client.force_login(UserFactory(username="zoe"))
    assert "You are not enrolled in a course" in client.get("/").content.decode()


def test_staff_home_counts_what_waits(work: Submission, tina: User, client: Client) -> None:
    CriterionFactory(mini_project=work.mini_project)
    AttemptFactory(submission=work, state=State.DONE)
    client.force_login(tina)
    assert "1 to review" in client.get("/").content.decode()


@pytest.mark.usefixtures("team", "charlie")
def test_class_is_filtered_by_name_and_state(work: Submission, tina: User, client: Client) -> None:
    AttemptFactory(submission=work, state=State.DONE, verdict=Verdict.FAILED)
    client.force_login(tina)
    path = reverse("dashboards:class", args=[work.mini_project.edition_id])

    def names(**query: str) -> list[str]:
        view = client.get(path, query).context["page"].object_list
        return [student.row.username for student in view]

    assert names() == ["alice", "bob", "charlie"]
    assert names(name="ALI") == ["alice"]
    assert names(name="birch") == ["charlie"]
    assert names(state="failed") == ["alice", "bob"]
    assert names(state="none") == ["charlie"]
    assert names(state="passed") == []
    assert names(state="review") == []  # no criteria, so nothing to decide
    assert names(state="nonsense") == ["alice", "bob", "charlie"]


def test_class_is_shown_a_hundred_at_a_time(
    mini_project: MiniProject, tina: User, client: Client
) -> None:
    for number in range(101):
        EnrolmentFactory(edition=mini_project.edition, person=UserFactory(username=f"s{number:03}"))
    client.force_login(tina)
    path = reverse("dashboards:class", args=[mini_project.edition_id])
    first = client.get(path, {"name": "s"})
    assert len(first.context["page"].object_list) == 100
    assert "?name=s&amp;page=2" in first.content.decode()
    assert len(client.get(path, {"page": "2"}).context["page"].object_list) == 1
    assert client.get(path, {"page": "x"}).context["page"].number == 1


def test_overview_counts_by_verdict(work: Submission, tina: User, client: Client) -> None:
    CriterionFactory(mini_project=work.mini_project)
    AttemptFactory(submission=work, state=State.DONE, verdict=Verdict.FAILED)
    client.force_login(tina)
    shown = client.get(reverse("dashboards:edition", args=[work.mini_project.edition_id]))
    (row,) = shown.context["rows"]
    assert (row.handed_in, row.passed, row.failed, row.live, row.to_review) == (1, 0, 1, 0, 1)
