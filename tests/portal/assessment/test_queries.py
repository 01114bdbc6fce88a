"""Proposals beside decisions, and what waits for one."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from lab_specs.edition.file import EditionFile
from lab_specs.report import Verdict
from portal.assessment import queries
from portal.assessment.domain import decide
from portal.courses import versions
from portal.courses.models import Criterion, Edition, MiniProject, Team
from portal.people.models import User
from portal.submissions.models import Attempt, Submission
from portal.submissions.states import State
from tests.factories import MOMENT, AttemptFactory, CriterionFactory, SubmissionFactory, TeamFactory


@pytest.fixture
def criteria(mini_project: MiniProject) -> list[Criterion]:
    """One of the lab that the work is for, one of another lab, one of the mini-project's own."""
    return [
        CriterionFactory(mini_project=mini_project, slug="robust", order=0),
        CriterionFactory(mini_project=mini_project, slug="learns", lab="training", order=1),
        CriterionFactory(mini_project=mini_project, slug="report", lab="", order=2),
    ]


@pytest.fixture
def attempt(work: Submission) -> Attempt:
    return AttemptFactory(submission=work, state=State.DONE, levels={"robust": "advanced"})


def confirm(attempt: Attempt, criterion: Criterion, tina: User) -> None:
    proposed = queries.proposed_level(criterion, attempt) or "proficient"
    decide(
        team=attempt.submission.team,
        criterion=criterion,
        level=criterion.levels.get(name=proposed),
        by=tina,
        attempt=attempt,
    )


def test_a_rubric_shows_what_concerns_the_work(
    mini_project: MiniProject,
    team: Team,
    criteria: list[Criterion],
    attempt: Attempt,
    tina: User,
    django_assert_num_queries: Callable[..., Any],
) -> None:
    confirm(attempt, criteria[0], tina)
    with django_assert_num_queries(3):
        lines = queries.rubric(mini_project=mini_project, team=team, attempt=attempt)
        told = [
            (line.criterion.slug, line.proposed, line.assessment and line.assessment.level.name)
            for line in lines
        ]
    assert told == [("robust", "advanced", "advanced"), ("report", "", None)]
    assert [level.order for level in lines[0].levels] == [0, 1, 2, 3]


def test_a_decision_on_an_older_proposal_is_marked(
    mini_project: MiniProject,
    team: Team,
    criteria: list[Criterion],
    attempt: Attempt,
    work: Submission,
    tina: User,
) -> None:
    confirm(attempt, criteria[0], tina)
    again = AttemptFactory(submission=work, number=2, state=State.DONE, levels={"robust": "expert"})
    for shown, outdated in ((attempt, False), (again, True)):
        line = queries.rubric(mini_project=mini_project, team=team, attempt=shown)[0]
        assert line.outdated is outdated


def test_judged_work_waits_until_all_is_decided(
    edition: Edition, criteria: list[Criterion], attempt: Attempt, tina: User
) -> None:
    assert queries.review_queue(edition) == [queries.Review(attempt, criteria=2, decided=0)]
    confirm(attempt, criteria[0], tina)
    assert queries.review_queue(edition) == [queries.Review(attempt, criteria=2, decided=1)]
    confirm(attempt, criteria[2], tina)
    assert queries.review_queue(edition) == []


@pytest.mark.parametrize("verdict", [Verdict.REJECTED, Verdict.CRASHED])
def test_work_on_which_no_check_ran_does_not_wait(
    edition: Edition, criteria: list[Criterion], work: Submission, verdict: Verdict
) -> None:
    AttemptFactory(submission=work, state=State.DONE, verdict=verdict, fault="x")
    assert queries.review_queue(edition) == []


def test_while_newer_work_is_graded_the_older_does_not_wait(
    edition: Edition,
    mini_project: MiniProject,
    team: Team,
    criteria: list[Criterion],
    attempt: Attempt,
) -> None:
    AttemptFactory(submission=SubmissionFactory(mini_project=mini_project, team=team))
    assert queries.review_queue(edition) == []


def test_where_a_lab_is_evidence_alone_its_criteria_wait_for_nobody(
    edition: Edition, attempt: Attempt, criteria: list[Criterion], tina: User
) -> None:
    project = attempt.submission.mini_project
    part = {"id": project.slug, "title": project.title, "labs": project.labs}
    written = {"course": "x", "course_code": "x", "edition": "x", "timezone": "UTC"}
    parts = {"levels": ["a", "b"], "mini_projects": [part | {"lab_decides": False}]}
    versions.keep(edition, EditionFile.model_validate(written | parts))
    assert len(queries.review_queue(edition)) == 1
    confirm(attempt, criteria[2], tina)
    assert queries.review_queue(edition) == []


@pytest.mark.parametrize("count", [3, 30])
def test_the_queue_takes_three_queries_and_is_oldest_first(
    edition: Edition,
    mini_project: MiniProject,
    criteria: list[Criterion],
    count: int,
    django_assert_num_queries: Callable[..., Any],
) -> None:
    for number in range(count):
        team = TeamFactory(edition=edition)
        AttemptFactory(
            submission=SubmissionFactory(mini_project=mini_project, team=team),
            state=State.DONE,
            finished_at=MOMENT - timedelta(minutes=number),
        )
    assert edition.file
    with django_assert_num_queries(3):
        found = [
            (review.attempt.finished_at, review.attempt.submission.team.name)
            for review in queries.review_queue(edition)
        ]
    assert len(found) == count
    assert found == sorted(found)


def test_decisions_are_counted_and_told_in_order(
    edition: Edition,
    mini_project: MiniProject,
    team: Team,
    criteria: list[Criterion],
    attempt: Attempt,
    tina: User,
) -> None:
    confirm(attempt, criteria[2], tina)
    confirm(attempt, criteria[0], tina)
    assert queries.decided(edition) == {(team.pk, mini_project.pk): 2}
    told = queries.history(mini_project=mini_project, team=team)
    assert [event.criterion.slug for event in told] == ["report", "robust"]
